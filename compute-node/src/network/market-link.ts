import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type JoinHello, joinProtocol, type RequestProtocol, request } from '../../protocol/index.ts'
import { errorText, type NodeLog } from '../daemon/node-log.ts'
import { Backoff } from './backoff.ts'

/** The first try again comes after 100 ms, so that a market that restarts is found at once; the longest wait is 30 s. */
const reconnectFirstMs = 100
const reconnectLongestMs = 30_000

const dialTimeoutMs = 10_000

export type MarketLinkParts = {
  readonly libp2p: Libp2p
  readonly addresses: readonly string[]
  /** What the node says when it joins; asked for anew each time. */
  readonly hello: () => JoinHello
  /** Called each time the market has taken the node in. */
  readonly onJoined: (connection: Connection) => void
  readonly log: NodeLog
}

/** Keeps the node joined: dials the market's addresses in turn, joins, waits for the connection to end, and again, for ever. */
export class MarketLink {
  readonly #addresses: readonly Multiaddr[]
  readonly #stopped = new AbortController()
  #connection: Connection | undefined
  #joined = Promise.withResolvers<Connection>()
  #loop: Promise<void> = Promise.resolve()

  /** Throws {@link MarketAddressError}. */
  constructor(private readonly parts: MarketLinkParts) {
    this.#addresses = parts.addresses.map(parseMarketAddress)
    if (this.#addresses.length === 0) throw new MarketAddressError('(none)')
  }

  start(): void {
    this.#loop = this.#keepJoined()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new LinkStoppedError())
    this.#connection?.abort(new LinkStoppedError())
    await this.#loop
  }

  get isJoined(): boolean {
    return this.#connection !== undefined
  }

  /** Whether a connection was made with one of the market's keys, the only ones that the node listens to. */
  isMarket(connection: Connection): boolean {
    const peerId = connection.remotePeer.toString()
    return this.#addresses.some(address => peerIdOf(address) === peerId)
  }

  /** The connection over which the node has joined, as soon as there is one. */
  async joined(signal: AbortSignal): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection
    const bounded = AbortSignal.any([signal, this.#stopped.signal])
    bounded.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const onAbort = () => aborted.reject(bounded.reason)
    bounded.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.#joined.promise, aborted.promise])
    } finally {
      bounded.removeEventListener('abort', onAbort)
    }
  }

  /** Asks the market; waits until the node is joined. Rejects when the connection breaks before the answer. */
  async ask<Request, Reply>(
    protocol: RequestProtocol<Request, Reply>,
    message: Request,
    signal: AbortSignal,
  ): Promise<Reply> {
    const bounded = AbortSignal.any([signal, this.#stopped.signal])
    return request(await this.joined(bounded), protocol, message, bounded)
  }

  async #keepJoined(): Promise<void> {
    const { signal } = this.#stopped
    const backoff = new Backoff(reconnectFirstMs, reconnectLongestMs)
    for (let turn = 0; !signal.aborted; turn++) {
      const address = this.#addresses[turn % this.#addresses.length] as Multiaddr
      const connection = await this.#join(address)
      if (connection !== undefined) {
        backoff.reset()
        await this.#untilClosed(connection)
      }
      await delay(backoff.nextMs(), undefined, { signal }).catch(() => {})
    }
  }

  async #join(address: Multiaddr): Promise<Connection | undefined> {
    const { libp2p, hello, log } = this.parts
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(dialTimeoutMs)])
    try {
      const connection = await libp2p.dial(address, { signal, force: true })
      const answer = await request(connection, joinProtocol, hello(), signal).catch(error => {
        connection.abort(error)
        throw error
      })
      if (answer.accepted) return connection
      log({ level: 'error', code: answer.code, message: `the market at ${address} refuses this node: ${answer.code}` })
      connection.close().catch(error => connection.abort(error))
    } catch (error) {
      if (this.#stopped.signal.aborted) return undefined
      const message = `the market at ${address} is not reached: ${errorText(error)}`
      log({ level: 'warn', code: 'MARKET_NOT_REACHED', message })
    }
    return undefined
  }

  async #untilClosed(connection: Connection): Promise<void> {
    const { log, onJoined } = this.parts
    const closed = new Promise<void>(resolve => connection.addEventListener('close', () => resolve(), { once: true }))
    if (connection.status !== 'open') return
    this.#connection = connection
    this.#joined.resolve(connection)
    log({ level: 'info', code: 'JOINED', message: `joined the market at ${connection.remoteAddr}` })
    onJoined(connection)
    await closed
    this.#connection = undefined
    this.#joined = Promise.withResolvers()
    if (!this.#stopped.signal.aborted)
      log({ level: 'warn', code: 'LEFT', message: 'the connection to the market ended' })
  }
}

function parseMarketAddress(text: string): Multiaddr {
  let address: Multiaddr
  try {
    address = multiaddr(text)
  } catch (cause) {
    throw new MarketAddressError(text, { cause })
  }
  if (peerIdOf(address) === undefined) throw new MarketAddressError(text)
  return address
}

function peerIdOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(component => component.name === 'p2p')?.value
}

/** Thrown when an address of the market is not a multiaddress with the market's peer id. */
export class MarketAddressError extends Error {
  override readonly name = 'MarketAddressError'
  constructor(address: string, options?: { cause: unknown }) {
    super(
      `expected the market's address as /ip4/<address>/tcp/<port>/p2p/<peer id>, found ${address.slice(0, 200)}`,
      options,
    )
  }
}

/** The reason with which waits end when the node stops. */
export class LinkStoppedError extends Error {
  override readonly name = 'LinkStoppedError'
  constructor() {
    super('the node is stopping')
  }
}
