import type { LoggerService } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { appModule, type ServicePorts } from './app.module.ts'
import { type GatewayOptions, readGatewayConfig } from './config/gateway-config.ts'
import type { NetworkInfo } from './config/network-info.ts'
import { createGatewayApp } from './gateway/gateway-app.ts'
import { journalPositionGauge } from './ledger/journal-position-gauge.ts'
import type { Market } from './market/market.port.ts'
import { SettlementService } from './settlement/settlement.service.ts'
import { MARKET } from './tokens.ts'

export type ServicesOptions = {
  readonly network: NetworkInfo
  readonly gateway: GatewayOptions
  /** Where warnings and errors go, `false` for nowhere; the default prints them without what is merely informative. */
  readonly logger?: LoggerService | false
}

export type Services = {
  /** For more routes, or requests without a socket (`inject`). */
  readonly app: NestFastifyApplication
  readonly market: Market
  readonly settlement: SettlementService
  /** Listens, and answers with the address, such as `http://127.0.0.1:8080`. Rejects with `PortInUseError`. */
  listen(): Promise<string>
  /** Ends connections, then the services in reverse order; the ports stay open. */
  close(): Promise<void>
}

/**
 * Builds and starts all services in this process over open ports; they follow journal, chain and mesh when this answers, and take
 * requests from `listen` on. Throws `GatewayConfigError` for options that cannot be used.
 */
export async function createServices(ports: ServicePorts, options: ServicesOptions): Promise<Services> {
  const config = readGatewayConfig(options.gateway)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  journalPositionGauge(metrics, () => ports.ledger.head().position)
  const { app, listen } = await createGatewayApp({
    module: appModule(ports, { network: options.network, config, metrics }),
    config,
    content: ports.content,
    ...(options.logger !== undefined && { logger: options.logger }),
  })
  return {
    app,
    market: app.get<Market>(MARKET, { strict: false }),
    settlement: app.get(SettlementService, { strict: false }),
    listen,
    close: () => app.close().finally(() => metrics.clear()),
  }
}
