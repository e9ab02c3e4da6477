import { disputesAbi } from '@deparrow/contracts'
import { type Hex, lowerHex } from '@deparrow/ledger'
import { demandKinds } from '@deparrow/sdk/disputes'
import type { DemandRecord, ShownDebit } from '@deparrow/sdk/watcher'
import { decodeFunctionData } from 'viem'

/**
 * What an answer to a demand of an entry has shown, out of the calldata that gave it; `undefined` when the calldata is not that answer, as when another
 * contract answers that nothing is debited.
 */
export function shownDebitIn(calldata: Hex, { question }: DemandRecord): ShownDebit | undefined {
  try {
    const { functionName, args } = decodeFunctionData({ abi: disputesAbi, data: calldata })
    if (functionName !== 'answerEntry') return undefined
    const [epoch, place, key, statement, proof, evidence] = args
    const isAsked = epoch === question.epoch && lowerHex(place) === question.place && lowerHex(key) === question.key
    return isAsked
      ? { key: question.key, statement, proof: { ...proof, key: lowerHex(proof.key) }, evidence }
      : undefined
  } catch {
    return undefined
  }
}

/** Whether a demand asked for an entry and was answered. */
export function isEntryShown({ question, state }: DemandRecord): boolean {
  return state === 'answered' && demandKinds[question.kind] === 'entry'
}
