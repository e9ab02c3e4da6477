export { InProcessBroker, InProcessEventBus } from './adapters/bus/in-process-event-bus.ts'
export {
  type EmbeddedPorts,
  type EmbeddedPortsOptions,
  embeddedShard,
  openEmbeddedPorts,
} from './adapters/embedded-ports.ts'
export { SqliteEventStore } from './adapters/event-store/sqlite-event-store.ts'
export type { ServicePorts } from './app.module.ts'
export type { GatewayConfig, GatewayOptions } from './config/gateway-config.ts'
export { GatewayConfigError } from './config/gateway-config.ts'
export type { NetworkInfo } from './config/network-info.ts'
export { createServices, type Services, type ServicesOptions } from './create-services.ts'
export { PortInUseError } from './gateway/gateway-app.ts'
export { OtherLedgerError } from './ledger/open-ledger.ts'
export type { ContentStore } from './market/content-store.port.ts'
export type { Job, JobStatus } from './market/job.ts'
export type { MarketTables } from './market/job-row.ts'
export type { JobStore } from './market/job-store.port.ts'
export { KyselyJobStore } from './market/kysely-job-store.ts'
export type { Market } from './market/market.port.ts'
export type { NodeMesh } from './market/node-mesh.port.ts'
export { type Wait, waitOnTimer } from './poll-loop.ts'
export * from './relay/consume-event.ts'
export * from './relay/event-bus.port.ts'
export { JournalRelay, type JournalRelayParts, type RelayState } from './relay/journal-relay.ts'
export { cloudEventSourceDefault, cloudEventType, toCloudEvent } from './relay/ledger-cloud-event.ts'
export { type ConsumerSource, consumeTo } from './relay/reference-consumer.ts'
export { ForeignTopicError } from './relay/resume-point.ts'
