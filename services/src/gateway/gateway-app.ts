import 'reflect-metadata'
import type { DynamicModule, LoggerService } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config/gateway-config.ts'
import type { ContentStore } from '../market/content-store.port.ts'
import { registerGatewayRoutes } from './http/gateway-routes.ts'
import { PublicOrigin } from './sign-in/public-origin.ts'

export type GatewayAppParts = {
  /** An application that contains `GatewayModule` and what it needs. */
  readonly module: DynamicModule
  readonly config: GatewayConfig
  readonly content: ContentStore
  /** Where warnings and errors go, `false` for nowhere; the default prints them without what is merely informative. */
  readonly logger?: LoggerService | false
}

export type GatewayApp = {
  /** For more routes, or requests without a socket (`inject`). */
  readonly app: NestFastifyApplication
  /** Listens, and answers with the address, such as `http://127.0.0.1:8080`. Rejects with {@link PortInUseError}. */
  listen(): Promise<string>
}

/** Builds and starts an application with its public side; it takes requests from `listen` on. */
export async function createGatewayApp(parts: GatewayAppParts): Promise<GatewayApp> {
  const { config, content, logger } = parts
  const adapter = new FastifyAdapter({
    bodyLimit: config.graphqlBodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    connectionTimeout: 2 * config.requestTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  })
  const options = logger === undefined ? { logger: ['error' as const, 'warn' as const, 'fatal' as const] } : { logger }
  const app = await NestFactory.create<NestFastifyApplication>(parts.module, adapter, options)
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  await registerGatewayRoutes(app, fastify, config, content)
  await app.init()
  await fastify.ready()
  return { app, listen: () => listen(app, fastify, config) }
}

async function listen(app: NestFastifyApplication, fastify: FastifyInstance, { host, port }: GatewayConfig) {
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
