import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSchema, type GraphQLSchema, graphql } from 'graphql'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'

/** Resolvers of root fields by name. A member of a union names its `__typename`. */
export type Roots = Record<string, (variables: Record<string, never>) => unknown>

export type Route = (request: IncomingMessage, body: Uint8Array, response: ServerResponse) => void

export type FakeGateway = {
  readonly url: string
  readonly roots: Roots
  /** Answers instead of GraphQL or content when set. */
  hijack: Route | undefined
  readonly contents: Map<string, Uint8Array>
  readonly requests: string[]
  close(): Promise<void>
}

export const settlement = '0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0'
export const token = '0x5fbdb2315678afecb367f032d93f642f64180aa3'

const zero = '0'

/** What the fake network says about itself unless a test says otherwise. */
export const networkAnswer = {
  chainId: 31337,
  settlement,
  token,
  ledgerSigner: `0x${'11'.repeat(20)}`,
  rpcUrl: 'http://127.0.0.1:1/',
  meshAddresses: [],
  time: '2026-11-21T12:00:00.000Z',
  journal: { position: '7', hash: `0x${'22'.repeat(32)}` },
  books: {
    ...{ reserve: zero, wallets: zero, holds: zero, payables: zero, burn: zero, treasury: zero, rewards: zero },
    ...{ balanced: true, contractWei: zero, fullReserve: true },
  },
  rates: { cpuCoreHour: zero, memoryGibHour: zero, fuelCoreHour: zero, feeBasisPoints: 500, burnBasisPoints: 8000 },
}

/** A gateway on loopback that answers by the public schema: an operation that the schema does not allow fails. */
export async function startFakeGateway(roots: Roots = {}): Promise<FakeGateway> {
  const schema = publicSchema()
  const gateway: Omit<FakeGateway, 'url' | 'close'> = {
    roots: { network: () => networkAnswer, ...sessionRoots(), ...roots },
    hijack: undefined,
    contents: new Map(),
    requests: [],
  }
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    gateway.requests.push(`${request.method} ${request.url}`)
    if (gateway.hijack !== undefined) return gateway.hijack(request, body, response)
    if (request.url === '/graphql' && request.method !== 'POST') return void response.writeHead(404).end()
    if (request.url === '/graphql') return answer(response, await execute(schema, gateway.roots, body))
    return serveContent(gateway.contents, request, body, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  gateway.roots['challenge'] ??= () => ({ nonce: 'abcdefgh12345678', domain: new URL(url).host, uri: url })
  return Object.assign(gateway, {
    url,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

function sessionRoots(): Roots {
  return {
    signIn: variables => {
      const address = /0x[0-9a-fA-F]{40}/.exec(String(variables['message']))?.[0]
      return { __typename: 'Session', token: 'token-of-a-test', address, expiresAt: '2100-01-01T00:00:00.000Z' }
    },
  }
}

function publicSchema(): GraphQLSchema {
  const folder = new URL('../../../graphql/', import.meta.url)
  const files = readdirSync(folder).filter(name => name.endsWith('.graphql'))
  return buildSchema(files.map(name => readFileSync(new URL(name, folder), 'utf8')).join('\n'))
}

async function execute(schema: GraphQLSchema, rootValue: Roots, body: Uint8Array): Promise<unknown> {
  const { query, variables } = JSON.parse(new TextDecoder().decode(body))
  return graphql({ schema, source: query, rootValue, variableValues: variables })
}

function serveContent(
  contents: Map<string, Uint8Array>,
  request: IncomingMessage,
  body: Uint8Array,
  response: ServerResponse,
): void {
  if (request.headers.authorization !== 'Bearer token-of-a-test') return void response.writeHead(401).end()
  if (request.method === 'PUT') {
    const digest = createHash('sha256').update(body).digest()
    const cid = CID.createV1(raw.code, createDigest(0x12, digest)).toString()
    contents.set(cid, body)
    return answer(response, { cid })
  }
  const bytes = contents.get(String(request.url).replace('/content/', ''))
  if (bytes === undefined) response.writeHead(404).end()
  else response.end(bytes)
}

function answer(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
