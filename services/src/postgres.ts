/** The PostgreSQL adapters and the projections over them: an entry of its own, so that a network on SQLite does not load them. */
export { NotDurableError, PostgresEventStore } from './adapters/event-store/postgres-event-store.ts'
export { openPostgres, type PostgresOptions } from './adapters/sql/postgres-database.ts'
export { ReadModelFeed } from './ledger/read-model-feed.ts'
export { KyselyReadModel } from './read-model/kysely-read-model.ts'
export type { ReadModel } from './read-model/read-model.port.ts'
export { rebuildReadModel } from './read-model/rebuild.ts'
