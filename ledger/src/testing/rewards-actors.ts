import { type ConfigChange, configChangeType } from '../config/config-change.ts'
import type { Address } from '../hex.ts'
import { changeDelaySecondsDefault, ratesDefault, rewardLimitsDefault } from '../journal/config.ts'
import { type Grant, grantType } from '../rewards/grant.ts'
import { type Referral, referralType } from '../rewards/referral.ts'
import type { Signed } from '../typed-data/types.ts'
import { type Actor, testStartMs, treasurerActor } from './actors.ts'

const startSeconds = BigInt(testStartMs / 1000)

/** Gives a wallet 1 credit, unless `fields` say otherwise. */
export function grantOf(
  wallet: Address,
  fields: Partial<Grant> & Pick<Grant, 'nonce'>,
  signer: Actor = treasurerActor,
): Signed<Grant> {
  return signer.sign<Grant>(grantType, {
    treasurer: treasurerActor.address,
    wallet,
    amountMicrocredits: 1_000_000n,
    reason: 'welcome',
    lane: 0,
    deadline: startSeconds + 600n,
    ...fields,
  })
}

/** What a node's payout wallet signs about who referred it. */
export function referralOf(
  wallet: Actor,
  node: Address,
  referrer: Address,
  fields: Partial<Referral> = {},
): Signed<Referral> {
  const deadline = startSeconds + 600n
  return wallet.sign<Referral>(referralType, { node, wallet: wallet.address, referrer, deadline, ...fields })
}

/** The economy's defaults again, as soon as the delay allows, unless `fields` say otherwise. */
export function changeOf(
  fields: Partial<ConfigChange> & Pick<ConfigChange, 'nonce'>,
  signer: Actor = treasurerActor,
): Signed<ConfigChange> {
  return signer.sign<ConfigChange>(configChangeType, {
    treasurer: treasurerActor.address,
    ...ratesDefault,
    feeBasisPoints: 500,
    burnBasisPoints: 8_000,
    ...rewardLimitsDefault,
    effectiveAt: startSeconds + BigInt(changeDelaySecondsDefault),
    lane: 0,
    ...fields,
  })
}
