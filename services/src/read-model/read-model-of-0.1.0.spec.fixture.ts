import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../adapters/sql/migrate.ts'
import { migrationsFolder } from '../adapters/sql/migration-files.ts'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { ReadBench } from './read-bench.spec.fixture.ts'
import type { ReadSchema } from './read-schema.ts'
import { catchUpReadModel } from './rebuild.ts'
import { balancesOf, payer } from './sample-journal.spec.fixture.ts'

/** What 0.1.0 wrote comes over to today's tables and is folded anew, by nothing but opening it and following the journal. */
export async function assertMigrates(t: TestContext, open: () => SqlDatabase<ReadSchema>): Promise<void> {
  await writeReadModelOf010(t, open())
  const bench = new ReadBench(async () => ({ open: () => KyselyReadModel.open(open()), remove: async () => undefined }))
  await bench.setUp()
  assert.equal(await bench.model.position(), 0)
  assert.deepEqual(await bench.model.balances(), [])
  assert.equal(await catchUpReadModel(await bench.journal(), bench.model), bench.events.length)
  const rows = (await bench.model.balances()).map(row => [row.account, row.amountMicrocredits] as const)
  assert.deepEqual(balancesOf(rows), balancesOf(bench.ledger.state.balances))
  const { entries } = await bench.model.statement(payer.address, { first: 1_000 })
  assert.equal(entries.at(-1)?.event, 'InboxItemRecorded')
  await bench.tearDown()
}

async function writeReadModelOf010(t: TestContext, database: SqlDatabase<ReadSchema>): Promise<void> {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'read'))
  const step = join('read', '0001_create_projections.sql')
  copyFileSync(join(migrationsFolder, step), join(folder, step))
  await migrate(database, 'read', folder)
  await sql`UPDATE read_checkpoint SET position = 7`.execute(database.kysely)
  await sql`INSERT INTO account_balance (account, wallet, amount_microcredits)
    VALUES ('reserve', NULL, 5), (${`wallet:${payer.address}`}, ${payer.address}, 5)`.execute(database.kysely)
  await sql`INSERT INTO statement_entry VALUES (7, 0, ${payer.address}, ${`wallet:${payer.address}`}, 1, 'CreditsTransferred', 5, 5, NULL)`.execute(
    database.kysely,
  )
  await database.close()
}
