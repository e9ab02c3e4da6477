import { type Clock, digestOfContentId } from '@deparrow/ledger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import { type ContentStore, ContentStoreFullError } from '../../market/content-store.port.ts'
import type { Sessions } from '../sign-in/sessions.ts'
import { ContentQuota } from './content-quota.ts'

type ContentParts = {
  readonly content: ContentStore
  readonly sessions: Sessions
  readonly config: GatewayConfig
  readonly clock: Clock
}

/**
 * `PUT /content` stores the body, whatever its type, and answers `{ "cid" }`; `GET /content/:cid` gives it back. Both are for
 * signed-in wallets; a body is not read before its sender is known. Each wallet has its allowance for a day.
 */
export async function registerContentRoutes(fastify: FastifyInstance, parts: ContentParts): Promise<void> {
  const quota = new ContentQuota(parts.config.contentBytesPerDayMax)
  await fastify.register(async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onRequest', (request, reply) => requireSession(parts.sessions, request, reply))
    scope.put('/content', { bodyLimit: parts.config.contentBytesMax }, (request, reply) =>
      storeContent(parts, quota, request, reply),
    )
    scope.get<{ Params: { cid: string } }>('/content/:cid', (request, reply) =>
      sendContent(parts.content, request.params.cid, reply),
    )
  })
}

async function storeContent(parts: ContentParts, quota: ContentQuota, request: FastifyRequest, reply: FastifyReply) {
  const wallet = await parts.sessions.wallet(request.headers.authorization)
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  if (wallet === undefined || !quota.take(wallet, bytes.length, parts.clock.nowMs())) {
    const message = `A wallet may send ${parts.config.contentBytesPerDayMax} bytes a day. Go on after midnight UTC.`
    return reply.code(429).send({ code: 'CONTENT_QUOTA_USED', message })
  }
  try {
    return await reply.code(201).send({ cid: await parts.content.put(bytes) })
  } catch (error) {
    if (!(error instanceof ContentStoreFullError)) throw error
    return reply.code(507).send({ code: 'CONTENT_STORE_FULL', message: error.message })
  }
}

async function sendContent(content: ContentStore, cid: string, reply: FastifyReply): Promise<FastifyReply> {
  const bytes = digestOfContentId(cid) === undefined ? undefined : await content.get(cid)
  if (bytes === undefined) {
    return reply.code(404).send({ code: 'CONTENT_NOT_STORED', message: 'There is no such content here.' })
  }
  return reply
    .header('content-type', 'application/octet-stream')
    .header('content-disposition', 'attachment')
    .header('cache-control', 'private, max-age=31536000, immutable')
    .header('etag', `"${cid}"`)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

async function requireSession(sessions: Sessions, request: FastifyRequest, reply: FastifyReply) {
  if ((await sessions.wallet(request.headers.authorization)) !== undefined) return
  return reply
    .code(401)
    .header('www-authenticate', 'Bearer')
    .send({ code: 'UNAUTHENTICATED', message: 'Sign in first, then send the token as Authorization: Bearer.' })
}
