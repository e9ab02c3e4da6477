import type { Address, Hex } from '../hex.ts'
import type { SpendPermission } from '../permission/spend-permission.ts'

/** One spend of a delegate; `microcredits` is what of it has not come back. */
export type DelegatedSpend = { readonly atMs: number; microcredits: bigint }

/** The spends that count for one cap, oldest first from `first` on, and their sum. */
type SlidingSum = { readonly minutes: number; readonly spends: DelegatedSpend[]; first: number; microcredits: bigint }

/** What the auditor knows between one wallet and one delegate. Spends are kept one by one, where the decider keeps sums of minutes. */
export type AuditedDelegation = {
  readonly delegate: Address
  permission: { readonly message: SpendPermission; readonly digest: Hex } | undefined
  /** The highest nonce that was granted or revoked. */
  nonce: bigint
  endsAtMs: number
  readonly hour: SlidingSum
  readonly day: SlidingSum
  total: bigint
}

/** How many spends may lie before the first that counts until they are dropped. */
const spendsPassedMax = 1_024

export function newDelegation(delegate: Address): AuditedDelegation {
  const hour = { minutes: 60, spends: [], first: 0, microcredits: 0n }
  const day = { minutes: 1_440, spends: [], first: 0, microcredits: 0n }
  return { delegate, permission: undefined, nonce: -1n, endsAtMs: Number.MAX_SAFE_INTEGER, hour, day, total: 0n }
}

/** Counts a spend into every sum, and gives the record by which a part of it can come back. */
export function addSpend(delegation: AuditedDelegation, atMs: number, microcredits: bigint): DelegatedSpend {
  const spend = { atMs, microcredits }
  for (const sum of [delegation.hour, delegation.day]) {
    slide(sum, atMs)
    sum.spends.push(spend)
    sum.microcredits += microcredits
  }
  delegation.total += microcredits
  return spend
}

/** Takes off at `atMs` what came back of a spend, out of every sum in which it still counts. */
export function takeBack(
  delegation: AuditedDelegation,
  spend: DelegatedSpend,
  atMs: number,
  microcredits: bigint,
): void {
  for (const sum of [delegation.hour, delegation.day]) {
    slide(sum, atMs)
    if (isCounted(sum, spend, atMs)) sum.microcredits -= microcredits
  }
  spend.microcredits -= microcredits
  delegation.total -= microcredits
}

function slide(sum: SlidingSum, atMs: number): void {
  for (let spend = sum.spends[sum.first]; spend !== undefined && !isCounted(sum, spend, atMs); ) {
    sum.microcredits -= spend.microcredits
    spend = sum.spends[++sum.first]
  }
  if (sum.first > spendsPassedMax) sum.first -= sum.spends.splice(0, sum.first).length
}

/** A spend counts in its minute and the window's minutes after it. */
function isCounted({ minutes }: SlidingSum, { atMs: spentAtMs }: DelegatedSpend, atMs: number): boolean {
  return Math.floor(atMs / 60_000) - Math.floor(spentAtMs / 60_000) <= minutes
}
