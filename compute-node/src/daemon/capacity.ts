/** Slots and memory that are promised to running jobs. */
export class Capacity {
  #slotCount = 0
  #memoryBytes = 0

  constructor(
    private readonly slotsMax: number,
    private readonly memoryBytesMax: number,
  ) {}

  /** Promises a slot and memory, or says what is missing. */
  reserve(memoryBytes: number): 'NO_FREE_SLOT' | 'NO_FREE_MEMORY' | undefined {
    if (this.#slotCount >= this.slotsMax) return 'NO_FREE_SLOT'
    if (this.#memoryBytes + memoryBytes > this.memoryBytesMax) return 'NO_FREE_MEMORY'
    this.#slotCount++
    this.#memoryBytes += memoryBytes
    return undefined
  }

  free(memoryBytes: number): void {
    this.#slotCount--
    this.#memoryBytes -= memoryBytes
  }
}
