import type { ColumnType, Kysely } from 'kysely'

export type SqlEngine = 'sqlite' | 'postgres'

/**
 * A database that is reached by SQL. On both engines every integer, whatever its width, and every `count` or `sum` of integers
 * is read as `bigint`; a parameter may be `bigint` or a `number` that is a safe integer. There are no other number types, no
 * booleans and no dates: what is stored is TEXT, BIGINT or INTEGER.
 */
export type SqlDatabase<Schema> = {
  readonly engine: SqlEngine
  readonly kysely: Kysely<Schema>
  /** Ends all connections; the database cannot be used after it. */
  close(): Promise<void>
}

/** An integer column of a schema type: read as `bigint`, written as `bigint` or `number`. */
export type SqlInteger = ColumnType<bigint, bigint | number, bigint | number>

/** An integer column that may be null. */
export type SqlIntegerOrNull = ColumnType<bigint | null, bigint | number | null, bigint | number | null>
