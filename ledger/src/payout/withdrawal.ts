import type { Address } from '../hex.ts'
import type { MessageType } from '../typed-data/types.ts'

/** Signed by a wallet: turns credits into DPC, payable on chain to that wallet and to nobody else. */
export type Withdrawal = {
  readonly wallet: Address
  readonly amountMicrocredits: bigint
  readonly lane: number
  readonly nonce: bigint
  /** Unix seconds after which the withdrawal is refused. */
  readonly deadline: bigint
}

export const withdrawalType: MessageType = {
  name: 'Withdrawal',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'amountMicrocredits', type: 'uint64' },
    { name: 'lane', type: 'uint32' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
}

/**
 * Signed once by a payout wallet: its credits are paid out to itself whenever they reach the minimum and the interval has
 * passed, so that the wallet's key need not be at hand. A higher nonce replaces the instruction; `expires` in the past ends it.
 */
export type PayoutInstruction = {
  readonly wallet: Address
  readonly minimumMicrocredits: bigint
  readonly intervalSeconds: number
  /** Unix seconds. */
  readonly expires: bigint
  readonly nonce: bigint
}

export const payoutInstructionType: MessageType = {
  name: 'PayoutInstruction',
  fields: [
    { name: 'wallet', type: 'address' },
    { name: 'minimumMicrocredits', type: 'uint64' },
    { name: 'intervalSeconds', type: 'uint32' },
    { name: 'expires', type: 'uint64' },
    { name: 'nonce', type: 'uint64' },
  ],
}
