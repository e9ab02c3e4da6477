import type { Clock, JournalLedger, Ledger, LedgerCrypto } from '@deparrow/ledger'
import { type DynamicModule, Module, type Type } from '@nestjs/common'
import type { Registry } from 'prom-client'
import { AuditModule } from './audit/audit.module.ts'
import { auditHealth } from './audit/audit-health.ts'
import { auditOptionsBeside } from './audit/audit-options.ts'
import type { LedgerAuditView } from './audit/ledger-audit.port.ts'
import type { AuditSources } from './audit/ledger-audit.ts'
import type { GatewayConfig } from './config/gateway-config.ts'
import type { NetworkInfo } from './config/network-info.ts'
import { GatewayModule } from './gateway/gateway.module.ts'
import { LedgerModule } from './ledger/ledger.module.ts'
import { ProjectorModule } from './ledger/projector.module.ts'
import { ProjectorService } from './ledger/projector.service.ts'
import type { ContentStore } from './market/content-store.port.ts'
import type { JobStore } from './market/job-store.port.ts'
import { MarketModule } from './market/market.module.ts'
import type { Market } from './market/market.port.ts'
import type { NodeMesh } from './market/node-mesh.port.ts'
import type { HealthCheck } from './operations/health-check.ts'
import type { ReadModel } from './read-model/read-model.port.ts'
import { valuesModule } from './roles/values-module.ts'
import { SettlementModule } from './settlement/settlement.module.ts'
import { SettlementService } from './settlement/settlement.service.ts'
import type { SettlementOptions } from './settlement/settlement-options.ts'
import type { SettlementChain } from './settlement/token-chain.port.ts'
import {
  AUDIT_OPTIONS,
  AUDIT_SOURCES,
  CLOCK,
  CONTENT_STORE,
  CRYPTO,
  GATEWAY_CONFIG,
  HEALTH_CHECKS,
  JOB_STORE,
  JOURNAL,
  JOURNAL_SOURCE,
  LEDGER,
  LEDGER_AUDIT,
  MARKET,
  MESH_ADDRESSES,
  METRICS,
  NETWORK_INFO,
  NODE_MESH,
  READ_MODEL,
  SETTLEMENT_CHAIN,
  SETTLEMENT_OPTIONS,
} from './tokens.ts'

/** Everything that the application modules stand on, already open. Whoever opened a port closes it, after the services. */
export type ServicePorts = {
  readonly ledger: JournalLedger
  readonly clock: Clock
  readonly crypto: LedgerCrypto
  readonly content: ContentStore
  readonly mesh: NodeMesh
  readonly jobStore: JobStore
  readonly readModel: ReadModel
  readonly settlementChain: SettlementChain
  readonly settlementOptions: SettlementOptions
  /** What the audit holds projections and chain against; without it this process runs none. */
  readonly audited?: Pick<AuditSources, 'store' | 'journals' | 'bus'>
}

@Module({})
class AppModule {}

/** What the public side stands on beside the ports, and how it listens. */
export type AppContext = {
  readonly network: NetworkInfo
  readonly config: GatewayConfig
  readonly metrics: Registry
}

/** The application: all services in one process, over the given ports. For a service that runs alone see `roles/`. */
export function appModule(ports: ServicePorts, context: AppContext): DynamicModule {
  const audit = ports.audited === undefined ? [] : [AuditModule]
  const services = [LedgerModule, ProjectorModule, SettlementModule, MarketModule, ...audit, HealthModule]
  return {
    module: AppModule,
    imports: [valuesModule(valuesOf(ports, context)), ...services.map(everywhere), GatewayModule],
  }
}

function valuesOf(ports: ServicePorts, { network, config, metrics }: AppContext): readonly [symbol, unknown][] {
  return [
    [LEDGER, ports.ledger],
    [JOURNAL, ports.ledger],
    [JOURNAL_SOURCE, ports.ledger],
    [CLOCK, ports.clock],
    [CRYPTO, ports.crypto],
    [CONTENT_STORE, ports.content],
    [NODE_MESH, ports.mesh],
    [MESH_ADDRESSES, ports.mesh],
    [JOB_STORE, ports.jobStore],
    [READ_MODEL, ports.readModel],
    [SETTLEMENT_CHAIN, ports.settlementChain],
    [SETTLEMENT_OPTIONS, ports.settlementOptions],
    [NETWORK_INFO, network],
    [GATEWAY_CONFIG, config],
    [METRICS, metrics],
    [AUDIT_SOURCES, { ...ports.audited, readModel: ports.readModel, chain: ports.settlementChain }],
    [AUDIT_OPTIONS, auditOptionsBeside],
  ]
}

/** What a module exports is found by every other one, as the gateway finds it when it is given values instead. */
function everywhere(module: Type): DynamicModule {
  return { module, global: true }
}

@Module({
  providers: [
    {
      provide: HEALTH_CHECKS,
      inject: [LEDGER, MARKET, SettlementService, ProjectorService, { token: LEDGER_AUDIT, optional: true }],
      useFactory: healthChecks,
    },
  ],
  exports: [HEALTH_CHECKS],
})
class HealthModule {}

function healthChecks(
  ledger: Ledger,
  market: Market,
  settlement: SettlementService,
  projector: ProjectorService,
  audit: LedgerAuditView | undefined,
): readonly HealthCheck[] {
  return [
    { name: 'ledger', isRequired: true, isHealthy: () => ledger.config() !== undefined },
    { name: 'market', isRequired: true, isHealthy: () => market.countByStatus().then(() => true) },
    { name: 'settlement', isRequired: false, isHealthy: () => settlement.health().isReady },
    { name: 'readModel', isRequired: false, isHealthy: () => projector.readModelError() === undefined },
    ...(audit === undefined ? [] : [auditHealth(audit)]),
  ]
}
