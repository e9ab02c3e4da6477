import { signatureSecondsMax } from '../account/transfer.ts'
import { zeroAddress } from '../hex.ts'
import {
  accept,
  checkDeadline,
  checkSignature,
  type Decision,
  type DecisionContext,
  refuse,
} from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { Signed } from '../typed-data/types.ts'
import { dayMs, referralDaysMax } from './node-rewards.ts'
import { type Referral, referralType } from './referral.ts'

/**
 * Says once who referred a node, under its payout wallet's signature, within 30 days after the ledger first heard of the node: a node
 * begins to work as soon as it has joined, so that "before its first job" would leave its owner no time. Refusals in order: `MALFORMED`,
 * `INVALID_SIGNATURE`, `DEADLINE_PASSED`, `DEADLINE_TOO_FAR`, `UNKNOWN_NODE`, `INVALID_SIGNATURE` (not the node's payout wallet),
 * `REFERRAL_EXISTS`, `REFERRAL_TOO_LATE`.
 */
export function recordReferral(context: DecisionContext, referral: Signed<Referral>): Decision {
  const { state, nowMs } = context
  const { node, wallet, deadline } = referral.message
  const refusal =
    malformedReferral(referral.message) ??
    checkSignature(context, referralType, referral, wallet) ??
    checkDeadline(deadline, nowMs, signatureSecondsMax)
  if (refusal !== undefined) return refuse(refusal)
  const payoutWallet = state.nodes.get(node)?.payoutWallet
  const rewards = state.rewards.get(node)
  if (payoutWallet === undefined || rewards === undefined) return refuse({ code: 'UNKNOWN_NODE', node })
  if (payoutWallet !== wallet) return refuse({ code: 'INVALID_SIGNATURE', expectedSigner: payoutWallet })
  if (rewards.referral !== undefined) {
    return refuse({ code: 'REFERRAL_EXISTS', node, referrer: rewards.referral.referrer })
  }
  const untilMs = rewards.knownSinceMs + referralDaysMax * dayMs
  if (nowMs > untilMs) return refuse({ code: 'REFERRAL_TOO_LATE', node, untilMs })
  return accept({ type: 'ReferralRecorded', data: { referral }, entries: [] })
}

function malformedReferral({ node, wallet, referrer }: Referral): LedgerRefusal | undefined {
  const isNobody = referrer === zeroAddress || referrer === node || referrer === wallet
  const problem = 'expected another wallet than the node’s own and its payout wallet'
  return isNobody ? { code: 'MALFORMED', field: 'referrer', problem } : undefined
}
