/**
 * One reader's queue as an async iterator: values pushed while the reader is busy wait, folded by `combine` so that a slow
 * reader costs bounded memory. `return` ends a pending `next` at once, which an async generator would not do.
 */
export class Mailbox<T> implements AsyncIterableIterator<T> {
  #waiting: readonly T[] = []
  #reader: ((result: IteratorResult<T>) => void) | undefined
  #isEnded = false

  constructor(
    private readonly combine: (waiting: readonly T[], value: T) => readonly T[],
    private readonly onEnd: () => void,
  ) {}

  push(value: T): void {
    if (this.#isEnded) return
    const reader = this.#reader
    this.#reader = undefined
    if (reader !== undefined) reader({ done: false, value })
    else this.#waiting = this.combine(this.#waiting, value)
  }

  /** No more values; those that wait can still be read. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.onEnd()
    this.#reader?.({ done: true, value: undefined })
    this.#reader = undefined
  }

  next(): Promise<IteratorResult<T>> {
    const [first, ...rest] = this.#waiting
    if (first !== undefined) {
      this.#waiting = rest
      return Promise.resolve({ done: false, value: first })
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    return new Promise(resolve => {
      this.#reader = resolve
    })
  }

  return(): Promise<IteratorResult<T>> {
    this.#waiting = []
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Keeps the newest values, at most `countMax`. */
export function keepNewest<T>(countMax: number): (waiting: readonly T[], value: T) => readonly T[] {
  return (waiting, value) => [...waiting, value].slice(-countMax)
}

/** Joins text that waits, and keeps its last `lengthMax` UTF-16 units. */
export function joinText(lengthMax: number): (waiting: readonly string[], value: string) => readonly string[] {
  return (waiting, value) => [`${waiting[0] ?? ''}${value}`.slice(-lengthMax)]
}
