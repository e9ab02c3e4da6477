import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { NewerSchemaError } from '../adapters/sql/sql-errors.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { openSqliteFile } from '../adapters/sql/sqlite-file.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import { KyselyReadModel } from './kysely-read-model.ts'
import { describeReadModel } from './read-model.spec.behaviour.ts'
import { assertMigrates } from './read-model-of-0.1.0.spec.fixture.ts'

describeReadModel('the read model in SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deparrow-read-'))
  return {
    open: () => KyselyReadModel.open(openSqlite(join(folder, 'read.sqlite'))),
    remove: async () => rmSync(folder, { recursive: true }),
  }
})

it('a read model that a newer version wrote is refused', async t => {
  const path = join(temporaryFolder(t), 'read.sqlite')
  await (await KyselyReadModel.open(openSqlite(path))).close()
  const handle = openSqliteFile(path)
  handle.exec('UPDATE schema_version SET version = version + 1')
  handle.close()
  await assert.rejects(KyselyReadModel.open(openSqlite(path)), NewerSchemaError)
})

it('a read model of 0.1.0 in SQLite is brought to today’s tables and folded anew', async t => {
  const path = join(temporaryFolder(t), 'read.sqlite')
  await assertMigrates(t, () => openSqlite(path))
})
