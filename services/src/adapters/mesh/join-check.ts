import type { JoinHello } from '@deparrow/compute-node/protocol'
import { addressOfPeer } from '@deparrow/compute-node/protocol'
import type { PeerId } from '@libp2p/interface'

/**
 * Why a hello does not fit the connection that it came over. One key is the node: the address in the hello, the node that
 * registers and the libp2p peer must all be the same secp256k1 key.
 */
export function hellosMismatch(hello: JoinHello, peer: PeerId): 'IDENTITY_MISMATCH' | undefined {
  const isSameKey =
    addressOfPeer(peer) === hello.address &&
    hello.peerId === peer.toString() &&
    hello.registration.message.node === hello.address
  return isSameKey ? undefined : 'IDENTITY_MISMATCH'
}
