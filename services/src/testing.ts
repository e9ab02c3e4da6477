/**
 * The parts of the services that run without a framework, one by one, and the in-memory chain: an entry of its own for tests that put them
 * together over worlds of their own.
 */

export { openSqlite } from './adapters/sql/sqlite-database.ts'
export { type ComposeFile, type ComposeService, readComposeFile } from './config/compose-file.spec.fixture.ts'
export { Secret } from './config/secret.ts'
export { PollLoop, type PollLoopParts, type Wait } from './poll-loop.ts'
export { KyselyReadModel } from './read-model/kysely-read-model.ts'
export type { ReadModel } from './read-model/read-model.port.ts'
export type { AccountBalance } from './read-model/read-records.ts'
export { catchUpReadModel } from './read-model/rebuild.ts'
export * from './relay/consume-event.ts'
export * from './relay/event-bus.port.ts'
export { JournalRelay, type JournalRelayParts, type RelayState } from './relay/journal-relay.ts'
export { consumeTo } from './relay/reference-consumer.ts'
export { RemoteLedgerWriter } from './rpc/remote-ledger-writer.ts'
export { RpcClient } from './rpc/rpc-client.ts'
export { ChainFollower } from './settlement/chain-follower.ts'
export type { CertifiedOrder, DemandLog, OrderClaim } from './settlement/demand-chain.port.ts'
export { EpochPoster } from './settlement/epoch-poster.ts'
export { feedJournal } from './settlement/journal-feed.ts'
export { JournalIndex } from './settlement/journal-index.ts'
export { appendInbox, claim as claimOnChain, headOf as headEpochOf } from './settlement/testing/in-memory-contract.ts'
export { InMemorySettlementChain } from './settlement/testing/in-memory-settlement-chain.ts'
export * from './settlement/token-chain.port.ts'
