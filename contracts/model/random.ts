/** A seeded generator (mulberry32): the same seed gives the same game on every machine. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = (seed * 2_654_435_761) >>> 0
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  isOnceIn(times: number): boolean {
    return this.unit() * times < 1
  }

  pick<T>(all: readonly T[]): T {
    const picked = all[this.between(0, all.length - 1)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }

  private unit(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
