import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { Pool } from 'pg'
import { openPostgres } from '../adapters/sql/postgres-database.ts'
import { postgresUrl } from '../adapters/sql/postgres-url.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { describeReadModel } from './read-model.spec.behaviour.ts'
import { balancesOf, sampleJournal } from './sample-journal.spec.fixture.ts'

const url = postgresUrl()

async function createStorage(address: string) {
  const schema = `read_${randomBytes(6).toString('hex')}`
  const admin = new Pool({ connectionString: address, max: 1 })
  await admin.query(`CREATE SCHEMA ${schema}`)
  return {
    open: () => KyselyReadModel.open(openPostgres(address, { schema, connectionsMax: 3 })),
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
}
