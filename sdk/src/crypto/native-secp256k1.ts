import { randomBytes } from 'node:crypto'

/** Bitcoin Core's libsecp256k1. Every function throws when an argument or the outcome is not valid. */
export type NativeSecp256k1 = {
  /** Blinds what is computed with secrets against side channels; wants 32 random bytes. */
  contextRandomize(seed: Uint8Array): void
  privateKeyVerify(privateKey: Uint8Array): boolean
  /** The point of 65 bytes, when `compressed` is false. */
  publicKeyCreate(privateKey: Uint8Array, compressed: false): Uint8Array
  /** Deterministic (RFC 6979), `s` in the lower half. */
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number }
  /** The point of 65 bytes, when `compressed` is false. Takes `s` of both halves. */
  ecdsaRecover(compact: Uint8Array, recoveryBit: number, digest: Uint8Array, compressed: false): Uint8Array
}

/**
 * The native library, where the package has a build for this platform (glibc and musl Linux on x64, macOS on arm64, Windows on x64);
 * `undefined` elsewhere. The bindings are loaded by themselves: the package's own entry falls back to a JavaScript library that is
 * slower than ours and would go unnoticed.
 */
export const nativeSecp256k1: NativeSecp256k1 | undefined = await loadNative(() => import('secp256k1/bindings.js'))

/** The bindings that `load` imports, made ready; `undefined` when they cannot be loaded. */
export async function loadNative(
  load: () => Promise<{ readonly default: NativeSecp256k1 }>,
): Promise<NativeSecp256k1 | undefined> {
  try {
    const { default: native } = await load()
    native.contextRandomize(randomBytes(32))
    return native
  } catch {
    return undefined
  }
}
