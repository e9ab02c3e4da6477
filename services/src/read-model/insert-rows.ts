import { CompiledQuery, type Insertable, type Kysely } from 'kysely'
import type { SqlEngine } from '../adapters/sql/sql-database.ts'
import { type ProjectionTable, projectionTables, type ReadSchema, type TableShape } from './read-schema.ts'

/**
 * Rows in one statement of SQLite, the largest that fits: sixteen columns each stay far below the 32 766 parameters that it takes. A few sizes, so
 * that few texts are kept.
 */
const rowCounts = [200, 32, 4, 1]

/** Rows in one statement of PostgreSQL, which gets each column as one array. */
const rowsPerArray = 5_000

const texts = new Map<string, string>()

/**
 * Adds rows to a table, or with `onKey: 'replace'` replaces those with the same key. Statements are written here and not by Kysely, whose builder
 * costs more than the insertion; a text is made once for each table and number of rows.
 */
export async function insertRows<T extends ProjectionTable>(
  kysely: Kysely<ReadSchema>,
  engine: SqlEngine,
  table: T,
  rows: readonly Insertable<ReadSchema[T]>[],
  onKey: 'refuse' | 'replace' = 'refuse',
): Promise<void> {
  const shape: TableShape = projectionTables[table]
  const names = Object.keys(shape.columns)
  for (let start = 0; start < rows.length; ) {
    const rowCount = engine === 'sqlite' ? fittingCount(rows.length - start) : rowsPerArray
    const part = rows.slice(start, start + rowCount) as readonly Readonly<Record<string, unknown>>[]
    start += part.length
    const text = statementText(engine, table, part.length, onKey)
    await kysely.executeQuery(
      CompiledQuery.raw(text, engine === 'sqlite' ? valuesByRow(names, part) : valuesByColumn(names, part)),
    )
  }
}

function fittingCount(rowCount: number): number {
  return rowCounts.find(count => count <= rowCount) ?? 1
}

function valuesByRow(names: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  const values: unknown[] = []
  for (const row of rows) for (const name of names) values.push(row[name] ?? null)
  return values
}

function valuesByColumn(names: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  return names.map(name => rows.map(row => row[name] ?? null))
}

function statementText(
  engine: SqlEngine,
  table: ProjectionTable,
  rowCount: number,
  onKey: 'refuse' | 'replace',
): string {
  const key = engine === 'sqlite' ? `${engine} ${table} ${onKey} ${rowCount}` : `${engine} ${table} ${onKey}`
  const known = texts.get(key)
  if (known !== undefined) return known
  const { columns, key: keyColumns }: TableShape = projectionTables[table]
  const names = Object.keys(columns)
  const values = engine === 'sqlite' ? sqliteValues(names.length, rowCount) : postgresValues(Object.values(columns))
  const others = names.filter(name => !keyColumns.includes(name))
  const updated = others.map(name => `${name} = excluded.${name}`).join(', ')
  const conflict = onKey === 'replace' ? ` ON CONFLICT (${keyColumns.join(', ')}) DO UPDATE SET ${updated}` : ''
  const text = `INSERT INTO ${table} (${names.join(', ')}) ${values}${conflict}`
  texts.set(key, text)
  return text
}

function sqliteValues(columnCount: number, rowCount: number): string {
  const row = `(${Array(columnCount).fill('?').join(', ')})`
  return `VALUES ${Array(rowCount).fill(row).join(', ')}`
}

function postgresValues(kinds: readonly string[]): string {
  const arrays = kinds.map((kind, index) => `$${index + 1}::${kind.startsWith('text') ? 'text' : 'bigint'}[]`)
  return `SELECT * FROM unnest(${arrays.join(', ')})`
}
