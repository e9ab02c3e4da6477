/**
 * The names under which ports are injected. A port is a plain type, so its provider is found by its token:
 * `@Inject(LEDGER) private readonly ledger: Ledger`. The value of each token is bound once: in `app.module.ts` for all services in one
 * process, in `roles/` for a service that runs alone.
 */

/** `Ledger` of `@deparrow/ledger`. */
export const LEDGER = Symbol('Ledger')

/** `Clock` of `@deparrow/ledger`. */
export const CLOCK = Symbol('Clock')

/** `LedgerCrypto` of `@deparrow/ledger`. */
export const CRYPTO = Symbol('LedgerCrypto')

/** `ContentStore` of `market/content-store.port.ts`. */
export const CONTENT_STORE = Symbol('ContentStore')

/** `NodeMesh` of `market/node-mesh.port.ts`. */
export const NODE_MESH = Symbol('NodeMesh')

/** `MeshAddresses` of `gateway/mesh-addresses.port.ts`. */
export const MESH_ADDRESSES = Symbol('MeshAddresses')

/** `JobStore` of `market/job-store.port.ts`. */
export const JOB_STORE = Symbol('JobStore')

/** `Market` of `market/market.port.ts`. */
export const MARKET = Symbol('Market')

/** `ReadModel` of `read-model/read-model.port.ts`: read by the gateway, fed by the projector. */
export const READ_MODEL = Symbol('ReadModel')

/** `SettlementView` of `gateway/settlement-view.port.ts`. */
export const SETTLEMENT_VIEW = Symbol('SettlementView')

/** `SettlementChain` of `settlement/token-chain.port.ts`. */
export const SETTLEMENT_CHAIN = Symbol('SettlementChain')

/** `SettlementOptions` of `settlement/settlement-options.ts`. */
export const SETTLEMENT_OPTIONS = Symbol('SettlementOptions')

/** `NetworkInfo` of `config/network-info.ts`. */
export const NETWORK_INFO = Symbol('NetworkInfo')

/** `GatewayConfig` of `config/gateway-config.ts`. */
export const GATEWAY_CONFIG = Symbol('GatewayConfig')

/** `JournalLedger` of `@deparrow/ledger`: the writer itself, for the service that keeps its time. */
export const JOURNAL = Symbol('JournalLedger')

/** `ShardJournals` of `ledger/clearing.service.ts`: the journals of all shards, in a ledger of several. */
export const SHARD_JOURNALS = Symbol('ShardJournals')

/** `JournalSource` of `ledger/read-model-feed.ts`: the journal as the projector follows it. */
export const JOURNAL_SOURCE = Symbol('JournalSource')

/** `AuditSources` of `audit/ledger-audit.ts`: what the audit compares. */
export const AUDIT_SOURCES = Symbol('AuditSources')

/** `AuditOptions` of `audit/audit-options.ts`. */
export const AUDIT_OPTIONS = Symbol('AuditOptions')

/** `LedgerAuditView` of `audit/ledger-audit.port.ts`: how the four-way audit stands. */
export const LEDGER_AUDIT = Symbol('LedgerAudit')

/** A list of `HealthCheck` of `operations/health-check.ts`: what readiness depends on in this process. */
export const HEALTH_CHECKS = Symbol('HealthChecks')

/** `Registry` of `prom-client`: the figures of this process, to which every service adds its own. */
export const METRICS = Symbol('Metrics')

/** The number of the shard whose journal is projected; without it, 0. */
export const PROJECTED_SHARD = Symbol('ProjectedShard')
