import type { PosterAlarm } from './poster-step.ts'
import type { PosterView } from './token-chain.port.ts'

/** Limit of a transaction that posts a part, see `rowsPerPart`: what was measured on the dearest hardfork, and a quarter. */
export const partGas = 2_100_000n

/** Of the limit of a transaction that registers payees: what was measured for each, and a quarter. */
export const payeeGas = 60_000n

/** Limits of the statement and the answer that one demand takes, with deep trees and long evidence: some three times what was measured. */
export const answerGas = 2_000_000n

/** Demands that can be answered out of what the poster has, before somebody has to look. */
const answersMin = 4

/** Transactions offer twice the base fee, and a chain takes none whose whole offer its account cannot pay. */
const feeFactor = 2n

/**
 * The alarm when the poster's account has less of the chain's coin than the next part, or the payees to register, and answers cost at the present
 * price of gas: to as many demands as are open, and to four at least.
 */
export function coinAlarmOn({ coinWei, feePerGasWei, epoch, unregistered }: PosterView): PosterAlarm | undefined {
  const answers = BigInt(Math.max(epoch.openDemands, answersMin))
  const payeesGas = BigInt(unregistered.length) * payeeGas
  const callGas = payeesGas > partGas ? payeesGas : partGas
  const neededWei = (callGas + answers * answerGas) * feePerGasWei * feeFactor
  return coinWei >= neededWei ? undefined : { code: 'POSTER_COIN_LOW', coinWei, neededWei }
}
