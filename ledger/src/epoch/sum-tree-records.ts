/**
 * Records of one size in one growing block of memory, addressed by numbers from 1 on, so that millions of them are a single object
 * to the garbage collector. A record is words of 4 bytes; its place in them is its number times `recordWords`.
 */
export class SumTreeRecords {
  #words = new Int32Array(0)
  #numbers = new Float64Array(0)
  #bytes = new Uint8Array(0)
  #usedCount = 1
  /** The first of the records that were given back; each holds the number of the next in its first word. */
  #freed = 0

  /** `recordWords` is even, so that a number of 8 bytes can stand in a record. */
  constructor(readonly recordWords: number) {
    this.#use(new ArrayBuffer(recordWords * 4 * 64))
  }

  /** The memory as words; another array after `allocate`. */
  get words(): Int32Array {
    return this.#words
  }

  /** The same memory as numbers of 8 bytes. */
  get numbers(): Float64Array {
    return this.#numbers
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** A record with unspecified content. */
  allocate(): number {
    const record = this.#freed
    if (record !== 0) {
      this.#freed = this.#words[record * this.recordWords] ?? 0
      return record
    }
    if ((this.#usedCount + 1) * this.recordWords > this.#words.length) this.#grow()
    this.#usedCount += 1
    return this.#usedCount - 1
  }

  /** Gives a record back, to be allocated again. */
  free(record: number): void {
    this.#words[record * this.recordWords] = this.#freed
    this.#freed = record
  }

  /** By an eighth: copying stays cheap, and little of a large tree's memory is unused. */
  #grow(): void {
    const recordCount = Math.ceil(this.#usedCount * 1.125) + 64
    this.#use((this.#words.buffer as ArrayBuffer).transfer(recordCount * this.recordWords * 4))
  }

  #use(memory: ArrayBuffer): void {
    this.#words = new Int32Array(memory)
    this.#numbers = new Float64Array(memory)
    this.#bytes = new Uint8Array(memory)
  }
}
