import { StoreDamagedError } from '@deparrow/ledger'

// What stands between the parts of the end of a payload, which is read from its last byte on.
const typeStart = wordsOf(',"type":"')
const positionStart = wordsOf('],"position":')
const accountStart = wordsOf('{"account":"')
const amountStart = wordsOf('","amountMicrocredits":"')
const amountEnd = wordsOf('n"}')
const entriesStart = wordsOf(',"entries":[')

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const nine = 0x39
const openingBracket = 0x5b
const closingBrace = 0x7d

/** Digits of the largest safe integer. */
const digitsMax = 16

/** The names that nearly all entries have begin like this and are so long: where such a name would begin is looked at first. */
const walletName = { start: wordsOf('"wallet:0x'), length: 'wallet:0x'.length + 40 }
const holdName = { start: wordsOf('"hold:0x'), length: 'hold:0x'.length + 64 }

/**
 * Is given each entry of a payload: where the bytes of its account's name begin and end, and the amount in µcr, a safe integer because no amount
 * exceeds the token's cap of 10^15.
 */
export type VisitEntry = (from: number, to: number, amountMicrocredits: number) => void

/**
 * Finds the entries of the event whose payload ends before `end`, as `decodeEvent` would, the last one first, and returns a place within the
 * payload that is before them. It makes no object and looks at nothing else: a payload is canonical JSON, so its keys are sorted and `entries`,
 * `position` and `type` come last, and no text that somebody chose comes after the entries. Throws {@link StoreDamagedError} when it does
 * not end like this, or is of another position.
 */
export function scanEntries(bytes: DataView, end: number, position: number, visit: VisitEntry): number {
  let at = beforePosition(bytes, end, position)
  while (byteAt(bytes, at - 1) === closingBrace) {
    at = scanEntry(bytes, at, position, visit)
    if (byteAt(bytes, at - 1) !== comma) break
    at -= 1
  }
  const before = at - entriesStart.length
  if (byteAt(bytes, at - 1) !== openingBracket || !isAt(bytes, before, entriesStart)) throw unreadable(position)
  return before
}

/** Where the list of entries ends. */
function beforePosition(bytes: DataView, end: number, position: number): number {
  let at = end - 2
  if (byteAt(bytes, at) !== quote || byteAt(bytes, end - 1) !== closingBrace) throw unreadable(position)
  do at -= 1
  while (at > 0 && byteAt(bytes, at) !== quote)
  at -= typeStart.length - 1
  if (!isAt(bytes, at, typeStart)) throw unreadable(position)
  for (let rest = position; rest > 0; rest = Math.floor(rest / 10)) {
    at -= 1
    if (byteAt(bytes, at) !== zero + (rest % 10)) throw unreadable(position)
  }
  at -= positionStart.length
  if (!isAt(bytes, at, positionStart)) throw unreadable(position)
  return at
}

/** Reads the entry that ends before `end` and returns where it begins. */
function scanEntry(bytes: DataView, end: number, position: number, visit: VisitEntry): number {
  const digitsEnd = end - amountEnd.length
  if (!isAt(bytes, digitsEnd, amountEnd)) throw unreadable(position)
  let at = digitsEnd - 1
  let amount = 0
  for (let power = 1; ; power *= 10) {
    const digit = byteAt(bytes, at)
    if (digit < zero || digit > nine) break
    amount += (digit - zero) * power
    at -= 1
  }
  const digitCount = digitsEnd - 1 - at
  if (digitCount === 0 || digitCount > digitsMax || amount > Number.MAX_SAFE_INTEGER) throw unreadable(position)
  if (byteAt(bytes, at) === minus) {
    amount = -amount
    at -= 1
  }
  const to = at + 1 - amountStart.length
  if (!isAt(bytes, to, amountStart)) throw unreadable(position)
  const start = nameStart(bytes, to) - accountStart.length
  if (!isAt(bytes, start, accountStart)) throw unreadable(position)
  visit(start + accountStart.length, to, amount)
  return start
}

/** Where the name begins that ends before `to`: after a quotation mark, because no name holds one. */
function nameStart(bytes: DataView, to: number): number {
  if (isAt(bytes, to - walletName.length - 1, walletName.start)) return to - walletName.length
  if (isAt(bytes, to - holdName.length - 1, holdName.start)) return to - holdName.length
  let from = to
  while (from > 0 && byteAt(bytes, from - 1) !== quote) from -= 1
  return from
}

/** A text in ASCII as numbers of four bytes, and the bytes that are left. */
type Words = { readonly length: number; readonly words: readonly number[]; readonly rest: readonly number[] }

function wordsOf(text: string): Words {
  const bytes = new TextEncoder().encode(text)
  const view = new DataView(bytes.buffer)
  const wordCount = bytes.length >> 2
  const words = Array.from({ length: wordCount }, (_, index) => view.getUint32(4 * index))
  return { length: bytes.length, words, rest: [...bytes.subarray(4 * wordCount)] }
}

function isAt(bytes: DataView, start: number, { length, words, rest }: Words): boolean {
  if (start < 0 || start + length > bytes.byteLength) return false
  let at = start
  for (let index = 0; index < words.length; index++) {
    if (bytes.getUint32(at) !== words[index]) return false
    at += 4
  }
  for (let index = 0; index < rest.length; index++) if (bytes.getUint8(at + index) !== rest[index]) return false
  return true
}

/** -1 before the first byte. */
function byteAt(bytes: DataView, at: number): number {
  return at < 0 ? -1 : bytes.getUint8(at)
}

function unreadable(position: number): StoreDamagedError {
  return new StoreDamagedError(`the event at position ${position} is not readable`)
}
