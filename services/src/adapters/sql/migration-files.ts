import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqlEngine } from './sql-database.ts'
import { MigrationFilesError } from './sql-errors.ts'

/** One step of a schema: the statements bring version `version - 1` to `version`. */
export type MigrationFile = { readonly version: number; readonly name: string; readonly statements: readonly string[] }

/** `migrations/` of the repository; the path is the same from the source and from the built code. */
export const migrationsFolder = fileURLToPath(new URL('../../../../migrations/', import.meta.url))

/**
 * The steps of an area for an engine in ascending order. `0001_name.sql` is for both engines, `0001_name.sqlite.sql` and
 * `0001_name.postgres.sql` for one. Throws {@link MigrationFilesError} when they are not numbered 1, 2, 3, … once each.
 */
export function readMigrationFiles(folder: string, area: string, engine: SqlEngine): readonly MigrationFile[] {
  const files = listFolder(join(folder, area))
    .filter(name => name.endsWith('.sql') && isForEngine(name, engine))
    .sort()
  files.forEach((name, index) => {
    if (Number(/^(\d{4})_/.exec(name)?.[1]) !== index + 1) {
      throw new MigrationFilesError(`expected step ${index + 1} of the ${area} migrations for ${engine}, found ${name}`)
    }
  })
  if (files.length === 0) throw new MigrationFilesError(`there are no ${area} migrations in ${folder}`)
  return files.map((name, index) => ({
    version: index + 1,
    name,
    statements: splitStatements(readFileSync(join(folder, area, name), 'utf8')),
  }))
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    throw new MigrationFilesError(`the migrations folder ${folder} cannot be read`, { cause })
  }
}

function isForEngine(name: string, engine: SqlEngine): boolean {
  const other = engine === 'sqlite' ? 'postgres' : 'sqlite'
  return !name.endsWith(`.${other}.sql`)
}

/** A statement ends with a semicolon at the end of a line; a line that begins with `--` is a comment. */
function splitStatements(text: string): readonly string[] {
  const code = text
    .split('\n')
    .filter(line => !line.trimStart().startsWith('--'))
    .join('\n')
  return code
    .split(/;[ \t]*(?:\n|$)/)
    .map(statement => statement.trim())
    .filter(statement => statement.length > 0)
}
