import { signatureSecondsMax } from '../account/transfer.ts'
import { zeroAddress } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { grantType } from '../rewards/grant.ts'
import { referralType } from '../rewards/referral.ts'
import { type AuditedNode, forgetDay, nodeOf, payableHours, utcDay } from './audited-rewards.ts'
import { type Audit, amountProblem, deadlineProblem, expectEntries, isSignedBy, nonceProblem } from './checks.ts'

type BonusEvent = EventOf<'UptimeBonusPaid'> | EventOf<'ReferralBonusPaid'>

/** A referral is taken within 30 days. */
const referralMs = 30 * 86_400_000

export function creditsGrantProblem(audit: Audit, event: EventOf<'CreditsGranted'>): string | undefined {
  const { books, config } = audit
  const { grant, day, grantedMicrocredits, limitMicrocredits, budgetMicrocredits } = event.data
  const { treasurer, wallet, amountMicrocredits, reason, deadline } = grant.message
  if (treasurer !== config.treasurer || treasurer === zeroAddress) return 'grants for somebody who is not the treasurer'
  if (!isSignedBy(audit, grantType, grant, treasurer)) return 'the treasurer did not sign the grant'
  if (wallet === zeroAddress || reason.length > 256) return 'grants to nobody, or for a reason too long'
  const { granted } = books.rewards
  const before = granted.day === day ? granted.totalMicrocredits : 0n
  if (day !== utcDay(event) || grantedMicrocredits !== before) return 'counts the day’s grants wrongly'
  if (limitMicrocredits !== config.rewards.grantDayMicrocreditsMax) return 'names another cap than holds'
  if (before + amountMicrocredits > limitMicrocredits) return 'grants more than the day’s cap'
  books.rewards.granted = { day, totalMicrocredits: before + amountMicrocredits }
  return (
    amountProblem(amountMicrocredits) ??
    deadlineProblem(event, deadline, signatureSecondsMax) ??
    budgetProblem(audit, budgetMicrocredits, amountMicrocredits) ??
    nonceProblem(books, treasurer, grant.message) ??
    expectEntries(event, { rewards: -amountMicrocredits, [`wallet:${wallet}`]: amountMicrocredits })
  )
}

export function referralProblem(audit: Audit, event: EventOf<'ReferralRecorded'>): string | undefined {
  const { referral } = event.data
  const { node, wallet, referrer, deadline } = referral.message
  const { nodes } = audit.books.rewards
  const seen = nodes.get(node)
  if (seen === undefined || audit.books.payoutWallets.get(node) !== wallet) return 'is not of the node’s payout wallet'
  if (!isSignedBy(audit, referralType, referral, wallet)) return 'the payout wallet did not sign the referral'
  if ([node, wallet, zeroAddress].includes(referrer)) return 'names the node’s own side as its referrer'
  if (seen.referrer !== undefined) return 'names a second referrer'
  if (event.atMs - seen.firstSeenMs > referralMs) return 'names a referrer more than 30 days after the node was known'
  seen.referrer = referrer
  return deadlineProblem(event, deadline, signatureSecondsMax) ?? expectEntries(event, {})
}

export function uptimeProblem(audit: Audit, event: EventOf<'UptimeBonusPaid'>): string | undefined {
  const { node, day, payoutWallet, hours, amountMicrocredits } = event.data
  const seen = nodeOf(audit.books, node, event.atMs)
  if (audit.books.payoutWallets.get(node) !== payoutWallet) return 'pays a wallet that is not the node’s'
  if (hours !== payableHours(seen, day, utcDay(event))) return `pays ${hours} hours of day ${day}`
  const problem = bonusProblem(audit, seen, event, uptimeLimit(audit, hours))
  forgetDay(seen, day)
  const moved = { rewards: -amountMicrocredits, [`wallet:${payoutWallet}`]: amountMicrocredits }
  return problem ?? expectEntries(event, moved)
}

