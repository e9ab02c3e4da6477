import { reserveShard } from '../clearing/home-of-account.ts'
import type { Address } from '../hex.ts'
import { useNonce } from '../journal/change-state.ts'
import type { EventOf } from '../journal/event.ts'
import { LedgerInvariantError } from '../journal/invariant-error.ts'
import type { LedgerState } from '../journal/state.ts'
import { causedFeeOf } from './caused-fee.ts'
import { type CausedFee, type NodeRewards, newNodeRewards, withFee } from './node-rewards.ts'

/** From its first registration on the ledger keeps what a node's bonuses are reckoned from. */
export function nodeKnown(state: LedgerState, { data, atMs }: EventOf<'NodeRegistered'>): void {
  const { node } = data.registration.message
  if (!state.rewards.has(node)) state.rewards.set(node, newNodeRewards(atMs))
}

/** Where the rewards budget is, a settled job counts at once; another shard says it to that one with the fee. */
export function jobFeeCaused(state: LedgerState, event: EventOf<'JobSettled'>): void {
  if (state.config?.shard === reserveShard) feeCaused(state, causedFeeOf(state, event), event.atMs)
}

/** Counts the fee of a settled job for its node. */
export function feeCaused(state: LedgerState, caused: CausedFee, atMs: number): void {
  if (caused.feeMicrocredits === 0n) return
  state.rewards.set(caused.node, withFee(state.rewards.get(caused.node), caused, atMs))
}

export function creditsGranted(state: LedgerState, { data }: EventOf<'CreditsGranted'>): void {
  const { treasurer, amountMicrocredits } = data.grant.message
  state.grantDay = { day: data.day, grantedMicrocredits: data.grantedMicrocredits + amountMicrocredits }
  useNonce(state, treasurer, data.grant.message)
}

export function uptimeBonusPaid(state: LedgerState, { data }: EventOf<'UptimeBonusPaid'>): void {
  const rewards = rewardsOf(state, data.node)
  const days = rewards.days.filter(({ day }) => day !== data.day)
  state.rewards.set(data.node, { ...rewards, days, feesMicrocredits: feesLeft(rewards, data) })
}

export function referralRecorded(state: LedgerState, { data }: EventOf<'ReferralRecorded'>): void {
  const { node, referrer } = data.referral.message
  const referral = { referrer, paidMicrocredits: 0n, lastPaidDay: undefined }
  state.rewards.set(node, { ...rewardsOf(state, node), referral })
}

export function referralBonusPaid(state: LedgerState, { data }: EventOf<'ReferralBonusPaid'>): void {
  const rewards = rewardsOf(state, data.node)
  const paidMicrocredits = data.paidMicrocredits + data.amountMicrocredits
  const referral = { referrer: data.referrer, paidMicrocredits, lastPaidDay: data.day }
  state.rewards.set(data.node, { ...rewards, referral, feesMicrocredits: feesLeft(rewards, data) })
}

function feesLeft(rewards: NodeRewards, { countedMicrocredits }: { readonly countedMicrocredits: bigint }): bigint {
  const left = rewards.feesMicrocredits - countedMicrocredits
  if (left < 0n) throw new LedgerInvariantError(`fees are counted twice for a bonus: ${left} µcr would be left`)
  return left
}

function rewardsOf(state: LedgerState, node: Address): NodeRewards {
  const rewards = state.rewards.get(node)
  if (rewards === undefined) throw new LedgerInvariantError(`no rewards are kept for node ${node}`)
  return rewards
}
