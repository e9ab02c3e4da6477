import type { Address } from 'viem'

/** What is fixed for ever when the contracts are deployed. */
export type DeployParameters = {
  /** The account that posts epochs. It must have no code: neither a contract nor an EIP-7702 delegation. */
  poster: Address
  /** The account that may cancel epochs that are not final and stop deposits. */
  guardian: Address
  /** Receives 5 % of the cap at genesis. */
  distribution: Address
  /** The ledger's account that signs certificates and acceptances. A contract could sign nothing that demands take. */
  ledgerSigner: Address
  /** W: how long a complete epoch can be cancelled without a demand, in seconds. */
  windowSeconds: bigint
  /** D: how old an inbox item must be before an epoch may cover it, and a payee before a row may pay it, in seconds. */
  inboxAgeSeconds: bigint
  /** A: how long the poster may take to answer a demand, in seconds. */
  answerSeconds: bigint
  /** K: how many demands may follow one another. */
  roundsMax: bigint
  /** N: seconds without a new final epoch after which anybody may start the exit; above 3 × (W + 2·K·A). */
  exitSeconds: bigint
  /** What each epoch locks of the poster's bond, in wei. */
  epochBondWei: bigint
  /** What a demand costs who is wrong, in wei; K of them are at most the reward, which is a tenth of `epochBondWei`. */
  askerBondWei: bigint
  /** What the bond pays at most for one receipt, in microcredits. */
  compensationMaxMicrocredits: bigint
  /** How long a node's stake waits before it can be withdrawn, in seconds. */
  unbondSeconds: bigint
  /** The treasury's part of the 15 % of the cap that enter `Settlement` at genesis, in wei; the rest is the rewards budget. */
  genesisTreasuryWei: bigint
  /** Nonce of the deployer's first transaction. It fixes the addresses; 0 for an account that has sent nothing yet. */
  firstNonce: number
}

const DPC_WEI = 10n ** 18n
const DAY_SECONDS = 86_400n

/** `Settlement` pays an asker that was right one part in this many of what the epoch had locked (`REWARD_DIVISOR`). */
const REWARD_DIVISOR = 10n

/** Parameters that have a default, with why. */
export const deployDefaults = {
  /** A poster whose machine has to be started again still answers, and an epoch is held back by three days at most. */
  answerSeconds: 3_600n,
  /** 32 reveals of four levels find a false entry however deep it is hidden, and four more demands finish it (`settlement.md`). */
  roundsMax: 36n,
  /** A holiday of the operator is no reason to close the network; two weeks without a payout are. */
  exitSeconds: 14n * DAY_SECONDS,
  /** A tenth of it pays for many demands and proofs, and ten epochs' worth are 0.02 % of what the distribution wallet receives. */
  epochBondWei: 1_000n * DPC_WEI,
  /** One receipt never takes more than one epoch had locked. */
  compensationMaxMicrocredits: 1_000_000_000n,
  /** Receipts are settled within days, so that whoever received two of one sequence has time to show them. */
  unbondSeconds: 14n * DAY_SECONDS,
  /** A third of the genesis amount. */
  genesisTreasuryWei: 50_000_000n * DPC_WEI,
  /** Deployment as the account's first transactions. */
  firstNonce: 0,
} as const satisfies Partial<DeployParameters>

/** The parameters that somebody chose, without those that are left to their defaults. */
export type ChosenParameters = Omit<DeployParameters, keyof typeof deployDefaults | 'askerBondWei'> &
  Partial<DeployParameters>

/** All parameters, with defaults for those that were not chosen. The asker's bond follows from the others, see `askerBondWeiMax`. */
export function completeParameters(chosen: ChosenParameters): DeployParameters {
  const parameters = { ...deployDefaults, ...chosen }
  return { ...parameters, askerBondWei: chosen.askerBondWei ?? askerBondWeiMax(parameters) }
}

/**
 * The highest bond of a demand that `Disputes` takes, in wei, rounded down: who asks K times in a row, knowing nothing beforehand, must not lose by
 * being right. It is the default too, since a lower one makes it cheaper to hold an honest poster's epochs back.
 */
export function askerBondWeiMax({
  epochBondWei,
  roundsMax,
}: Pick<DeployParameters, 'epochBondWei' | 'roundsMax'>): bigint {
  return epochBondWei / REWARD_DIVISOR / roundsMax
}

/**
 * The periods of the local chain: W = 2 s and D = 0, so that a payout takes seconds; A = 30 s, in which a busy machine answers; N = 1 day, so that
 * a network that was put away over night goes on in the morning (`settlement.md`).
 */
export const localPeriods = {
  windowSeconds: 2n,
  inboxAgeSeconds: 0n,
  answerSeconds: 30n,
  roundsMax: 36n,
  exitSeconds: DAY_SECONDS,
} as const satisfies Partial<DeployParameters>
