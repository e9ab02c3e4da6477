/** Numbers that follow from a seed alone (xoshiro128** after Blackman and Vigna, seeded through a multiplicative mix). */
export class Random {
  private a: number
  private b: number
  private c: number
  private d: number

  constructor(seed: number) {
    const words = [1, 2, 3, 4].map(index => mix(seed, index))
    this.a = words[0] ?? 1
    this.b = words[1] ?? 2
    this.c = words[2] ?? 3
    this.d = words[3] ?? 4
    for (let turn = 0; turn < 8; turn++) this.next()
  }

  /** At least 0, less than 1. */
  next(): number {
    const scrambled = Math.imul(rotate(Math.imul(this.b, 5), 7), 9)
    const shifted = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= shifted
    this.d = rotate(this.d, 11)
    return (scrambled >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[this.below(list.length)] as T
  }

  /** An index below `count` by Zipf's law with exponent 1: the first is twice as likely as the second. */
  zipf(count: number): number {
    return Math.min(count - 1, Math.floor((count + 1) ** this.next()) - 1)
  }

  /** A pause with this mean: exponentially distributed, cut at ten times the mean. */
  pause(mean: number): number {
    return Math.ceil(Math.min(-Math.log(1 - this.next()), 10) * mean)
  }

  /** Another stream of numbers, so that one part's draws do not move those of the others. */
  fork(): Random {
    return new Random(this.below(2 ** 31))
  }
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count))
}

function mix(seed: number, index: number): number {
  let word = Math.imul(seed ^ Math.imul(index, 0x9e3779b1), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return word ^ (word >>> 16) ^ index
}
