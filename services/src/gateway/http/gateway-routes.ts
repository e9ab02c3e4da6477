import type { Clock, Ledger } from '@deparrow/ledger'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { ContentStore } from '../../market/content-store.port.ts'
import { CLOCK, LEDGER } from '../../tokens.ts'
import { Sessions } from '../sign-in/sessions.ts'
import { registerContentRoutes } from './content-routes.ts'
import { registerEdge } from './edge.ts'
import { registerExplorer } from './explorer.ts'
import { HttpMetrics } from './http-metrics.ts'
import { registerJournalExport } from './journal-export.ts'
import { registerWebSockets } from './websocket-limits.ts'

/** What the gateway serves besides its resolvers and controllers, and what every request passes first. */
export async function registerGatewayRoutes(
  app: NestFastifyApplication,
  fastify: FastifyInstance,
  config: GatewayConfig,
  content: ContentStore,
): Promise<void> {
  const sessions = app.get(Sessions, { strict: false })
  const metrics = app.get(HttpMetrics, { strict: false })
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000)
  })
  await registerEdge(fastify, config)
  registerExplorer(fastify)
  await registerWebSockets(fastify, config)
  registerJournalExport(fastify, { ledger: app.get<Ledger>(LEDGER, { strict: false }), config })
  const clock = app.get<Clock>(CLOCK, { strict: false })
  await registerContentRoutes(fastify, { content, sessions, config, clock })
}
