import type { Address } from '../hex.ts'
import { isJudgedOnChain } from '../journal/config.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { LedgerState } from '../journal/state.ts'

/**
 * What may leave a wallet between two final epochs, in µcr. An account is credited at most this and all that there is, which is below 2^50: so
 * both halves of every statement stay below 2^63, and the sum of one never carries into the other.
 */
export const turnoverMicrocreditsMax = 1n << 62n

/** Smaller debits are not added up: of them it would take more than 2^38, which no ledger decides between two epochs. */
export const countedMicrocredits = 1n << 24n

/** `TURNOVER_EXCEEDED` when a debit would bring what has left the wallet since the newest final epoch above what a statement can show. */
export function checkTurnover(
  { config, turnover, turnoverPending }: Readonly<LedgerState>,
  wallet: Address,
  amountMicrocredits: bigint,
): LedgerRefusal | undefined {
  if (amountMicrocredits < countedMicrocredits || !isJudgedOnChain(config)) return undefined
  const usedMicrocredits = (turnover.get(wallet) ?? 0n) + (turnoverPending.get(wallet) ?? 0n)
  if (usedMicrocredits + amountMicrocredits <= turnoverMicrocreditsMax) return undefined
  return { code: 'TURNOVER_EXCEEDED', wallet, limitMicrocredits: turnoverMicrocreditsMax, usedMicrocredits }
}

/** Counts what has left a wallet. */
export function countTurnover({ config, turnover }: LedgerState, wallet: Address, amountMicrocredits: bigint): void {
  if (!isJudgedOnChain(config)) return
  turnover.set(wallet, (turnover.get(wallet) ?? 0n) + amountMicrocredits)
}

/** What was counted so far belongs to the epoch that closes. */
export function closeTurnover({ turnover, turnoverPending }: LedgerState): void {
  for (const [wallet, used] of turnover) turnoverPending.set(wallet, used)
  turnover.clear()
}

/** A pending epoch that was taken back leaves what it had to the next one. */
export function reopenTurnover({ turnover, turnoverPending }: LedgerState): void {
  for (const [wallet, used] of turnoverPending) turnover.set(wallet, (turnover.get(wallet) ?? 0n) + used)
  turnoverPending.clear()
}
