const windowBytes: usize = 32768
const matchMin: u32 = 3
const matchMax: u32 = 258
const hashBits: u32 = 15
/** Candidates looked at for one match: more compress better and run longer. */
const chainMax: i32 = 8

/**
 * Compresses to the zlib format (RFC 1950) in one deflate block with fixed Huffman codes (RFC 1951, section 3.2.6).
 * Matches are found over hash chains of three bytes.
 */
export class Deflater {
  readonly output: usize
  private at: usize = 0
  private bits: u64 = 0
  private bitCount: u32 = 0
  private readonly heads: usize = heap.alloc(4 << hashBits)
  private readonly chains: usize = heap.alloc(windowBytes * 4)

  constructor(inputBytes: usize) {
    this.output = heap.alloc(inputBytes + inputBytes / 8 + 64)
  }

  /** Returns how many bytes it wrote to `output`. */
  compress(input: usize, length: usize): usize {
    this.at = this.output
    memory.fill(this.heads, 0xff, 4 << hashBits)
    this.put(0x0178, 16)
    this.put(1, 1)
    this.put(1, 2)
    let position: usize = 0
    while (position < length) position += this.step(input, position, length)
    this.putHuffman(256)
    this.put(0, (8 - (this.bitCount & 7)) & 7)
    const sum = bswap<u32>(adler32(input, length))
    this.put(sum & 0xffff, 16)
    this.put(sum >> 16, 16)
    return this.at - this.output
  }

  /** Writes the match or the byte at a position; returns how many bytes of input it stands for. */
  private step(input: usize, position: usize, length: usize): usize {
    const left = <u32>min<usize>(length - position, matchMax)
    let best: u32 = 0
    let distance: u32 = 0
    if (left >= matchMin) {
      let candidate = this.remember(input, position)
      for (let tries = 0; tries < chainMax && candidate >= 0; tries += 1) {
        const back = position - <usize>candidate
        if (back > windowBytes - matchMax) break
        const matched = matchLength(input + <usize>candidate, input + position, left)
        if (matched > best) {
          best = matched
          distance = <u32>back
          if (best == left) break
        }
        const next = load<i32>(this.chains + (<usize>candidate & (windowBytes - 1)) * 4)
        if (next >= candidate) break
        candidate = next
      }
    }
    if (best < matchMin) {
      this.putHuffman(load<u8>(input + position))
      return 1
    }
    this.putLength(best)
    this.putDistance(distance)
    const last = min<usize>(position + best, length - matchMin)
    for (let inner = position + 1; inner < last; inner += 1) this.remember(input, inner)
    return best
  }

  /** Enters a position into the hash chains and returns the latest earlier one with the same hash, or -1. */
  private remember(input: usize, position: usize): i32 {
    const three = (load<u32>(input + position) & 0xffffff) * 0x9e3779b1
    const head = this.heads + <usize>(three >> (32 - hashBits)) * 4
    const earlier = load<i32>(head)
    store<i32>(head, <i32>position)
    store<i32>(this.chains + (position & (windowBytes - 1)) * 4, earlier)
    return earlier
  }

  /** Bits go out lowest first. */
  private put(value: u32, count: u32): void {
    this.bits |= <u64>value << this.bitCount
    this.bitCount += count
    while (this.bitCount >= 8) {
      store<u8>(this.at, <u8>this.bits)
      this.at += 1
      this.bits >>= 8
      this.bitCount -= 8
    }
  }

  /** Huffman codes go out highest bit first. */
  private putHuffman(symbol: u32): void {
    if (symbol < 144) this.put(reverse(symbol + 0x30, 8), 8)
    else if (symbol < 256) this.put(reverse(symbol - 144 + 0x190, 9), 9)
    else if (symbol < 280) this.put(reverse(symbol - 256, 7), 7)
    else this.put(reverse(symbol - 280 + 0xc0, 8), 8)
  }

  private putLength(length: u32): void {
    if (length == matchMax) return this.putHuffman(285)
    const value = length - matchMin
    if (value < 8) return this.putHuffman(257 + value)
    const extraBits = 29 - clz<u32>(value)
    this.putHuffman(257 + extraBits * 4 + (value >> extraBits))
    this.put(value & ((1 << extraBits) - 1), extraBits)
  }

  private putDistance(distance: u32): void {
    const value = distance - 1
    if (value < 4) return this.put(reverse(value, 5), 5)
    const extraBits = 30 - clz<u32>(value)
    this.put(reverse(extraBits * 2 + (value >> extraBits), 5), 5)
    this.put(value & ((1 << extraBits) - 1), extraBits)
  }
}

function matchLength(earlier: usize, later: usize, max: u32): u32 {
  let length: u32 = 0
  while (length < max && load<u8>(earlier + length) == load<u8>(later + length)) length += 1
  return length
}

function reverse(code: u32, bitCount: u32): u32 {
  let result: u32 = 0
  for (let bit: u32 = 0; bit < bitCount; bit += 1) result |= ((code >> bit) & 1) << (bitCount - 1 - bit)
  return result
}

/** RFC 1950, section 9. Sums are reduced every 5 552 bytes, the most for which 32 bits cannot overflow. */
function adler32(start: usize, length: usize): u32 {
  let low: u32 = 1
  let high: u32 = 0
  for (let done: usize = 0; done < length; ) {
    const stop = min<usize>(done + 5552, length)
    for (; done < stop; done += 1) {
      low += load<u8>(start + done)
      high += low
    }
    low %= 65521
    high %= 65521
  }
  return (high << 16) | low
}
