import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { largeEvents, largeWallet } from './large-journal.spec.fixture.ts'
import type { StatementEntry, StatementQuery } from './read-records.ts'

const eventCount = 25_000

describe('a filter over a statement of very many entries', async () => {
  const model = await KyselyReadModel.open(openSqlite(':memory:'))
  after(() => model.close())
  await model.apply(largeEvents(0, eventCount, 2))

  async function pages(query: Omit<StatementQuery, 'first'>) {
    const found: (readonly StatementEntry[])[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await model.statement(largeWallet(0), { first: 100, ...query, ...(cursor !== '' && { cursor }) })
      found.push(page.entries)
      cursor = page.nextCursor
    }
    return found
  }

  it('looks through a bounded number of them at a time, and says where to go on also when it found none', async () => {
    const found = await pages({ counterparty: largeWallet(77) })
    assert.deepEqual(found, [[], [], []])
  })

  it('comes to the end of what there is, without a gap and without repeating', async () => {
    const found = (
      await pages({ events: ['CreditsTransferred'], untilMs: largeEvents(12_345, 1, 2)[0]?.atMs ?? 0 })
    ).flat()
    const positions = found.map(entry => entry.position)
    assert.deepEqual(
      positions,
      Array.from({ length: 12_345 }, (_, index) => 12_345 - index),
    )
  })

  it('needs one page where there is no filter to look through for', async () => {
    const { entries, nextCursor } = await model.statement(largeWallet(77), { first: 100, counterparty: largeWallet(0) })
    assert.deepEqual([entries, nextCursor], [[], undefined])
  })
})
