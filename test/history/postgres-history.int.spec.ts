import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { PostgresEventStore } from '@deparrow/services/postgres'
import { createSchema, postgresUrl, type TestSchema } from '../support/postgres-schema.ts'
import { checkHistory } from './check-history.ts'
import { HistoryLoad } from './history-load.ts'

const url = postgresUrl()

if (url !== undefined) describe('a ledger on PostgreSQL', { timeout: 120_000 }, () => describeHistory(url))

function describeHistory(address: string): void {
  let schema: TestSchema

  beforeEach(async () => {
    schema = await createSchema(address)
  })
  afterEach(() => schema.remove())

  function openStore(): Promise<PostgresEventStore> {
    const named = new URL(address)
    named.searchParams.set('application_name', schema.name)
    return PostgresEventStore.open(named.href, { schema: schema.name })
  }

  /** Cuts every connection of writers and replicas, also in the middle of what they do. */
  async function cutConnections(): Promise<void> {
    await schema.admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      schema.name,
    ])
  }

  it('is strictly serialisable for clients that repeat, collide, lose answers and read', async () => {
    const { calls, journal } = await new HistoryLoad({ seed: 11, clients: 24, steps: 100, openStore }).run()
    assert.equal(checkHistory(calls, journal), undefined)
    assert.ok(journal.length > 300, `${journal.length} events`)
  })

  it('is so while its connections are cut and its writer is taken over', async () => {
    let strikes = 0
    const strike = async (load: HistoryLoad): Promise<void> => {
      strikes++
      await (strikes % 3 === 0 ? load.takeOver() : cutConnections())
    }
    const options = { seed: 12, clients: 24, steps: 100, openStore, trouble: { times: 12, strike } }
    const { calls, journal } = await new HistoryLoad(options).run()
    assert.equal(strikes, 12)
    assert.equal(checkHistory(calls, journal), undefined)
  })
}
