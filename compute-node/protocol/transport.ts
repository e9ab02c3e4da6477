import type { Hex } from '@deparrow/ledger'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { streamWindowBytesMax } from './limits.ts'
import type { PeerGuard } from './peer-guard.ts'
import { libp2pKeyOf } from './peer-identity.ts'

export type TransportOptions = {
  /** The secp256k1 key that this peer is. */
  readonly privateKey: Hex
  /** Multiaddresses to listen on; none for a peer that only dials. */
  readonly listen: readonly string[]
  readonly guard: PeerGuard
  /** Connections at the same time. */
  readonly connectionsMax: number
}

/**
 * A libp2p peer over TCP, Noise and Yamux, not started yet. Streams keep the windows of `limits.ts`; a silent connection is
 * noticed by a ping every ten seconds and cut.
 */
export async function createTransport(options: TransportOptions): Promise<Libp2p> {
  const settings: Libp2pOptions = {
    start: false,
    privateKey: libp2pKeyOf(options.privateKey),
    addresses: { listen: [...options.listen] },
    transports: [tcp({ dialOpts: { noDelay: true }, listenOpts: { noDelay: true } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: streamWindowBytesMax } })],
    nodeInfo: { name: 'deparrow', version: '0.1.0', userAgent: 'deparrow/0.1.0' },
    services: { identify: identify({ runOnConnectionOpen: false }) },
    connectionGater: options.guard.gater(),
    connectionManager: {
      maxConnections: options.connectionsMax,
      // libp2p allows 5 new connections a second of one address by default: too few for several nodes behind one router.
      inboundConnectionThreshold: 64,
      // Nodes dial again themselves, for ever and with their own backoff.
      reconnectRetries: 0,
    },
  }
  return createLibp2p(settings)
}
