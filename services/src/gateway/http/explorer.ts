import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type RuruClientConfig, ruruHTML } from 'ruru/server'
import { getStaticFile } from 'ruru/static'

const assetsPath = '/explorer/assets/'

const firstQuery = `# The network, as it stands. Press Ctrl-Enter.
query Network {
  network {
    chainId
    journal { position hash }
    books { reserve wallets holds payables burn treasury rewards balanced fullReserve }
  }
  nodes { address online engines slotsMax jobsRunning }
}
`

/** Serves the explorer to browsers at `GET /graphql`; all that it loads comes from this server. */
export function registerExplorer(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request, reply) => {
    if (isPageRequest(request)) return sendPage(reply)
  })
  fastify.get<{ Params: { '*': string } }>(`${assetsPath}*`, async (request, reply) => {
    const file = await getStaticFile({
      staticPath: assetsPath,
      urlPath: `${assetsPath}${request.params['*']}`,
      acceptEncoding: request.headers['accept-encoding'],
      disallowDevAssets: true,
    })
    if (file === null) return reply.code(404).send({ code: 'NOT_FOUND', message: 'There is no such file.' })
    return reply.headers(file.headers).header('cache-control', 'max-age=3600').send(file.content)
  })
}

function isPageRequest(request: FastifyRequest): boolean {
  const { accept, upgrade } = request.headers
  return request.method === 'GET' && request.url === '/graphql' && !upgrade && (accept ?? '').includes('text/html')
}

async function sendPage(reply: FastifyReply): Promise<FastifyReply> {
  const nonce = randomBytes(16).toString('base64')
  const html = ruruHTML({
    endpoint: '/graphql',
    staticPath: assetsPath,
    clientConfig: { defaultQuery: firstQuery } as RuruClientConfig,
    htmlParts: { titleTag: '<title>DEparrow GraphQL</title>' },
  }).replaceAll('<script', `<script nonce="${nonce}"`)
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', contentSecurityPolicy(nonce))
    .header('referrer-policy', 'no-referrer')
    .send(html)
}

/** The editor sets styles and starts workers from this origin; nothing else is loaded, and nobody may frame the page. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
