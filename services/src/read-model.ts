/** The projections in SQLite and their rebuild: an entry of its own for those who use them without a network. */
export { openSqlite } from './adapters/sql/sqlite-database.ts'
export { ReadModelFeed } from './ledger/read-model-feed.ts'
export { type ProjectedJournal, RebuildMismatchError } from './read-model/build-projections.ts'
export { type BuiltFile, buildReadModelFile } from './read-model/build-read-model-file.ts'
export {
  type FoldBalancesOptions,
  type FoldedBalances,
  foldBalances,
  type JournalSource,
} from './read-model/fold-balances.ts'
export { KyselyReadModel } from './read-model/kysely-read-model.ts'
export { type ReadModel, ReadModelGapError } from './read-model/read-model.port.ts'
export * from './read-model/read-queries.port.ts'
export * from './read-model/read-records.ts'
