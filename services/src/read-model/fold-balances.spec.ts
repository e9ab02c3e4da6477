import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { StoreDamagedError, type StoredEvent } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'
import { openSqliteFile } from '../adapters/sql/sqlite-file.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import { foldBalances } from './fold-balances.ts'
import { balancesOf } from './sample-journal.spec.fixture.ts'

/** Writes events in batches of changing size. */
async function write(t: TestContext, events: readonly StoredEvent[]) {
  const path = join(temporaryFolder(t), 'journal.sqlite')
  const store = await SqliteEventStore.open(path)
  const { leaseEpoch } = await store.acquire('main', 1_000)
  for (let start = 0, size = 1; start < events.length; start += size, size = (size % 9) + 1) {
    const batch = events.slice(start, start + size)
    await store.append({ shard: 'main', leaseEpoch, expectedPosition: start, events: batch })
  }
  await store.close()
  return { engine: 'sqlite', path, shard: 'main' } as const
}

function damage(path: string, statement: string): void {
  const database = openSqliteFile(path)
  database.exec(statement)
  database.close()
}

describe('balances out of a journal alone', () => {
  it('are those of the ledger, in one thread and in several, whose ranges cut batches in two', async t => {
    const ledger = wholeLedger()
    const source = await write(t, ledger.stored)
    for (const threadCount of [1, 2, 3, 7]) {
      const { position, balances } = await foldBalances(source, { threadCount })
      assert.equal(position, ledger.events.length)
      assert.deepEqual(balancesOf(balances), balancesOf(ledger.state.balances))
    }
  })

  it('are those up to any position', async t => {
    const ledger = wholeLedger()
    const source = await write(t, ledger.stored)
    const expected = new Map<string, bigint>()
    for (const event of ledger.events) {
      for (const { account, amountMicrocredits } of event.entries) {
        expected.set(account, (expected.get(account) ?? 0n) + amountMicrocredits)
      }
      const { balances } = await foldBalances(source, { untilPosition: event.position })
      assert.deepEqual(new Map(balances), expected, `at ${event.position}`)
    }
  })

  it('are none of a shard without events', async t => {
    const source = await write(t, wholeLedger().stored)
    assert.deepEqual(await foldBalances({ ...source, shard: 'other' }), { position: 0, balances: new Map() })
  })

  it('are refused beyond the end', async t => {
    const { stored } = wholeLedger()
    const source = await write(t, stored)
    await assert.rejects(foldBalances(source, { untilPosition: stored.length + 1 }), StoreDamagedError)
  })

  const damages = [
    ['a batch is missing', 'DELETE FROM journal_batch WHERE first_position <= 20 AND last_position >= 20'],
    ['the first batch is missing', 'DELETE FROM journal_batch WHERE first_position = 1'],
    [
      'a batch holds fewer events than it says',
      'UPDATE journal_batch SET payloads = substr(payloads, 1, instr(payloads, char(10)) - 1) WHERE first_position <= 20 AND last_position >= 20',
    ],
    [
      'a batch holds more events than it says',
      'UPDATE journal_batch SET payloads = payloads || char(10) || payloads WHERE first_position <= 20 AND last_position >= 20',
    ],
    [
      'an event is of another position',
      `UPDATE journal_batch SET payloads = replace(payloads, '"position":20,', '"position":21,')`,
    ],
    [
      'a batch is no text of events',
      "UPDATE journal_batch SET payloads = 'x' WHERE first_position <= 20 AND last_position >= 20",
    ],
  ] as const
  for (const [what, statement] of damages) {
    it(`are refused when ${what}, in one thread and in several`, async t => {
      const source = await write(t, wholeLedger().stored)
      damage(source.path, statement)
      await assert.rejects(foldBalances(source, { threadCount: 1 }), StoreDamagedError)
      await assert.rejects(foldBalances(source, { threadCount: 2 }), StoreDamagedError)
    })
  }
})
