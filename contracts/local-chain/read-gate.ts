/**
 * Keeps reads and the mining of a block apart: a read sees the chain before the block or, once the block is on disk,
 * after it. Mining waits for the reads that are under way; reads that come later wait for the mining.
 */
export class ReadGate {
  #readCount = 0
  #shut: Promise<void> | undefined
  #onLastRead: (() => void) | undefined

  /** Runs the read as soon as no block is being mined. */
  async read<Result>(read: () => Promise<Result>): Promise<Result> {
    while (this.#shut !== undefined) await this.#shut
    this.#readCount += 1
    try {
      return await read()
    } finally {
      this.#readCount -= 1
      if (this.#readCount === 0) this.#onLastRead?.()
    }
  }

  /** Runs the work with no read beside it. Calls must not overlap. */
  async runAlone<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#shut = promise
    try {
      if (this.#readCount > 0) await new Promise<void>(lastRead => (this.#onLastRead = lastRead))
      return await work()
    } finally {
      this.#onLastRead = undefined
      this.#shut = undefined
      resolve()
    }
  }
}
