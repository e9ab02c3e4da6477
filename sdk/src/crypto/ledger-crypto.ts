import { hash } from 'node:crypto'
import { type Address, isHexOf, type LedgerCrypto } from '@deparrow/ledger'
import { type Curve, curve } from './curve.ts'
import { keccak256 } from './keccak.ts'
import { recoverAddress } from './recover-address.ts'

/**
 * The ledger's cryptography at the speed of the platform: Keccak in WebAssembly, SHA-256 by Node.js, signatures by libsecp256k1; Keccak
 * and signatures in plain JavaScript where the platform lacks these. Every answer is an array of its own. Nothing in it
 * throws on a signature or a digest, whatever they are.
 */
export const ledgerCrypto: LedgerCrypto = ledgerCryptoOf(curve)

/** The same over a given implementation of the curve. */
export function ledgerCryptoOf(own: Curve): LedgerCrypto {
  return {
    keccak256,
    sha256: bytes => new Uint8Array(hash('sha256', bytes, 'buffer')),
    recoverSigner(digest, signature) {
      if (!isHexOf(signature, 65) || !(digest instanceof Uint8Array) || digest.length !== 32) return undefined
      const address = recoverAddress(own, digest, Buffer.from(signature.slice(2), 'hex'))
      return address === undefined ? undefined : addressOf(address)
    },
  }
}

/** Twenty bytes as the ledger writes an address. */
export function addressOf(bytes: Uint8Array): Address {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}
