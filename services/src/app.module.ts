import type { Clock, JournalLedger, LedgerCrypto } from '@deparrow/ledger'
import { type DynamicModule, Module } from '@nestjs/common'
import type { GatewayConfig } from './config/gateway-config.ts'
import type { NetworkInfo } from './config/network-info.ts'
import { GatewayModule } from './gateway/gateway.module.ts'
import { LedgerModule } from './ledger/ledger.module.ts'
import type { ContentStore } from './market/content-store.port.ts'
import type { JobStore } from './market/job-store.port.ts'
import { MarketModule } from './market/market.module.ts'
import type { NodeMesh } from './market/node-mesh.port.ts'
import type { ReadModel } from './read-model/read-model.port.ts'
import { SettlementModule } from './settlement/settlement.module.ts'
import type { SettlementOptions } from './settlement/settlement-options.ts'
import type { SettlementChain } from './settlement/token-chain.port.ts'
import {
  CLOCK,
  CONTENT_STORE,
  CRYPTO,
  GATEWAY_CONFIG,
  JOB_STORE,
  JOURNAL,
  LEDGER,
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
}

@Module({})
class AppModule {}

/** The application: all modules in one process, over the given ports. This is the one place where ports meet their tokens. */
export function appModule(ports: ServicePorts, network: NetworkInfo, config: GatewayConfig): DynamicModule {
  return {
    module: AppModule,
    imports: [portsModule(ports, network, config), LedgerModule, SettlementModule, MarketModule, GatewayModule],
  }
}

@Module({})
class PortsModule {}

function portsModule(ports: ServicePorts, network: NetworkInfo, config: GatewayConfig): DynamicModule {
  const providers = [
    { provide: LEDGER, useValue: ports.ledger },
    { provide: JOURNAL, useValue: ports.ledger },
    { provide: CLOCK, useValue: ports.clock },
    { provide: CRYPTO, useValue: ports.crypto },
    { provide: CONTENT_STORE, useValue: ports.content },
    { provide: NODE_MESH, useValue: ports.mesh },
    { provide: JOB_STORE, useValue: ports.jobStore },
    { provide: READ_MODEL, useValue: ports.readModel },
    { provide: SETTLEMENT_CHAIN, useValue: ports.settlementChain },
    { provide: SETTLEMENT_OPTIONS, useValue: ports.settlementOptions },
    { provide: NETWORK_INFO, useValue: network },
    { provide: GATEWAY_CONFIG, useValue: config },
  ]
  return { module: PortsModule, global: true, providers, exports: providers.map(({ provide }) => provide) }
}
