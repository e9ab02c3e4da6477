import { type Address, lowerHex, type Referral, referralType, type Signed, zeroAddress } from '@deparrow/ledger'
import { type Answer, refuse } from '../api/refusal.ts'
import { signMessage } from '../signing/typed-data.ts'
import type { WalletContext } from './wallet-context.ts'

/** A node whose payout wallet signs, and the wallet that is to be paid for having referred it. */
export type ReferralRequest = { readonly node: Address; readonly referrer: Address }

/** How long a signed referral may be presented, in seconds. */
const referralSecondsValid = 24 * 3600

/**
 * Signs with the node's payout wallet who referred the node. The ledger takes it once, within 30 days after it first heard of the node.
 * Nothing is signed, and the refusal is `MALFORMED`, when the referrer is nobody, the node, or the payout wallet itself.
 */
export async function signReferral(
  context: WalletContext,
  request: ReferralRequest,
): Promise<Answer<{ readonly referral: Signed<Referral> }>> {
  const node = lowerHex(request.node)
  const referrer = lowerHex(request.referrer)
  if (referrer === zeroAddress || referrer === node || referrer === context.address) {
    const message = 'referrer: expected another wallet than the node’s own and its payout wallet.'
    return refuse({ code: 'MALFORMED', message, field: 'referrer' })
  }
  const deadline = BigInt(Math.floor(context.clock.nowMs() / 1_000) + referralSecondsValid)
  const message: Referral = { node, wallet: context.address, referrer, deadline }
  return { ok: true, referral: await signMessage(context.account, context.domain, referralType, message) }
}
