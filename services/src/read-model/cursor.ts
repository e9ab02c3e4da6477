/** Records in one page at most. */
const recordsMax = 1_000

/** A place in a list that is sorted by time, then shard, then position. */
export type ListPlace = { readonly atMs: number; readonly shard: number; readonly position: number }

/** Numbers as an opaque text: where a list goes on. */
export function formatCursor(numbers: readonly number[]): string {
  return numbers.join('.')
}

/** Reads what {@link formatCursor} wrote. Throws a `RangeError` for anything else, and for another count of numbers. */
export function parseCursor(cursor: string, count: number): readonly number[] {
  const numbers = /^\d{1,16}(?:\.\d{1,16})*$/.test(cursor) ? cursor.split('.').map(Number) : []
  if (numbers.length !== count || !numbers.every(Number.isSafeInteger)) {
    throw new RangeError(`${JSON.stringify(cursor.slice(0, 80))} is no cursor of this list`)
  }
  return numbers
}

export function formatPlace({ atMs, shard, position }: ListPlace): string {
  return formatCursor([atMs, shard, position])
}

export function parsePlace(cursor: string): ListPlace {
  const [atMs = 0, shard = 0, position = 0] = parseCursor(cursor, 3)
  return { atMs, shard, position }
}

/** Descending: the newest first. */
export function comparePlaces(a: ListPlace, b: ListPlace): number {
  return b.atMs - a.atMs || b.shard - a.shard || b.position - a.position
}

/** Throws a `RangeError` unless `first` is an integer from 1 to 1 000. */
export function assertCount(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > recordsMax) {
    throw new RangeError(`first is 1 to ${recordsMax}, not ${first}`)
  }
}

/** Throws a `RangeError` unless the number is an integer from 0 on. */
export function assertWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is an integer from 0, not ${value}`)
}
