import { log } from '../../shared/assembly/wasi'
import { buildScene } from './scene'
import { blue, firstHit, green, red, trace } from './tracer'

/** Where the eye is, and the unit vectors of what it sees: to the right, up, ahead. */
const eyeX: f64 = 0
const eyeY: f64 = 1.95
const eyeZ: f64 = -8.1
const upY: f64 = 0.988200
const upZ: f64 = 0.153171
const aheadY: f64 = -0.153171
const aheadZ: f64 = 0.988200
const halfView: f64 = 0.52

/** Eight-bit steps by which a neighbour may differ before a pixel is sampled more finely. */
const contrastMax: i32 = 14

let pictureWidth: i32 = 0
let pictureHeight: i32 = 0

/** Renders rows of red, green, blue bytes from the top left, and logs each tenth. */
export function renderPicture(width: i32, height: i32): usize {
  pictureWidth = width
  pictureHeight = height
  buildScene()
  const pixels = heap.alloc(<usize>width * <usize>height * 3)
  const hits = heap.alloc(<usize>width * <usize>height)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      sample(<f64>x + 0.5, <f64>y + 0.5)
      const at = <usize>(y * width + x)
      store<u8>(hits + at, <u8>firstHit)
      storePixel(pixels + at * 3, red, green, blue)
    }
    if (y > 0) smoothRow(pixels, hits, y - 1)
    logProgress(y)
  }
  smoothRow(pixels, hits, height - 1)
  return pixels
}

function sample(x: f64, y: f64): void {
  const scale = (2 * halfView) / <f64>Math.min(pictureWidth, pictureHeight)
  const right = (x - <f64>pictureWidth * 0.5) * scale
  const up = (<f64>pictureHeight * 0.5 - y) * scale
  const dx = right
  const dy = up * upY + aheadY
  const dz = up * upZ + aheadZ
  const length = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz)
  trace(eyeX, eyeY, eyeZ, dx * length, dy * length, dz * length)
}

/** Samples each pixel of a row that stands on an edge four times more. The row below is rendered, but not yet smooth. */
function smoothRow(pixels: usize, hits: usize, y: i32): void {
  for (let x = 0; x < pictureWidth; x += 1) {
    if (!isOnEdge(pixels, hits, x, y)) continue
    let sumR: f64 = 0
    let sumG: f64 = 0
    let sumB: f64 = 0
    for (let corner = 0; corner < 4; corner += 1) {
      const shiftX: f64 = corner == 0 ? 0.125 : corner == 1 ? 0.625 : corner == 2 ? 0.375 : 0.875
      const shiftY: f64 = corner == 0 ? 0.375 : corner == 1 ? 0.125 : corner == 2 ? 0.875 : 0.625
      sample(<f64>x + shiftX, <f64>y + shiftY)
      sumR += toneMap(red)
      sumG += toneMap(green)
      sumB += toneMap(blue)
    }
    const at = pixels + <usize>(y * pictureWidth + x) * 3
    store<u8>(at, toByte(sumR * 0.25))
    store<u8>(at, toByte(sumG * 0.25), 1)
    store<u8>(at, toByte(sumB * 0.25), 2)
  }
}

function isOnEdge(pixels: usize, hits: usize, x: i32, y: i32): bool {
  const at = y * pictureWidth + x
  return (
    (x > 0 && differs(pixels, hits, at, at - 1)) ||
    (x + 1 < pictureWidth && differs(pixels, hits, at, at + 1)) ||
    (y > 0 && differs(pixels, hits, at, at - pictureWidth)) ||
    (y + 1 < pictureHeight && differs(pixels, hits, at, at + pictureWidth))
  )
}

function differs(pixels: usize, hits: usize, first: i32, second: i32): bool {
  if (load<u8>(hits + <usize>first) != load<u8>(hits + <usize>second)) return true
  const a = pixels + <usize>first * 3
  const b = pixels + <usize>second * 3
  for (let channel: usize = 0; channel < 3; channel += 1) {
    const difference = <i32>load<u8>(a + channel) - <i32>load<u8>(b + channel)
    if (difference > contrastMax || difference < -contrastMax) return true
  }
  return false
}

/**
 * Brings light of any strength into 0 to 1 along a filmic curve (Narkowicz 2015, a fit of the ACES curve) and applies a
 * display gamma of 2.
 */
function toneMap(light: f64): f64 {
  const exposed = light * 0.66
  return Math.sqrt(Math.min(1, (exposed * (2.51 * exposed + 0.03)) / (exposed * (2.43 * exposed + 0.59) + 0.14)))
}

function toByte(value: f64): u8 {
  return <u8>(Math.min(1, value) * 255 + 0.5)
}

function storePixel(at: usize, r: f64, g: f64, b: f64): void {
  store<u8>(at, toByte(toneMap(r)))
  store<u8>(at, toByte(toneMap(g)), 1)
  store<u8>(at, toByte(toneMap(b)), 2)
}

function logProgress(y: i32): void {
  const tenth = ((y + 1) * 10) / pictureHeight
  if (tenth != (y * 10) / pictureHeight) log('rendered ' + (tenth * 10).toString() + ' %\n')
}
