import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  NodeFolderForeignError,
  NodeFolderLockedError,
  NodeStoreDamagedError,
  NodeStoreNewerError,
} from './node-store-errors.ts'

/** `dpno` in ASCII; marks the file as a node's. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x64706e6f

const schemaVersion = 1

// https://www.sqlite.org/rescode.html
const sqliteBusy = 5
const sqliteCorrupt = 11
const sqliteNotADatabase = 26

const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE job (
    order_digest TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('assigned', 'receipted', 'ended', 'released')),
    runs INTEGER NOT NULL,
    accepted_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    offer TEXT,
    handover TEXT,
    sequence INTEGER,
    PRIMARY KEY (order_digest, attempt)
  ) STRICT;
  CREATE INDEX job_by_sequence ON job (sequence) WHERE state = 'receipted';
  CREATE INDEX job_by_expiry ON job (expires_at_ms);
`

/** To whom a data folder belongs; written once. */
export type NodeIdentity = { readonly address: string; readonly chainId: string; readonly settlement: string }

/**
 * Opens `node.sqlite` for this process alone. Every commit is on disk when it returns (WAL, synchronous FULL); the lock is
 * the operating system's, so a killed process leaves none behind. Throws one of the errors of `node-store-errors.ts`.
 */
export function openNodeDatabase(dataFolder: string, identity: NodeIdentity): DatabaseSync {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const path = join(dataFolder, 'node.sqlite')
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('BEGIN IMMEDIATE')
    prepareSchema(database, path)
    checkIdentity(database, path, identity)
    database.exec('COMMIT')
    return database
  } catch (error) {
    database.close()
    throw named(error, path)
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const version = pragma(database, 'user_version')
  const tableCount = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']
  if (version > schemaVersion) throw new NodeStoreNewerError(path, version, schemaVersion)
  if (version === schemaVersion) {
    const isSound = database.prepare('PRAGMA quick_check').get()?.['quick_check'] === 'ok'
    if (pragma(database, 'application_id') !== applicationId || !isSound) throw new NodeStoreDamagedError(path)
    return
  }
  if (tableCount !== 0) throw new NodeStoreDamagedError(path)
  database.exec(schema)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`)
}

function checkIdentity(database: DatabaseSync, path: string, identity: NodeIdentity): void {
  const insert = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const select = database.prepare('SELECT value FROM meta WHERE name = ?')
  for (const [field, given] of Object.entries(identity)) {
    insert.run(field, given)
    const stored = String(select.get(field)?.['value'])
    if (stored !== given) throw new NodeFolderForeignError(path, field, stored, given)
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

function named(error: unknown, path: string): unknown {
  const code = (error as { errcode?: number }).errcode
  if (code === sqliteBusy) return new NodeFolderLockedError(path)
  if (code === sqliteCorrupt || code === sqliteNotADatabase) return new NodeStoreDamagedError(path, { cause: error })
  return error
}
