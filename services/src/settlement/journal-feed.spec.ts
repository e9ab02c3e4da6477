import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ledger, LedgerEvent } from '@deparrow/ledger'
import { feedJournal } from './journal-feed.ts'

const event = (position: number) => ({ type: 'LedgerOpened', position }) as LedgerEvent

/** A ledger of which only the journal is used, into which a test writes at the moment of its choice. */
function journalOf(count: number) {
  const events = Array.from({ length: count }, (_, index) => event(index + 1))
  let listener: (events: readonly LedgerEvent[]) => void = () => undefined
  const append = (...positions: number[]) => {
    const added = positions.map(event)
    events.push(...added)
    listener(added)
  }
  const reads = { before: () => undefined as unknown }
  const ledger: Pick<Ledger, 'events' | 'subscribe'> = {
    async events(after, limit) {
      const page = events.slice(after, after + limit)
      reads.before()
      return page
    },
    subscribe(given) {
      listener = given
      return () => {
        listener = () => undefined
      }
    },
  }
  return { ledger: ledger as Ledger, append, reads }
}

describe('the journal feed', () => {
  it('gives each event once when the journal grows while it is read', async () => {
    const { ledger, append, reads } = journalOf(1_500)
    let isFirst = true
    reads.before = () => {
      if (isFirst) append(1_501, 1_502)
      isFirst = false
    }
    const seen: number[] = []
    const stop = await feedJournal(ledger, ({ position }) => seen.push(position))
    append(1_503)
    stop()
    append(1_504)
    assert.deepEqual(
      seen,
      Array.from({ length: 1_503 }, (_, index) => index + 1),
    )
  })

  it('throws when the ledger leaves an event out', async () => {
    const { ledger, append } = journalOf(2)
    await feedJournal(ledger, () => undefined)
    assert.throws(() => append(4), { name: 'JournalGapError' })
  })
})
