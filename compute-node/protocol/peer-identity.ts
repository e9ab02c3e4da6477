import { type Address, bytesToHex, type Hex, hexToBytes } from '@deparrow/ledger'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak_256 } from '@noble/hashes/sha3'

/**
 * The Ethereum address of the key that a connection was made with: the last 20 bytes of the Keccak-256 of the uncompressed
 * point. `undefined` when the peer uses another kind of key than secp256k1 and so cannot be a node.
 */
export function addressOfPeer(peer: PeerId): Address | undefined {
  if (peer.type !== 'secp256k1') return undefined
  const point = secp256k1.ProjectivePoint.fromHex(peer.publicKey.raw).toRawBytes(false)
  return bytesToHex(keccak_256(point.subarray(1)).subarray(12))
}

/** The same secp256k1 key as libp2p wants it. Throws {@link PrivateKeyError}. */
export function libp2pKeyOf(privateKey: Hex): PrivateKey {
  const bytes = hexToBytes(privateKey)
  if (!secp256k1.utils.isValidPrivateKey(bytes)) throw new PrivateKeyError()
  return privateKeyFromRaw(bytes)
}

/** Thrown when the caller's key is not a secp256k1 key. Never carries the key. */
export class PrivateKeyError extends Error {
  override readonly name = 'PrivateKeyError'
  constructor() {
    super('expected a secp256k1 private key: 32 bytes, not zero and below the order of the group')
  }
}
