import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StoredEvent } from '../ports/event-store.ts'
import { sampleEvents } from '../testing/sample-events.ts'
import { followJournal } from './follow-journal.ts'

/** A store that has some events more at each time it is waited for, and keeps what it was asked. */
function growingStore(first: number, ...more: readonly number[]) {
  const asked: string[] = []
  const events: StoredEvent[] = [...sampleEvents(0, first)]
  const stopping = new AbortController()
  const store = {
    async read(shard: string, after: number, limit: number) {
      asked.push(`${shard} read ${after} ${limit}`)
      return events.slice(after, after + limit)
    },
    async waitBeyond(shard: string, position: number) {
      asked.push(`${shard} wait ${position}`)
      const count = more[asked.filter(each => each.includes('wait')).length - 1]
      if (count === undefined) stopping.abort()
      else events.push(...sampleEvents(events.length, count))
    },
  }
  return { store, asked, signal: stopping.signal, stopping }
}

async function followed(grown: ReturnType<typeof growingStore>, after = 0) {
  const pages: (readonly [number | undefined, number])[] = []
  for await (const page of followJournal(grown.store, 'main', after, grown.signal)) {
    pages.push([page[0]?.position, page.length])
  }
  return pages
}

describe('following a journal', () => {
  it('reads page by page without waiting until the end, and then waits behind it', async () => {
    const grown = growingStore(2_500, 1, 3)
    assert.deepEqual(await followed(grown), [
      [1, 1_000],
      [1_001, 1_000],
      [2_001, 500],
      [2_501, 1],
      [2_502, 3],
    ])
    assert.deepEqual(grown.asked, [
      'main read 0 1000',
      'main read 1000 1000',
      'main read 2000 1000',
      'main wait 2500',
      'main read 2500 1000',
      'main wait 2501',
      'main read 2501 1000',
      'main wait 2504',
    ])
  })

  it('gives no empty page, neither of an empty journal nor after a full one', async () => {
    assert.deepEqual(await followed(growingStore(0, 0, 2)), [[1, 2]])
    const full = growingStore(1_000)
    assert.deepEqual(await followed(full), [[1, 1_000]])
    assert.deepEqual(full.asked, ['main read 0 1000', 'main read 1000 1000', 'main wait 1000'])
  })

  it('begins after the position that it is given', async () => {
    assert.deepEqual(await followed(growingStore(10), 7), [[8, 3]])
    const behind = growingStore(10)
    assert.deepEqual(await followed(behind, 10), [])
    assert.deepEqual(behind.asked, ['main read 10 1000', 'main wait 10'])
  })

  it('reads nothing when it is stopped before it begins', async () => {
    const grown = growingStore(10)
    grown.stopping.abort()
    assert.deepEqual([await followed(grown), grown.asked], [[], []])
  })
})
