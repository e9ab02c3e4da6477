import { curve } from './curve.ts'
import { recoverAddress } from './recover-address.ts'

export const digestBytes = 32

export const signatureBytes = 65

/** One pair in a batch: the digest, then the signature. The answer takes its place: 1, then the address; or 0 for nobody. */
export const pairBytes = digestBytes + signatureBytes

/** Recovers the signer of each pair of a batch and writes the answer in the pair's place. */
export function answerPairs(batch: ArrayBuffer): void {
  for (let offset = 0; offset + pairBytes <= batch.byteLength; offset += pairBytes) {
    const pair = new Uint8Array(batch, offset, pairBytes)
    const address = recoverAddress(curve, pair.subarray(0, digestBytes), pair.subarray(digestBytes))
    pair[0] = address === undefined ? 0 : 1
    if (address !== undefined) pair.set(address, 1)
  }
}
