import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Forward = { readonly port: number; close(): Promise<void> }

/** Answers `GET /health`, and hands every other request on to an HTTP server on loopback, under that server's own name. */
export async function listenForward(
  address: { readonly host: string; readonly port: number },
  targetUrl: string,
): Promise<Forward> {
  const target = new URL(targetUrl)
  const server = createServer((received, response) => {
    if (received.method === 'GET' && received.url === '/health') response.end('ok')
    else handOn(received, response, target)
  })
  server.listen(address)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

function handOn(received: IncomingMessage, response: ServerResponse, target: URL): void {
  const { method, headers } = received
  const sent = request(target, { method, headers: { ...headers, host: target.host } }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  sent.once('error', () => {
    if (!response.headersSent) response.writeHead(502)
    response.end()
  })
  received.pipe(sent)
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
