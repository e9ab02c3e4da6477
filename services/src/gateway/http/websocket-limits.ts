import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../../config/gateway-config.ts'

/** A query text has at most 64 KiB; a subscription's variables are small. */
const messageBytesMax = 128 * 1024

/** What waits for a reader that has stopped reading; states and logs wait in mailboxes, so that this is answers to its own messages. */
const unreadBytesMax = 2 ** 20

const windowMs = 60_000

// RFC 6455, section 7.4.1, and the WebSocket registry of IANA
const policyViolation = 1008
const tryAgainLater = 1013
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const initialisationTimeout = 4408
const tooManyInitialisations = 4429

/** As much of a socket of the library `ws` as is needed here. */
type Socket = {
  readonly bufferedAmount: number
  on(event: 'message' | 'close', listener: () => void): void
  close(code: number, reason: string): void
  terminate(): void
}

type SocketServer = {
  readonly clients: ReadonlySet<Socket>
  on(event: 'connection', listener: (socket: Socket) => void): void
}

const introduced = new WeakSet<object>()

/**
 * Lets routes take WebSockets, before GraphQL would do so itself, and bounds what they cost: their number, their silence at first,
 * their messages and what they leave unread.
 */
export async function registerWebSockets(fastify: FastifyInstance, config: GatewayConfig): Promise<void> {
  await fastify.register(websocket, { options: { maxPayload: messageBytesMax } })
  const server = (fastify as unknown as { readonly websocketServer: SocketServer }).websocketServer
  server.on('connection', socket => {
    if (server.clients.size > config.connectionsMax) return socket.close(tryAgainLater, 'too many connections')
    requireIntroduction(socket, config.connectionInitTimeoutMs)
    limitMessages(socket, config.requestsPerMinuteMax)
  })
}

/** Notes that a socket has introduced itself; closes it and throws when it does so again, which would leave its first timers behind. */
export function introduce(socket: object): void {
  if (introduced.has(socket)) {
    ;(socket as Socket).close(tooManyInitialisations, 'Too many initialisation requests')
    throw new IntroducedTwiceError()
  }
  introduced.add(socket)
}

function requireIntroduction(socket: Socket, timeoutMs: number): void {
  const timer = setTimeout(() => {
    if (!introduced.has(socket)) socket.close(initialisationTimeout, 'Connection initialisation timeout')
  }, timeoutMs)
  socket.on('close', () => clearTimeout(timer))
}

function limitMessages(socket: Socket, perMinuteMax: number): void {
  let windowStartMs = performance.now()
  let messageCount = 0
  socket.on('message', () => {
    const nowMs = performance.now()
    if (nowMs - windowStartMs >= windowMs) [windowStartMs, messageCount] = [nowMs, 0]
    if (++messageCount > perMinuteMax) socket.close(policyViolation, 'too many messages')
    if (messageCount > 2 * perMinuteMax || socket.bufferedAmount > unreadBytesMax) socket.terminate()
  })
}

/** Thrown when a WebSocket introduces itself a second time. */
export class IntroducedTwiceError extends Error {
  override readonly name = 'IntroducedTwiceError'
  constructor() {
    super('the connection has introduced itself before')
  }
}
