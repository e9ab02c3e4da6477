import {
  type Address,
  type ConfigChange,
  configChangeType,
  type Grant,
  grantType,
  type Referral,
  referralType,
} from '@deparrow/ledger'
import type { ReferralRequest } from '../wallet/referral.ts'
import { type Command, deadlineOf, ownLane } from './command.ts'

export type GrantRequest = {
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  /** For people, in the journal for ever; 256 characters at most. */
  readonly reason: string
  readonly lane?: number
}

/** All prices and limits as they are to be, and from when on they count, in Unix seconds. */
export type ConfigRequest = Omit<ConfigChange, 'treasurer' | 'lane' | 'nonce'> & { readonly lane?: number }

export const grantCommand: Command<GrantRequest, Grant> = {
  name: 'grantCredits',
  type: grantType,
  laneOf: ownLane,
  build: (context, { wallet, amountMicrocredits, reason, lane = 0 }, nonce) => ({
    treasurer: context.address,
    wallet,
    amountMicrocredits,
    reason,
    lane,
    nonce,
    deadline: deadlineOf(context),
  }),
}

export const referralCommand: Command<ReferralRequest, Referral> = {
  name: 'recordReferral',
  type: referralType,
  build: (context, { node, referrer }) => ({
    node,
    wallet: context.address,
    referrer,
    deadline: deadlineOf(context),
  }),
}

export const configCommand: Command<ConfigRequest, ConfigChange> = {
  name: 'changeConfig',
  type: configChangeType,
  laneOf: ownLane,
  build: ({ address }, { lane = 0, ...request }, nonce) => ({ ...request, treasurer: address, lane, nonce }),
}
