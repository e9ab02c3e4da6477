import { crc32, inflateSync } from 'node:zlib'

export type Picture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array }

/**
 * Decodes a PNG of 8-bit RGB, which is all that a picture job writes. Throws on a wrong signature, another colour type, a chunk
 * whose CRC does not hold or data that does not fill the picture.
 * @see https://www.w3.org/TR/png-3/
 */
export function decodePng(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getBigUint64(0) !== 0x89504e470d0a1a0an) throw new Error('not a PNG signature')
  const data: Uint8Array[] = []
  let width = 0
  let height = 0
  for (let offset = 8; offset < bytes.length; ) {
    const length = view.getUint32(offset)
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8))
    const body = bytes.subarray(offset + 8, offset + 8 + length)
    if (crc32(bytes.subarray(offset + 4, offset + 8 + length)) !== view.getUint32(offset + 8 + length))
      throw new Error(`CRC of ${type}`)
    if (type === 'IHDR') {
      width = view.getUint32(offset + 8)
      height = view.getUint32(offset + 12)
      if (body[8] !== 8 || body[9] !== 2 || body[12] !== 0) throw new Error('not 8-bit RGB without interlace')
    }
    if (type === 'IDAT') data.push(body)
    offset += 12 + length
  }
  return { width, height, pixels: unfilter(inflateSync(Buffer.concat(data)), width, height) }
}

function unfilter(rows: Uint8Array, width: number, height: number): Uint8Array {
  const stride = width * 3
  if (rows.length !== height * (stride + 1)) throw new Error(`${rows.length} bytes do not fill ${width} × ${height}`)
  const pixels = new Uint8Array(height * stride)
  const at = (y: number, x: number) => (y < 0 || x < 0 ? 0 : (pixels[y * stride + x] ?? 0))
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
      const left = at(y, x - 3)
      const up = at(y - 1, x)
      const corner = x < 3 ? 0 : at(y - 1, x - 3)
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 5]
      if (predicted === undefined) throw new Error(`filter ${filter} does not exist`)
      pixels[y * stride + x] = (rows[y * (stride + 1) + 1 + x] ?? 0) + predicted
    }
  }
  return pixels
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
  if (pa <= pb && pa <= pc) return a
  return pb <= pc ? b : c
}
