import type { Curve } from './curve.ts'
import { keccak256 } from './keccak.ts'

/** Half of the order of secp256k1, rounded down, big-endian: a larger `s` is the second form of a signature (EIP-2). */
const halfOrder = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex')

/**
 * The 20 bytes of the address whose key made the signature `r ‖ s ‖ v` of 65 bytes over a digest of 32; `undefined` unless `v` is 27 or
 * 28, `s` is in the lower half (EIP-2) and there is such a key. Never throws; the lengths are the caller's to have checked.
 */
export function recoverAddress(curve: Curve, digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const v = signature[64]
  if (v !== 27 && v !== 28) return undefined
  if (Buffer.compare(signature.subarray(32, 64), halfOrder) > 0) return undefined
  const point = curve.recover(digest, signature.subarray(0, 64), v === 27 ? 0 : 1)
  return point === undefined ? undefined : addressOfPoint(point)
}

/** The last 20 bytes of the Keccak hash of a point's x and y. */
export function addressOfPoint(point: Uint8Array): Uint8Array {
  return keccak256(point.subarray(1)).subarray(12)
}
