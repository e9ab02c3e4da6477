import type { Address } from '../hex.ts'
import { walletAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import { move } from '../journal/entry.ts'
import { dueUptimeDays, isPayable, referralBonus, uptimeBonus } from './bonus.ts'
import { dayOf, hourCount } from './node-rewards.ts'

/** Nobody signs these: rule, amount and receiver follow from the journal. */
export type BonusCommand = Extract<LedgerCommand, { type: 'PayUptimeBonus' | 'PayReferralBonus' }>

/** Bonuses that {@link dueBonuses} names at most. */
const dueMax = 1_000

/**
 * Pays a node's payout wallet for the hours of a day in which the node completed a paid job, once for each node and day. Refusals in
 * order: `UNKNOWN_NODE`, `BONUS_NOT_DUE`.
 */
export function payUptimeBonus({ state, nowMs }: DecisionContext, node: Address, day: number): Decision {
  const payoutWallet = state.nodes.get(node)?.payoutWallet
  const rewards = state.rewards.get(node)
  if (payoutWallet === undefined || rewards === undefined) return refuse({ code: 'UNKNOWN_NODE', node })
  if (day >= dayOf(nowMs)) return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'dayNotOver' })
  const worked = rewards.days.find(candidate => candidate.day === day)
  const bonus = uptimeBonus(state, rewards, day)
  if (worked === undefined || !isPayable(day, dayOf(nowMs)) || bonus.amountMicrocredits === 0n) {
    return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'nothingToPay' })
  }
  return accept({
    type: 'UptimeBonusPaid',
    data: { node, day, payoutWallet, hours: hourCount(worked), ...bonus },
    entries: move('rewards', walletAccount(payoutWallet), bonus.amountMicrocredits),
  })
}

/**
 * Pays whoever referred a node, once a day at most, out of what the node's uptime bonuses leave of the fee share. Refusals in order:
 * `UNKNOWN_NODE`, `BONUS_NOT_DUE`.
 */
export function payReferralBonus({ state, nowMs }: DecisionContext, node: Address): Decision {
  const rewards = state.rewards.get(node)
  if (rewards === undefined) return refuse({ code: 'UNKNOWN_NODE', node })
  const { referral } = rewards
  const day = dayOf(nowMs)
  if (referral === undefined) return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'noReferrer' })
  if (referral.lastPaidDay === day) return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'paidToday' })
  if (dueUptimeDays(state, rewards, nowMs).length > 0) {
    return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'uptimeFirst' })
  }
  const bonus = referralBonus(state, rewards)
  if (bonus.amountMicrocredits === 0n) return refuse({ code: 'BONUS_NOT_DUE', node, reason: 'nothingToPay' })
  const { referrer, paidMicrocredits } = referral
  return accept({
    type: 'ReferralBonusPaid',
    data: { node, day, referrer, paidMicrocredits, ...bonus },
    entries: move('rewards', walletAccount(referrer), bonus.amountMicrocredits),
  })
}

/** The bonuses that could be paid now, uptime before referral: what a ledger's service submits. At most 1 000 at once. */
export function dueBonuses({ state, nowMs }: Pick<DecisionContext, 'state' | 'nowMs'>): readonly BonusCommand[] {
  const due: BonusCommand[] = []
  for (const [node, rewards] of state.rewards) {
    if (due.length >= dueMax) break
    if (rewards.feesMicrocredits === 0n) continue
    const days = dueUptimeDays(state, rewards, nowMs)
    for (const day of days) due.push({ type: 'PayUptimeBonus', node, day })
    const isOpen = rewards.referral !== undefined && rewards.referral.lastPaidDay !== dayOf(nowMs)
    const isDue = isOpen && days.length === 0 && referralBonus(state, rewards).amountMicrocredits > 0n
    if (isDue) due.push({ type: 'PayReferralBonus', node })
  }
  return due
}
