import { keccak_256 } from '@noble/hashes/sha3'
import { createKeccak } from 'hash-wasm'

/** A one-shot hash: the answer is a fresh array that the caller owns. */
export type Hash = (bytes: Uint8Array) => Uint8Array

/** Keccak-256 in plain JavaScript; ten times slower than WebAssembly, and there on every platform. */
export const keccak256Portable: Hash = bytes => keccak_256(bytes)

/**
 * Keccak-256 as Ethereum uses it (the original padding, not FIPS 202's): in WebAssembly, or in plain JavaScript on a platform that
 * does not compile it. Both give the same bytes.
 */
export const keccak256: Hash = (await loadKeccak(createKeccak)) ?? keccak256Portable

/** Keccak-256 by what `create` gives; `undefined` where that cannot be had. */
export async function loadKeccak(create: typeof createKeccak): Promise<Hash | undefined> {
  try {
    const hasher = await create(256)
    return bytes => {
      hasher.init()
      hasher.update(bytes)
      return hasher.digest('binary')
    }
  } catch {
    return undefined
  }
}
