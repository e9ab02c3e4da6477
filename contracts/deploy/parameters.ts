import type { Address } from 'viem'

/** What is fixed for ever when the contracts are deployed. */
export type DeployParameters = {
  /** The account that posts epochs. It must have no code: neither a contract nor an EIP-7702 delegation. */
  poster: Address
  /** The account that may cancel epochs that are not final and stop deposits. */
  guardian: Address
  /** Receives 5 % of the cap at genesis. */
  distribution: Address
  /** W: how long a complete epoch can be cancelled, in seconds. */
  windowSeconds: bigint
  /** D: how old an inbox item must be before an epoch may cover it, and a payee before a row may pay it, in seconds. */
  inboxAgeSeconds: bigint
  /** The treasury's part of the 15 % of the cap that enter `Settlement` at genesis, in wei; the rest is the rewards budget. */
  genesisTreasuryWei: bigint
  /** Nonce of the deployer's first transaction. It fixes the addresses; 0 for an account that has sent nothing yet. */
  firstNonce: number
}

/** Parameters that have a default: a third of the genesis amount to the treasury, deployment as the account's first transactions. */
export const deployDefaults = {
  genesisTreasuryWei: 50_000_000n * 10n ** 18n,
  firstNonce: 0,
} as const satisfies Partial<DeployParameters>

/** W = 2 s and D = 0 of the local chain, so that a payout takes seconds (`settlement.md`). */
export const localPeriods = { windowSeconds: 2n, inboxAgeSeconds: 0n } as const satisfies Partial<DeployParameters>
