import { randomInt } from 'node:crypto'
import { type AccountName, StoreDamagedError } from '@deparrow/ledger'

const accountName =
  /^(?:reserve|burn|treasury|rewards|clearing:\d{1,10}|(?:wallet|payable):0x[0-9a-f]{40}|hold:0x[0-9a-f]{64})$/

const slotCountFirst = 1 << 16

/**
 * Sums by account, found by the bytes of the account's name, so that no text is made for one that is known: a hash table with open addressing, at
 * most half full. Sums are doubles, which are exact here: no balance of a ledger, and no difference of two, exceeds 10^15 µcr.
 */
export class AccountSums {
  /** For the hash of a name, other in each table, so that names cannot be chosen to fall together. */
  private readonly seed = randomInt(2 ** 32) | 0
  private count = 0
  /** Number of the account in each slot, -1 for none. */
  private slots = new Int32Array(slotCountFirst).fill(-1)
  private hashes = new Int32Array(slotCountFirst)
  /** The names one after another; `nameEnds` says where each one ends. */
  private names = new DataView(new ArrayBuffer(slotCountFirst * 32))
  private nameEnds = new Uint32Array(slotCountFirst / 2)
  private sums = new Float64Array(slotCountFirst / 2)

  /**
   * Adds to the account whose name the bytes from `from` to `to` are. Throws {@link StoreDamagedError} when they are no account's, or the sum is no
   * safe integer.
   */
  add(bytes: DataView, from: number, to: number, amountMicrocredits: number): void {
    const hash = hashOf(bytes, from, to, this.seed)
    const mask = this.slots.length - 1
    let slot = hash & mask
    for (let number = this.slots[slot]; number !== -1; number = this.slots[slot]) {
      if (this.hashes[slot] === hash && this.isNamed(number as number, bytes, from, to)) {
        const sum = (this.sums[number as number] as number) + amountMicrocredits
        if (!Number.isSafeInteger(sum)) throw tooLarge(bytes, from, to)
        this.sums[number as number] = sum
        return
      }
      slot = (slot + 1) & mask
    }
    this.begin(slot, bytes, from, to, hash, amountMicrocredits)
  }

  /** Adds the sums to those of a map. */
  addTo(balances: Map<AccountName, bigint>): void {
    const names = Buffer.from(this.names.buffer as ArrayBuffer)
    for (let number = 0; number < this.count; number++) {
      const account = names.toString('latin1', this.nameStart(number), this.nameEnds[number]) as AccountName
      balances.set(account, (balances.get(account) ?? 0n) + BigInt(this.sums[number] as number))
    }
  }

  private isNamed(number: number, bytes: DataView, from: number, to: number): boolean {
    const { names } = this
    let known = this.nameStart(number)
    if ((this.nameEnds[number] as number) - known !== to - from) return false
    let at = from
    for (; at + 4 <= to; at += 4) {
      if (names.getUint32(known) !== bytes.getUint32(at)) return false
      known += 4
    }
    for (; at < to; at++) if (names.getUint8(known++) !== bytes.getUint8(at)) return false
    return true
  }

  private nameStart(number: number): number {
    return number === 0 ? 0 : (this.nameEnds[number - 1] as number)
  }

  private begin(slot: number, bytes: DataView, from: number, to: number, hash: number, sum: number): void {
    const name = textOf(bytes, from, to)
    if (!accountName.test(name)) {
      throw new StoreDamagedError(
        `the journal has an entry on ${JSON.stringify(name.slice(0, 80))}, which is no account`,
      )
    }
    const number = this.count
    const start = this.nameStart(number)
    this.makeRoom(start + to - from)
    new Uint8Array(this.names.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from), start)
    this.nameEnds[number] = start + to - from
    this.sums[number] = sum
    this.slots[slot] = number
    this.hashes[slot] = hash
    this.count += 1
    if (this.count * 2 >= this.slots.length) this.spread()
  }

  private makeRoom(nameBytes: number): void {
    if (nameBytes <= this.names.byteLength) return
    const names = new Uint8Array(this.names.byteLength * 2)
    names.set(new Uint8Array(this.names.buffer))
    this.names = new DataView(names.buffer)
  }

  /** Doubles the table. */
  private spread(): void {
    const { slots, hashes, nameEnds, sums } = this
    this.slots = new Int32Array(slots.length * 2).fill(-1)
    this.hashes = new Int32Array(slots.length * 2)
    this.nameEnds = new Uint32Array(nameEnds.length * 2)
    this.sums = new Float64Array(sums.length * 2)
    this.nameEnds.set(nameEnds)
    this.sums.set(sums)
    const mask = this.slots.length - 1
    for (const [place, number] of slots.entries()) {
      if (number === -1) continue
      const hash = hashes[place] as number
      let slot = hash & mask
      while (this.slots[slot] !== -1) slot = (slot + 1) & mask
      this.slots[slot] = number
      this.hashes[slot] = hash
    }
  }
}

/** FNV-1a over numbers of four bytes, then mixed, so that the lower bits, which choose the slot, depend on all. */
function hashOf(bytes: DataView, from: number, to: number, seed: number): number {
  let hash = seed
  let at = from
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ bytes.getUint32(at), 0x01000193)
    hash ^= hash >>> 15
  }
  for (; at < to; at++) hash = Math.imul(hash ^ bytes.getUint8(at), 0x01000193)
  return hash ^ (hash >>> 13)
}

function textOf(bytes: DataView, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

function tooLarge(bytes: DataView, from: number, to: number): StoreDamagedError {
  return new StoreDamagedError(`the balance of ${textOf(bytes, from, to)} exceeds what a ledger can hold`)
}
