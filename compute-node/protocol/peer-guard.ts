import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface'
import { ProtocolViolationError } from './errors.ts'
import { banMs, offencesMax, offenceWindowMs, type ProtocolLimits, peersRememberedMax } from './limits.ts'

type Bucket = { tokens: number; atMs: number }

type Conduct = {
  readonly buckets: Map<string, Bucket>
  /** When the offences of the last minute happened. */
  offencesAtMs: number[]
  bannedUntilMs: number
}

/**
 * Keeps peers within their rates and remembers what they did wrong: {@link offencesMax} offences within
 * {@link offenceWindowMs} ban a peer for {@link banMs}. Times are monotonic, so that a jumping clock bans nobody.
 */
export class PeerGuard {
  readonly #conducts = new Map<string, Conduct>()

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** Takes one message from the peer's allowance; throws {@link ProtocolViolationError} with `RATE_EXCEEDED` when it is used up. */
  takeFromAllowance(peer: PeerId, protocolId: string, limits: ProtocolLimits): void {
    const nowMs = this.monotonicMs()
    const { buckets } = this.#conductOf(peer)
    const bucket = buckets.get(protocolId) ?? { tokens: limits.burst, atMs: nowMs }
    const refilled = bucket.tokens + ((nowMs - bucket.atMs) / 1000) * limits.ratePerSecond
    bucket.tokens = Math.min(limits.burst, refilled) - 1
    bucket.atMs = nowMs
    buckets.set(protocolId, bucket)
    if (bucket.tokens >= 0) return
    bucket.tokens = 0
    throw new ProtocolViolationError('RATE_EXCEEDED', `more than ${limits.ratePerSecond} a second on ${protocolId}`)
  }

  /** Counts an offence; when it is one too many, the peer is banned and the connection is cut. */
  offended(connection: Connection): void {
    const nowMs = this.monotonicMs()
    const conduct = this.#conductOf(connection.remotePeer)
    conduct.offencesAtMs = [...conduct.offencesAtMs.filter(atMs => nowMs - atMs < offenceWindowMs), nowMs]
    if (conduct.offencesAtMs.length < offencesMax) return
    conduct.offencesAtMs = []
    conduct.bannedUntilMs = nowMs + banMs
    connection.abort(new PeerBannedError())
  }

  isBanned(peer: PeerId): boolean {
    const conduct = this.#conducts.get(peer.toString())
    return conduct !== undefined && conduct.bannedUntilMs > this.monotonicMs()
  }

  /** Refuses banned peers as soon as their key is known. */
  gater(): ConnectionGater {
    return {
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: peer => this.isBanned(peer),
      denyOutboundEncryptedConnection: peer => this.isBanned(peer),
    }
  }

  #conductOf(peer: PeerId): Conduct {
    const key = peer.toString()
    const conduct = this.#conducts.get(key) ?? { buckets: new Map(), offencesAtMs: [], bannedUntilMs: 0 }
    this.#conducts.delete(key)
    this.#conducts.set(key, conduct)
    const oldest = this.#conducts.size > peersRememberedMax ? this.#conducts.keys().next().value : undefined
    if (oldest !== undefined) this.#conducts.delete(oldest)
    return conduct
  }
}

/** The reason with which a banned peer's connection is cut. */
export class PeerBannedError extends Error {
  override readonly name = 'PeerBannedError'
  constructor() {
    super('the peer broke the protocols too often and is banned for a while')
  }
}
