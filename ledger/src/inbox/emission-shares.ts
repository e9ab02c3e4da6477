import type { Address } from '../hex.ts'

/** Payout wallets that share one emission at most, so that its event stays below what one write takes. */
export const emissionSharesMax = 1_000

/**
 * How an epoch's emission is shared: each payout wallet gets its part by the fees that were burnt on its nodes' receipts, rounded down, in the
 * order of the addresses. Only the {@link emissionSharesMax} wallets on which most was burnt have a part. What is left is the treasury's.
 */
export function emissionShares(
  amountMicrocredits: bigint,
  burnt: ReadonlyMap<Address, bigint>,
): readonly (readonly [Address, bigint])[] {
  const totalMicrocredits = [...burnt.values()].reduce((sum, one) => sum + one, 0n)
  if (totalMicrocredits === 0n) return []
  const most = [...burnt].sort(([a, one], [b, other]) => compare(other, one) || compare(a, b))
  return most
    .slice(0, emissionSharesMax)
    .map(([wallet, part]) => [wallet, (amountMicrocredits * part) / totalMicrocredits] as const)
    .filter(([, share]) => share > 0n)
    .sort(([a], [b]) => compare(a, b))
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
