import 'reflect-metadata'
import { type LoggerService } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { appModule, type ServicePorts } from './app.module.ts'
import { type GatewayOptions, readGatewayConfig } from './config/gateway-config.ts'
import type { NetworkInfo } from './config/network-info.ts'
import { registerGatewayRoutes } from './gateway/http/gateway-routes.ts'
import { PublicOrigin } from './gateway/sign-in/public-origin.ts'
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
  /** Listens, and answers with the address, such as `http://127.0.0.1:8080`. Rejects with {@link PortInUseError}. */
  listen(): Promise<string>
  /** Ends connections, then the services in reverse order; the ports stay open. */
  close(): Promise<void>
}

/**
 * Builds and starts all services over open ports; they follow journal, chain and mesh when this answers, and take requests
 * from `listen` on. Throws `GatewayConfigError` for options that cannot be used.
 */
export async function createServices(ports: ServicePorts, options: ServicesOptions): Promise<Services> {
  const config = readGatewayConfig(options.gateway)
  const adapter = new FastifyAdapter({
    bodyLimit: config.graphqlBodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: 2 * config.requestTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  })
  const app = await NestFactory.create<NestFastifyApplication>(
    appModule(ports, options.network, config),
    adapter,
    options.logger === undefined ? { logger: ['error', 'warn', 'fatal'] } : { logger: options.logger },
  )
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  await registerGatewayRoutes(app, fastify, config, ports.content)
  await app.init()
  await fastify.ready()
  return {
    app,
    market: app.get<Market>(MARKET, { strict: false }),
    settlement: app.get(SettlementService, { strict: false }),
    listen: () => listen(app, fastify, config.host, config.port),
    close: () => app.close(),
  }
}

async function listen(app: NestFastifyApplication, fastify: FastifyInstance, host: string, port: number) {
  try {
    // Not `app.listen`, which prints the error itself before the caller can.
    await fastify.listen({ port, host })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortInUseError(host, port, { cause })
    throw cause
  }
  const address = fastify.server.address()
  const boundPort = typeof address === 'object' ? address?.port : port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`
  app.get(PublicOrigin, { strict: false }).listening(url)
  return url
}

/** Thrown when something else listens where the gateway should. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError'
  constructor(host: string, port: number, options: { cause: unknown }) {
    super(
      `port ${port} on ${host} is in use; end the program that has it, or choose another port (0 picks a free one)`,
      options,
    )
  }
}
