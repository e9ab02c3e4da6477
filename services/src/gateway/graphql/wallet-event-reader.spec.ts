import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keepNewest, Mailbox } from '../../market/mailbox.ts'
import { ReadModelBehindError } from '../../read-model/read-queries.port.ts'
import type { StatementEntry, StatementQuery } from '../../read-model/read-records.ts'
import { entriesBehindMax, WalletEventReader } from './wallet-event-reader.ts'

const wallet = `0x${'a1'.repeat(20)}` as const

/** Entries of a wallet as projections would give them, and a journal that grows when a test says so. */
class Statement {
  head = 0
  visible = 0
  reads = 0
  readonly entries: StatementEntry[] = []
  readonly wakes = new Mailbox<number>(keepNewest(1), () => {})
  #waiting: { readonly position: number; readonly resolve: () => void; readonly reject: (e: unknown) => void }[] = []

  /** An event with so many entries on the wallet's accounts, none for an event of others. */
  append(entryCount: number): number {
    const position = ++this.head
    for (let entryIndex = 0; entryIndex < entryCount; entryIndex++) {
      this.entries.unshift({ shard: 0, position, entryIndex } as StatementEntry)
    }
    return position
  }

  /** The projections catch up, and readers of the wallet are woken. */
  show(): void {
    this.visible = this.head
    for (const { resolve } of this.#waiting.splice(0)) resolve()
    this.wakes.push(this.head)
  }

  failWaiting(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0
  }

  reader(after: number): WalletEventReader {
    const { wakes } = this
    return new WalletEventReader({ reads: this, head: () => this.head, wakes, wallet, shard: 0 }, after)
  }

  async waitFor(position: number, { signal }: { readonly signal?: AbortSignal }): Promise<void> {
    if (this.visible >= position) return
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ position, resolve, reject })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  }

  /** Newest first; an event is never cut in two. */
  async statement(_wallet: string, { first, cursor }: StatementQuery) {
    this.reads += 1
    const known = this.entries.filter(({ position }) => position <= this.visible)
    const start = Number(cursor ?? 0)
    let end = Math.min(start + first, known.length)
    while (end < known.length && known[end]?.position === known[end - 1]?.position) end += 1
    const nextCursor = end < known.length ? String(end) : undefined
    return {
      entries: known.slice(start, end).sort((a, b) => b.position - a.position),
      nextCursor,
      nextPosition: undefined,
    }
  }
}

async function take(reader: WalletEventReader, count: number): Promise<readonly (readonly [number, number])[]> {
  const taken: (readonly [number, number])[] = []
  while (taken.length < count) {
    const { value, done } = await reader.next()
    assert.equal(done, false)
    taken.push([value.position, value.entries.length])
  }
  return taken
}

describe('a reader of a wallet’s events', () => {
  it('ends with an error that says so when it is too far behind, and lets go of its place', async () => {
    const statement = new Statement()
    for (let count = 0; count <= entriesBehindMax; count++) statement.append(1)
    statement.show()
    const reader = statement.reader(0)
    await assert.rejects(reader.next(), { extensions: { code: 'RESUME_TOO_FAR' } })
    assert.deepEqual(await reader.next(), { done: true, value: undefined })
    assert.equal((await statement.wakes.next()).done, true)
  })

  it('ends with the error of projections that fail', async () => {
    const statement = new Statement()
    statement.append(1)
    const next = statement.reader(0).next()
    assert.ok(statement.isWaitedFor)
    statement.failWaiting(new TypeError('the disk is full'))
    await assert.rejects(next, /the disk is full/)
  })

  it('ends at once when it is ended, also while it waits for projections or for the next event', async () => {
    const behind = new Statement()
    behind.append(1)
    const slow = behind.reader(0)
    const first = slow.next()
    await slow.return()
    assert.equal((await first).done, true)
    const idle = new Statement().reader(0)
    const second = idle.next()
    await idle.return()
    assert.equal((await second).done, true)
  })

  it('waits again when the projections are behind for longer', async () => {
    const statement = new Statement()
    statement.append(2)
    const next = statement.reader(0).next()
    statement.failWaiting(new ReadModelBehindError({ shard: 0, position: 1, reachedPosition: 0 }))
    await new Promise(resolve => setImmediate(resolve))
    statement.show()
    assert.equal((await next).value?.position, 1)
  })

  it('gives nothing up to where it begins, and everything after it once, oldest first, whole events', async () => {
    const statement = new Statement()
    for (const count of [1, 2, 0, 3, 1]) statement.append(count)
    statement.show()
    assert.deepEqual(await take(statement.reader(1), 3), [
      [2, 2],
      [4, 3],
      [5, 1],
    ])
    const [event] = (await statement.reader(3).next()).value?.entries ?? []
    assert.equal(event?.entryIndex, 0)
  })

  it('misses nothing that comes while it is read, over many pages, and repeats nothing', async () => {
    const statement = new Statement()
    const reader = statement.reader(0)
    const expected: number[] = []
    const seen: number[] = []
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < 37; count++) {
        const entryCount = (round * count) % 4
        const position = statement.append(entryCount)
        if (entryCount > 0) expected.push(position)
      }
      statement.show()
      while (seen.length < expected.length) seen.push(...(await take(reader, 1)).map(([position]) => position))
    }
    assert.deepEqual(seen, expected)
  })

  it('of a wallet in which nothing moves asks the projections once for each wake, not in between', async () => {
    const statement = new Statement()
    const reader = statement.reader(0)
    const next = reader.next()
    for (let count = 0; count < 5; count++) statement.append(0)
    statement.show()
    await new Promise(resolve => setImmediate(resolve))
    const { reads } = statement
    await new Promise(resolve => setImmediate(resolve))
    assert.ok(reads <= 1)
    assert.equal(statement.reads, reads)
    await reader.return()
    assert.equal((await next).done, true)
  })
})