export function referralBonusProblem(audit: Audit, event: EventOf<'ReferralBonusPaid'>): string | undefined {
  const { node, day, referrer, paidMicrocredits, amountMicrocredits } = event.data
  const seen = nodeOf(audit.books, node, event.atMs)
  if (seen.referrer === undefined || seen.referrer !== referrer) return 'pays somebody who referred nobody'
  if (day !== utcDay(event) || seen.referralDay === day) return 'pays a referral twice in a day'
  if (isUptimeDue(audit, seen, event)) return 'pays a referral before the node’s own bonus'
  if (paidMicrocredits !== seen.referralPaidMicrocredits) return 'counts what was paid for the referral wrongly'
  const max = audit.config.rewards.referralMicrocreditsMax
  const problem = bonusProblem(audit, seen, event, max > paidMicrocredits ? max - paidMicrocredits : 0n)
  seen.referralPaidMicrocredits += amountMicrocredits
  seen.referralDay = day
  return problem ?? expectEntries(event, { rewards: -amountMicrocredits, [`wallet:${referrer}`]: amountMicrocredits })
}

/** The amount must be the largest that its limit, the uncounted fees’ share and the budget all allow, and count the fewest fees. */
function bonusProblem(audit: Audit, seen: AuditedNode, { data }: BonusEvent, limit: bigint): string | undefined {
  const { amountMicrocredits: amount, countedMicrocredits: counted } = data
  const share = BigInt(audit.config.rewards.bonusShareBasisPoints)
  const fees = seen.causedMicrocredits - seen.countedMicrocredits
  if (data.limitMicrocredits !== limit) return `names ${data.limitMicrocredits} µcr as the most, it is ${limit} µcr`
  if (data.feesMicrocredits !== fees) return `names ${data.feesMicrocredits} µcr of fees, there are ${fees} µcr`
  if (BigInt(data.shareBasisPoints) !== share) return 'names another share than holds'
  const unfunded = budgetProblem(audit, data.budgetMicrocredits, amount)
  if (unfunded !== undefined) return unfunded
  const isAllowed = (candidate: bigint) =>
    candidate <= limit && candidate * 10_000n <= fees * share && candidate <= data.budgetMicrocredits
  if (amount <= 0n || !isAllowed(amount)) return `pays ${amount} µcr, which is more than is due`
  if (isAllowed(amount + 1n)) return `pays ${amount} µcr, which is less than is due`
  const covers = (candidate: bigint) => candidate * share >= amount * 10_000n
  if (!covers(counted) || covers(counted - 1n)) return `counts ${counted} µcr of fees for ${amount} µcr`
  seen.countedMicrocredits += counted
  return seen.countedMicrocredits <= seen.causedMicrocredits ? undefined : 'counts fees that no job caused'
}

/** The entries of the event are in the balances already. */
function budgetProblem({ books }: Audit, named: bigint, taken: bigint): string | undefined {
  const budget = (books.balances.get('rewards') ?? 0n) + taken
  return named === budget ? undefined : `names a budget of ${named} µcr, it was ${budget} µcr`
}

function uptimeLimit({ config }: Audit, hours: number): bigint {
  return (config.rewards.uptimeDayMicrocreditsMax * BigInt(hours)) / 24n
}

/** Whether a day that is over has at least 1 µcr to be paid for. */
function isUptimeDue(audit: Audit, seen: AuditedNode, event: LedgerEvent): boolean {
  const { config, books } = audit
  const fees = seen.causedMicrocredits - seen.countedMicrocredits
  const paidNow = event.type === 'ReferralBonusPaid' ? event.data.amountMicrocredits : 0n
  const isFunded = (books.balances.get('rewards') ?? 0n) + paidNow > 0n
  if (!isFunded || fees * BigInt(config.rewards.bonusShareBasisPoints) < 10_000n) return false
  const days = new Set([...seen.hours].map(hour => Math.floor(hour / 24)))
  return [...days].some(day => uptimeLimit(audit, payableHours(seen, day, utcDay(event))) > 0n)
}
