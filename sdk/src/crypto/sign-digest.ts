import { type Address, bytesToHex, type Hex } from '@deparrow/ledger'
import { curve } from './curve.ts'
import { addressOf } from './ledger-crypto.ts'
import { addressOfPoint } from './recover-address.ts'

/**
 * Signs a digest of 32 bytes as `r ‖ s ‖ v`: deterministic (RFC 6979), `s` in the lower half, `v` 27 or 28. Throws
 * {@link SigningInputError}.
 */
export function signDigest(privateKey: Uint8Array, digest: Uint8Array): Hex {
  if (digest.length !== 32 || !curve.isPrivateKey(privateKey)) throw new SigningInputError()
  const { compact, recoveryBit } = curve.sign(digest, privateKey)
  const signature = new Uint8Array(65)
  signature.set(compact)
  signature[64] = 27 + recoveryBit
  return bytesToHex(signature)
}

/** The address of a private key; `undefined` unless that is 32 bytes, not zero and below the order of the group. */
export function addressOfPrivateKey(privateKey: Uint8Array): Address | undefined {
  return curve.isPrivateKey(privateKey) ? addressOf(addressOfPoint(curve.pointOf(privateKey))) : undefined
}

/** Thrown when something is to be signed with what is no private key, or is no digest. Carries neither. */
export class SigningInputError extends Error {
  override readonly name = 'SigningInputError'
  constructor() {
    super('expected a secp256k1 private key of 32 bytes and a digest of 32 bytes')
  }
}
