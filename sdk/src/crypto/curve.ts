import { secp256k1 } from '@noble/curves/secp256k1'
import { type NativeSecp256k1, nativeSecp256k1 } from './native-secp256k1.ts'

/** What signing and recovering need of the group of secp256k1. Points are 65 bytes: 4, x, y. */
export type Curve = {
  /** Whether this is 32 bytes, not zero and below the order of the group. */
  isPrivateKey(privateKey: Uint8Array): boolean
  /** The point of a private key. Throws when that is none. */
  pointOf(privateKey: Uint8Array): Uint8Array
  /** Deterministic (RFC 6979), with `s` in the lower half. Throws when the key or the digest is none. */
  sign(digest: Uint8Array, privateKey: Uint8Array): { readonly compact: Uint8Array; readonly recoveryBit: number }
  /**
   * The point whose key signed a digest of 32 bytes with `compact` (r ‖ s, 64 bytes); `undefined` when r or s is out of range, r is the
   * x of no point or the point is the one at infinity. Takes `s` of both halves.
   */
  recover(digest: Uint8Array, compact: Uint8Array, recoveryBit: 0 | 1): Uint8Array | undefined
}

/** The curve in plain JavaScript. */
export const portableCurve: Curve = {
  isPrivateKey: privateKey => secp256k1.utils.isValidPrivateKey(privateKey),
  pointOf: privateKey => secp256k1.getPublicKey(privateKey, false),
  sign(digest, privateKey) {
    const signature = secp256k1.sign(digest, privateKey, { lowS: true })
    return { compact: signature.toCompactRawBytes(), recoveryBit: signature.recovery }
  },
  recover(digest, compact, recoveryBit) {
    return orUndefined(() =>
      secp256k1.Signature.fromCompact(compact).addRecoveryBit(recoveryBit).recoverPublicKey(digest).toRawBytes(false),
    )
  },
}

/** The curve by a native library. */
export function nativeCurve(native: NativeSecp256k1): Curve {
  return {
    isPrivateKey: privateKey => privateKey.length === 32 && native.privateKeyVerify(privateKey),
    pointOf: privateKey => native.publicKeyCreate(privateKey, false),
    sign(digest, privateKey) {
      const { signature, recid } = native.ecdsaSign(digest, privateKey)
      return { compact: signature, recoveryBit: recid }
    },
    recover(digest, compact, recoveryBit) {
      return orUndefined(() => native.ecdsaRecover(compact, recoveryBit, digest, false))
    },
  }
}

/** The fastest curve of this platform: native (0.07 ms a recovery), or plain JavaScript (1.7 ms). */
export const curve: Curve = nativeSecp256k1 === undefined ? portableCurve : nativeCurve(nativeSecp256k1)

function orUndefined<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}
