/** Bytes of an entry: start u32, length u32, hash u32, count u32. A count of 0 marks a free one. */
const entryBytes: usize = 16

const firstHash: u32 = 2166136261
const hashPrime: u32 = 16777619

/**
 * Counts words. Their bytes stand one after another in one buffer; an open-addressed table, hashed by FNV-1a, points
 * into it. Both double when full.
 */
export class WordTable {
  capacity: u32 = 4096
  private used: u32 = 0
  private entries: usize = newEntries(4096)
  private text: usize = heap.alloc(65536)
  private textCapacity: usize = 65536
  private textEnd: usize = 0
  private wordStart: usize = 0
  private hash: u32 = firstHash

  append(byte: u8): void {
    if (this.textEnd == this.textCapacity) {
      this.textCapacity *= 2
      this.text = heap.realloc(this.text, this.textCapacity)
    }
    store<u8>(this.text + this.textEnd, byte)
    this.textEnd += 1
    this.hash = (this.hash ^ byte) * hashPrime
  }

  /** Counts the word that was appended, if any. */
  endWord(): void {
    const length = <u32>(this.textEnd - this.wordStart)
    if (length == 0) return
    const entry = this.find(this.wordStart, length, this.hash)
    const count = this.count(entry)
    store<u32>(entry, count + 1, 12)
    if (count == 0) {
      store<u32>(entry, <u32>this.wordStart)
      store<u32>(entry, length, 4)
      store<u32>(entry, this.hash, 8)
      this.wordStart = this.textEnd
      this.used += 1
      if (this.used * 2 > this.capacity) this.grow()
    }
    this.textEnd = this.wordStart
    this.hash = firstHash
  }

  entryAt(index: u32): usize {
    return this.entries + <usize>index * entryBytes
  }

  count(entry: usize): u32 {
    return load<u32>(entry, 12)
  }

  wordAt(entry: usize): usize {
    return this.text + load<u32>(entry)
  }

  wordLength(entry: usize): u32 {
    return load<u32>(entry, 4)
  }

  /** Whether the first entry goes before the second: more frequent, then by bytes. */
  precedes(first: usize, second: usize): bool {
    if (this.count(first) != this.count(second)) return this.count(first) > this.count(second)
    const firstLength = this.wordLength(first)
    const secondLength = this.wordLength(second)
    const order = memory.compare(this.wordAt(first), this.wordAt(second), min(firstLength, secondLength))
    return order != 0 ? order < 0 : firstLength < secondLength
  }

  private find(start: usize, length: u32, hash: u32): usize {
    let index = hash & (this.capacity - 1)
    while (!this.isPlaceOf(this.entryAt(index), start, length, hash)) index = (index + 1) & (this.capacity - 1)
    return this.entryAt(index)
  }

  private isPlaceOf(entry: usize, start: usize, length: u32, hash: u32): bool {
    if (this.count(entry) == 0) return true
    if (load<u32>(entry, 8) != hash || this.wordLength(entry) != length) return false
    return memory.compare(this.wordAt(entry), this.text + start, length) == 0
  }

  private grow(): void {
    const old = this.entries
    const oldCapacity = this.capacity
    this.capacity *= 2
    this.entries = newEntries(this.capacity)
    for (let index: u32 = 0; index < oldCapacity; index += 1) {
      const entry = old + <usize>index * entryBytes
      if (this.count(entry) == 0) continue
      let target = load<u32>(entry, 8) & (this.capacity - 1)
      while (this.count(this.entryAt(target)) != 0) target = (target + 1) & (this.capacity - 1)
      memory.copy(this.entryAt(target), entry, entryBytes)
    }
    heap.free(old)
  }
}

function newEntries(capacity: u32): usize {
  const entries = heap.alloc(<usize>capacity * entryBytes)
  memory.fill(entries, 0, <usize>capacity * entryBytes)
  return entries
}
