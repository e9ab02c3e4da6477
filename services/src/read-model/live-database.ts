import type { Kysely } from 'kysely'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'

type Held<Schema> = { readonly database: SqlDatabase<Schema>; userCount: number; whenIdle: (() => void) | undefined }

/** A database that another can take the place of while it is being read: whoever began on one ends on it. */
export class LiveDatabase<Schema> {
  private held: Held<Schema>

  constructor(database: SqlDatabase<Schema>) {
    this.held = { database, userCount: 0, whenIdle: undefined }
  }

  get engine(): SqlDatabase<Schema>['engine'] {
    return this.held.database.engine
  }

  /** Calls back with the database, which stays open until the promise that comes back has settled. */
  async use<T>(read: (kysely: Kysely<Schema>) => Promise<T>): Promise<T> {
    const { held } = this
    held.userCount += 1
    try {
      return await read(held.database.kysely)
    } finally {
      held.userCount -= 1
      if (held.userCount === 0) held.whenIdle?.()
    }
  }

  /** From now on everybody uses the other database. The one before is closed when nobody uses it any more; then this resolves. */
  async replace(database: SqlDatabase<Schema>): Promise<void> {
    const { held } = this
    this.held = { database, userCount: 0, whenIdle: undefined }
    await closeWhenIdle(held)
  }

  async close(): Promise<void> {
    await closeWhenIdle(this.held)
  }
}

async function closeWhenIdle<Schema>(held: Held<Schema>): Promise<void> {
  if (held.userCount > 0) {
    await new Promise<void>(resolve => {
      held.whenIdle = resolve
    })
  }
  await held.database.close()
}
