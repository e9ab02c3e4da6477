/** Waiting times that double from a first to a longest, each shortened at random by up to a half, so that peers do not march in step. */
export class Backoff {
  #count = 0

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const fullMs = Math.min(this.longestMs, this.firstMs * 2 ** Math.min(this.#count, 30))
    this.#count++
    return fullMs * (1 - this.random() / 2)
  }

  reset(): void {
    this.#count = 0
  }
}
