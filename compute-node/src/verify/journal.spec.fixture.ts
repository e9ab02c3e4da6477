import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import {
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  type JournalHead,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'
import { testDomain, wholeLedger } from '@deparrow/ledger/testing'
import { journalChunks } from './journal-source.ts'
import { type JournalVerdict, type VerifyOptions, verifyJournal } from './verify-journal.ts'

/** A journal with every kind of event that one shard knows. */
export const whole: readonly StoredEvent[] = wholeLedger().stored

export function headOf(stored: readonly StoredEvent[]): JournalHead {
  const { position, hash } = stored.at(-1) ?? { position: 0, hash: zeroHash }
  return { position, hash }
}

/** The lines of an export, header and end included. */
export function exportLines(
  stored: readonly StoredEvent[] = whole,
  after: JournalHead = { position: 0, hash: zeroHash },
  isComplete = true,
): readonly string[] {
  const { chainId, verifyingContract: settlement } = testDomain
  return [
    formatExportHeader({ shard: 'main', chainId, settlement, after }),
    ...stored.map(formatExportedEvent),
    formatExportEnd({ end: stored.length === 0 ? after : headOf(stored), isComplete }),
  ]
}

/** What `verify` says of bytes, cut into chunks of so many. */
export async function verdictOf(
  bytes: Uint8Array,
  options: VerifyOptions = {},
  chunkBytes = 65_536,
): Promise<JournalVerdict> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes)
  }
  return verifyJournal(chunks(), { threadCount: 0, ...options })
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deparrow-verify-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function exportFile(t: TestContext, lines: readonly string[] = exportLines()): Promise<string> {
  const path = join(await temporaryFolder(t), 'journal.ndjson')
  await writeFile(path, lines.join(''))
  return path
}

/** A store's file as `SqliteEventStore` makes it, with batches of so many events. */
export async function storeFile(
  t: TestContext,
  { shards = ['main'], perBatch = 7 }: { readonly shards?: readonly string[]; readonly perBatch?: number } = {},
): Promise<string> {
  const path = join(await temporaryFolder(t), 'journal.sqlite')
  const database = new DatabaseSync(path)
  database.exec(`CREATE TABLE journal_head (shard TEXT PRIMARY KEY, lease_epoch BIGINT, position BIGINT, hash TEXT,
    lease_until_ms BIGINT);
    CREATE TABLE journal_batch (shard TEXT, first_position BIGINT, last_position BIGINT, hashes BLOB, payloads TEXT,
    PRIMARY KEY (shard, last_position))`)
  for (const shard of shards) fillShard(database, shard, perBatch)
  database.close()
  return path
}

function fillShard(database: DatabaseSync, shard: string, perBatch: number): void {
  const insert = database.prepare('INSERT INTO journal_batch VALUES (?, ?, ?, ?, ?)')
  for (let at = 0; at < whole.length; at += perBatch) {
    const batch = whole.slice(at, at + perBatch)
    const hashes = Buffer.from(batch.map(event => event.hash.slice(2)).join(''), 'hex')
    insert.run(shard, at + 1, at + batch.length, hashes, batch.map(event => event.payload).join('\n'))
  }
  const { position, hash } = headOf(whole)
  database.prepare('INSERT INTO journal_head VALUES (?, 1, ?, ?, 0)').run(shard, position, hash)
}

/** What `verify` says of a source. */
export function verdictOfSource(source: string, options: VerifyOptions = {}): Promise<JournalVerdict> {
  return verifyJournal(journalChunks(source), { threadCount: 0, ...options })
}
