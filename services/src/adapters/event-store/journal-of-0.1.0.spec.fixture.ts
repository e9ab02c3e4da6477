import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Hex, StoredEvent } from '@deparrow/ledger'
import { sql } from 'kysely'
import { migrate } from '../sql/migrate.ts'
import { migrationsFolder } from '../sql/migration-files.ts'
import type { SqlDatabase } from '../sql/sql-database.ts'
import { temporaryFolder } from '../sql/temporary-folder.spec.fixture.ts'

const samples = new URL('../../../../ledger/src/journal/samples/0.1.0.jsonl', import.meta.url)

/** The lease epoch that the journal's last writer had. */
export const writtenLeaseEpoch = 3

/** What DEparrow 0.1.0 wrote into shard `main`, in the tables that it had: one row an event. */
export async function writeJournalOf010(
  t: TestContext,
  database: SqlDatabase<Record<string, never>>,
): Promise<readonly StoredEvent[]> {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'journal'))
  const step = join('journal', '0001_create_journal.sql')
  copyFileSync(join(migrationsFolder, step), join(folder, step))
  await migrate(database, 'journal', folder)
  const events = readFileSync(samples, 'utf8').trim().split('\n').map(toEvent)
  for (const { position, payload, hash } of events) {
    const { type, atMs, commandId } = JSON.parse(payload)
    await sql`INSERT INTO journal_event (shard, position, type, at_ms, command_id, payload, hash)
      VALUES ('main', ${position}, ${type}, ${atMs}, ${commandId}, ${payload}, ${hash})`.execute(database.kysely)
  }
  await sql`INSERT INTO journal_head (shard, lease_epoch, position, hash)
    VALUES ('main', ${writtenLeaseEpoch}, ${events.length}, ${events.at(-1)?.hash})`.execute(database.kysely)
  return events
}

function toEvent(line: string, index: number): StoredEvent {
  const { payload, hash } = JSON.parse(line) as { readonly payload: string; readonly hash: Hex }
  return { position: index + 1, payload, hash }
}
