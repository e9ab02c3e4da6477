import { standardOutput, writeAll } from '../../shared/assembly/wasi'
import { Deflater } from './deflate'

/** Bytes of picture data in one IDAT chunk; small enough that the writer's memory does not grow with the picture. */
const chunkBytes: usize = 65536

const crcTable: usize = memory.data(1024)

/** Writes PNG, third edition: 8-bit colour, no interlace, each row filtered by Paeth's predictor, one deflate stream. */
export class PngWriter {
  private readonly buffer: usize = heap.alloc(chunkBytes + 12)

  constructor(
    private readonly width: i32,
    private readonly height: i32,
  ) {
    for (let byte: u32 = 0; byte < 256; byte += 1) {
      let crc = byte
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >> 1) : crc >> 1
      store<u32>(crcTable + byte * 4, crc)
    }
  }

  writeImage(pixels: usize): void {
    store<u64>(this.buffer, bswap<u64>(0x89504e470d0a1a0a))
    writeAll(standardOutput, this.buffer, 8)
    const header = this.buffer + 8
    store<u32>(header, bswap<u32>(<u32>this.width))
    store<u32>(header, bswap<u32>(<u32>this.height), 4)
    store<u32>(header, 0x00000208, 8)
    store<u8>(header, 0, 12)
    this.writeChunk(0x49484452, 13)
    this.writeData(pixels)
    this.writeChunk(0x49454e44, 0)
  }

  private writeData(pixels: usize): void {
    const rowBytes = <usize>this.width * 3
    const filteredBytes = (rowBytes + 1) * <usize>this.height
    const filtered = heap.alloc(filteredBytes)
    for (let y = 0; y < this.height; y += 1) {
      filterRow(pixels + <usize>y * rowBytes, filtered + <usize>y * (rowBytes + 1), rowBytes, y == 0)
    }
    const deflater = new Deflater(filteredBytes)
    const compressedBytes = deflater.compress(filtered, filteredBytes)
    for (let done: usize = 0; done < compressedBytes; done += chunkBytes) {
      const length = min(chunkBytes, compressedBytes - done)
      memory.copy(this.buffer + 8, deflater.output + done, length)
      this.writeChunk(0x49444154, <u32>length)
    }
  }

  /** Writes a chunk whose data already stands 8 bytes into the buffer. */
  private writeChunk(type: u32, length: u32): void {
    store<u32>(this.buffer, bswap<u32>(length))
    store<u32>(this.buffer, bswap<u32>(type), 4)
    store<u32>(this.buffer + 8 + length, bswap<u32>(crc32(this.buffer + 4, length + 4)))
    writeAll(standardOutput, this.buffer, length + 12)
  }
}

function filterRow(row: usize, target: usize, rowBytes: usize, isFirst: bool): void {
  store<u8>(target, 4)
  for (let index: usize = 0; index < rowBytes; index += 1) {
    const left: i32 = index < 3 ? 0 : load<u8>(row + index - 3)
    const above: i32 = isFirst ? 0 : load<u8>(row + index - rowBytes)
    const corner: i32 = isFirst || index < 3 ? 0 : load<u8>(row + index - rowBytes - 3)
    store<u8>(target + 1 + index, <u8>(<i32>load<u8>(row + index) - paeth(left, above, corner)))
  }
}

function paeth(left: i32, above: i32, corner: i32): i32 {
  const toLeft = abs<i32>(above - corner)
  const toAbove = abs<i32>(left - corner)
  const toCorner = abs<i32>(left + above - 2 * corner)
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}

function crc32(start: usize, length: u32): u32 {
  let crc: u32 = 0xffffffff
  for (let index: u32 = 0; index < length; index += 1) {
    crc = load<u32>(crcTable + ((crc ^ load<u8>(start + index)) & 0xff) * 4) ^ (crc >> 8)
  }
  return ~crc
}
