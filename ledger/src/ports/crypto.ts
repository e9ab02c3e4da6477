import type { Address, Hex } from '../hex.ts'

/**
 * The cryptography that the ledger needs, given to it so that it depends on no package. Both functions are synchronous
 * and pure: the same input gives the same output on every machine and in every year.
 */
export type LedgerCrypto = {
  /** Keccak-256 as Ethereum uses it (the original padding, not FIPS 202's). */
  keccak256(bytes: Uint8Array): Uint8Array
  /** SHA-256 (FIPS 180-4). */
  sha256(bytes: Uint8Array): Uint8Array
  /**
   * The lower-case address whose key made a 65-byte `r ‖ s ‖ v` signature over a 32-byte digest, or `undefined` when there
   * is none. `v` is 27 or 28; `s` in the upper half of the group order is refused (EIP-2), so that a signature has one form.
   */
  recoverSigner(digest: Uint8Array, signature: Hex): Address | undefined
}
