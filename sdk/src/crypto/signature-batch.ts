import { type Address, type Hex, isHexOf } from '@deparrow/ledger'
import { digestBytes, pairBytes, signatureBytes } from './answer-pairs.ts'
import { addressOf } from './ledger-crypto.ts'

/** A digest and the signature over it, both as they came from outside. */
export type SignaturePair = { readonly digest: Uint8Array; readonly signature: Hex }

/** Writes pairs into one buffer. What is no digest or no signature by its form becomes a pair that recovers nobody. */
export function encodePairs(pairs: readonly SignaturePair[]): ArrayBuffer {
  const memory = new ArrayBuffer(pairs.length * pairBytes)
  const batch = Buffer.from(memory)
  pairs.forEach(({ digest, signature }, index) => {
    if (!(digest instanceof Uint8Array) || digest.length !== digestBytes || !isHexOf(signature, signatureBytes)) return
    batch.set(digest, index * pairBytes)
    batch.write(signature.slice(2), index * pairBytes + digestBytes, 'hex')
  })
  return memory
}

/** Reads what `answerPairs` wrote. */
export function decodeAnswers(batch: ArrayBuffer): readonly (Address | undefined)[] {
  return Array.from({ length: batch.byteLength / pairBytes }, (_, index) => {
    const answer = new Uint8Array(batch, index * pairBytes, pairBytes)
    return answer[0] === 1 ? addressOf(answer.subarray(1, 21)) : undefined
  })
}
