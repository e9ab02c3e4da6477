import { digestOfContentId } from '@deparrow/ledger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'
import type { ContentStore } from '../../market/content-store.port.ts'
import type { Sessions } from '../sign-in/sessions.ts'

/**
 * `PUT /content` stores the body, whatever its type, and answers `{ "cid" }`; `GET /content/:cid` gives it back. Both are for
 * signed-in wallets; a body is not read before its sender is known.
 */
export async function registerContentRoutes(
  fastify: FastifyInstance,
  parts: { readonly content: ContentStore; readonly sessions: Sessions; readonly config: GatewayConfig },
): Promise<void> {
  await fastify.register(async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.addHook('onRequest', (request, reply) => requireSession(parts.sessions, request, reply))
    scope.put('/content', { bodyLimit: parts.config.contentBytesMax }, async (request, reply) => {
      const cid = await parts.content.put(request.body instanceof Uint8Array ? request.body : new Uint8Array())
      return reply.code(201).send({ cid })
    })
    scope.get<{ Params: { cid: string } }>('/content/:cid', (request, reply) =>
      sendContent(parts.content, request.params.cid, reply),
    )
  })
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
