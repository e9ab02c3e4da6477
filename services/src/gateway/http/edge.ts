import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'

/** Names under which the machine itself reaches a gateway that listens on loopback. */
const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * What every request passes first: limits by address, and the names under which the gateway may be addressed, so that a web page
 * cannot reach it through a visitor's browser (DNS rebinding, requests across origins).
 */
export async function registerEdge(fastify: FastifyInstance, config: GatewayConfig): Promise<void> {
  await fastify.register(rateLimit, {
    global: true,
    max: config.requestsPerMinuteMax,
    timeWindow: 60_000,
    cache: 10_000,
    errorResponseBuilder: (_request, { after }) => ({
      statusCode: 429,
      code: 'RATE_LIMITED',
      message: `Too many requests. Try again in ${after}.`,
    }),
  })
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    const problem = hostProblem(request, config)
    if (problem !== undefined) return refuse(reply, problem)
  })
}

function hostProblem(request: FastifyRequest, config: GatewayConfig): string | undefined {
  const { host, origin } = request.headers
  const publicUrl = config.publicOrigin === undefined ? undefined : new URL(config.publicOrigin)
  const name = (host ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  if (!loopbackNames.has(name) && name !== config.host && host !== publicUrl?.host) {
    return 'The gateway is not known under this host name.'
  }
  if (origin === undefined || origin === publicUrl?.origin) return undefined
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  return isOwn ? undefined : 'Requests from pages of another origin are not allowed.'
}

async function refuse(reply: FastifyReply, message: string): Promise<FastifyReply> {
  return reply.code(403).send({ code: 'FORBIDDEN', message })
}
