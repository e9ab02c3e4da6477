import type { PosterAlarm } from './poster-step.ts'
import type { PosterView } from './token-chain.port.ts'

/** Of a transaction that posts a part, see `rowsPerPart`. */
const partGas = 1_000_000n

/** Of the statement and the answer that one demand takes. */
const answerGas = 2_000_000n

/** Demands that can be answered out of what the poster has, before somebody has to look. */
const answersMin = 4

/** Transactions offer twice the base fee, and a chain takes none whose whole offer its account cannot pay. */
const feeFactor = 2n

/**
 * The alarm when the poster's account has less of the chain's coin than the next part and answers cost at the present price of gas: to as many demands as are
 * open, and to four at least.
 */
export function coinAlarmOn({ coinWei, feePerGasWei, epoch }: PosterView): PosterAlarm | undefined {
  const answers = BigInt(Math.max(epoch.openDemands, answersMin))
  const neededWei = (partGas + answers * answerGas) * feePerGasWei * feeFactor
  return coinWei >= neededWei ? undefined : { code: 'POSTER_COIN_LOW', coinWei, neededWei }
}
