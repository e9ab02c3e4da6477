import { exit, fail, log, readArguments } from '../../shared/assembly/wasi'
import { renderPicture } from './picture'
import { PngWriter } from './png'

const sideMax: i32 = 4096

/** Writes a PNG of `--width` by `--height` pixels, 1024 by 1024 unless told otherwise, to standard output. */
export function _start(): void {
  let width: i32 = 1024
  let height: i32 = 1024
  const args = readArguments()
  for (let index = 0; index < args.length; index += 2) {
    if (index + 1 >= args.length) fail('missing value after ' + args[index] + '\n')
    if (args[index] == '--width') width = readSide(args[index + 1])
    else if (args[index] == '--height') height = readSide(args[index + 1])
    else fail('unknown argument ' + args[index] + '\n')
  }
  const pixels = renderPicture(width, height)
  const png = new PngWriter(width, height)
  png.writeImage(pixels)
  log('wrote ' + width.toString() + ' x ' + height.toString() + ' pixels\n')
  exit(0)
}

function readSide(text: string): i32 {
  let side: i32 = 0
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9 || side > sideMax) fail('not a size: ' + text + '\n')
    side = side * 10 + digit
  }
  if (side < 1 || side > sideMax) fail('a side has 1 to ' + sideMax.toString() + ' pixels\n')
  return side
}
