import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { finished } from 'node:stream/promises'
import { LocalChainPortInUseError } from './errors.ts'
import { answerMessage, type RpcCall } from './json-rpc.ts'
import { isLoopbackHost } from './loopback.ts'

/** Bytes of one body: room for a batch of deployments (EIP-3860: 48 KiB of code each, twice that in hex). */
export const BODY_BYTES_MAX = 1024 * 1024

/** Clients of a development chain are a handful of processes. */
const CONNECTIONS_MAX = 256

/** A loopback client that needs longer for its request has hung. */
const REQUEST_TIMEOUT_MS = 10_000

export type RpcServer = {
  port: number
  /** Takes no more requests, answers those that have arrived in full, then resolves. */
  close(): Promise<void>
}

const BODY_TOO_LARGE: Refusal = { status: 413, message: `A body has at most ${BODY_BYTES_MAX} bytes.` }

type Refusal = { status: number; message: string }

/**
 * JSON-RPC over HTTP POST. A request must name a loopback host and send JSON: so a web page can neither reach the
 * chain through a name of its own that it points at this machine, nor post to it across origins.
 * Throws {@link LocalChainPortInUseError}.
 */
export async function listenRpc(address: { host: string; port: number }, call: RpcCall): Promise<RpcServer> {
  const underWay = new Map<IncomingMessage, Promise<void>>()
  const server = createServer((request, response) => {
    const answered = answer(request, response, call).finally(() => underWay.delete(request))
    underWay.set(request, answered)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.requestTimeout = REQUEST_TIMEOUT_MS
  await listen(server, address)
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const request of underWay.keys()) if (!request.complete) request.destroy()
      await Promise.all(underWay.values())
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new LocalChainPortInUseError({ host, port, cause })
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, call: RpcCall): Promise<void> {
  try {
    const refusal = refuse(request)
    if (refusal !== undefined) return endRefused(response, refusal)
    const body = await readBody(request)
    if (body === undefined)
      return endRefused(response, { status: 413, message: `A body has at most ${BODY_BYTES_MAX} bytes.` })
    const answered = await answerMessage(body, call)
    if (answered === undefined) response.writeHead(204).end()
    else endJson(response, 200, answered)
    await finished(response)
  } catch {
    // The client went away in the middle: nobody is left to tell.
    response.destroy()
  }
}

function refuse(request: IncomingMessage): Refusal | undefined {
  if (!isLoopbackHost(request.headers.host))
    return { status: 403, message: 'The Host header must name a loopback address.' }
  if (request.method !== 'POST') return { status: 405, message: 'JSON-RPC comes as POST.' }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return { status: 415, message: 'The Content-Type must be application/json.' }
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return BODY_TOO_LARGE
  return undefined
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function endRefused(response: ServerResponse, { status, message }: Refusal): void {
  response.setHeader('connection', 'close')
  endJson(response, status, { error: message })
}

function endJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
