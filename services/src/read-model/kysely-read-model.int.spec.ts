import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { Pool } from 'pg'
import { openPostgres } from '../adapters/sql/postgres-database.ts'
import { postgresUrl } from '../adapters/sql/postgres-url.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { describeReadModel } from './read-model.spec.behaviour.ts'
import { assertMigrates } from './read-model-of-0.1.0.spec.fixture.ts'
import type { ReadSchema } from './read-schema.ts'
import { balancesOf, sampleJournal } from './sample-journal.spec.fixture.ts'

const url = postgresUrl()

async function createStorage(address: string) {
  const schema = `read_${randomBytes(6).toString('hex')}`
  const admin = new Pool({ connectionString: address, max: 1 })
  await admin.query(`CREATE SCHEMA ${schema}`)
  const database = () => openPostgres<ReadSchema>(address, { schema, connectionsMax: 3 })
  return {
    database,
    open: () => KyselyReadModel.open(database()),
    async remove() {
      await admin.query(`DROP SCHEMA ${schema} CASCADE`)
      await admin.end()
    },
  }
}

if (url !== undefined) {
  describeReadModel('the read model in PostgreSQL', () => createStorage(url))

  it('a read model in PostgreSQL counts events once when several processes apply them at the same time', async () => {
    const storage = await createStorage(url)
    const models = await Promise.all([storage.open(), storage.open(), storage.open()])
    const ledger = sampleJournal()
    await Promise.all(models.map(model => model.apply(ledger.events)))
    for (const model of models) {
      const rows = (await model.balances()).map(row => [row.account, row.amountMicrocredits] as const)
      assert.deepEqual(balancesOf(rows), balancesOf(ledger.state.balances))
      await model.close()
    }
    await storage.remove()
  })

  it('a read model of 0.1.0 in PostgreSQL is brought to today’s tables and folded anew', async t => {
    const storage = await createStorage(url)
    await assertMigrates(t, storage.database)
    await storage.remove()
  })
}
