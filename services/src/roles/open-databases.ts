import type { EventStore } from '@deparrow/ledger'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'
import { type DatabaseLocation, type StoreLocation, withPassword } from '../config/locations.ts'
import type { RoleContext } from './role-context.ts'

/** Opens the journal's store, loading the driver of its engine alone. Throws what the adapter throws. */
export async function openStore(
  location: StoreLocation,
  { closing, databasePassword }: Pick<RoleContext, 'closing' | 'databasePassword'>,
): Promise<EventStore> {
  const store = await openEventStore(withPassword(location, databasePassword))
  closing.defer(() => store.close())
  return store
}

/** Opens a database for Kysely; whoever takes it closes it. A server is not asked before it is needed. */
export async function openDatabase<Schema>(
  location: DatabaseLocation,
  { databasePassword }: Pick<RoleContext, 'databasePassword'>,
): Promise<SqlDatabase<Schema>> {
  const place = withPassword(location, databasePassword)
  if (place.engine === 'sqlite') {
    const { openSqlite } = await import('../adapters/sql/sqlite-database.ts')
    return openSqlite(place.path)
  }
  const { openPostgres } = await import('../adapters/sql/postgres-database.ts')
  return openPostgres(place.url.reveal())
}

async function openEventStore(location: StoreLocation): Promise<EventStore> {
  switch (location.engine) {
    case 'sqlite': {
      const { SqliteEventStore } = await import('../adapters/event-store/sqlite-event-store.ts')
      return SqliteEventStore.open(location.path)
    }
    case 'postgres': {
      const { PostgresEventStore } = await import('../adapters/event-store/postgres-event-store.ts')
      return PostgresEventStore.open(location.url.reveal())
    }
    case 'kurrentdb': {
      const { KurrentEventStore } = await import('../adapters/event-store/kurrent-event-store.ts')
      return KurrentEventStore.open(location.url.reveal())
    }
  }
}
