import type { Address, ChainPlace, Hex, InboxKind, SignedUsageReceipt } from '@deparrow/ledger'
import type { AnswerCall } from '@deparrow/sdk/disputes'
import type { DemandChain } from './demand-chain.port.ts'

/** What tells one chain and deployment from another. */
export type ChainIdentity = {
  readonly chainId: number
  /** Hash of block 0. */
  readonly genesisHash: Hex
  /** Whether there is code at the settlement contract's address. */
  readonly hasSettlement: boolean
}

export type ChainBlock = { readonly number: bigint; readonly hash: Hex; readonly timeSeconds: bigint }

/** Something that the settlement contract said, in its place. Addresses are lower case. */
export type SettlementLog = { readonly place: ChainPlace } & (
  | {
      readonly type: 'inboxItem'
      readonly index: number
      readonly kind: InboxKind
      readonly account: Address
      readonly amountMicrocredits: bigint
    }
  /** Minted for a final epoch. */
  | {
      readonly type: 'emission'
      readonly index: number
      readonly epoch: number
      readonly amountMicrocredits: bigint
    }
  /** The account wants out without the operator. */
  | {
      readonly type: 'forcedWithdrawal'
      readonly index: number
      readonly account: Address
      readonly askedMicrocredits: bigint
    }
  /** The wallet takes back the permission of this nonce and all older ones. */
  | {
      readonly type: 'revocation'
      readonly index: number
      readonly wallet: Address
      readonly delegate: Address
      readonly nonce: bigint
    }
  /** A node showed a receipt, which the ledger is to settle. */
  | {
      readonly type: 'pushedReceipt'
      readonly index: number
      readonly node: Address
      readonly digest: Hex
      readonly receipt: SignedUsageReceipt
    }
  | { readonly type: 'payee'; readonly id: number; readonly account: Address }
  | { readonly type: 'epochPosted'; readonly epoch: number }
  | { readonly type: 'epochFinal'; readonly epoch: number; readonly burnMicrocredits: bigint }
  /** The contract took `epoch` and all after it back, up to `lastEpoch`, the newest number so far; `headEpoch` stands. */
  | {
      readonly type: 'epochCancelled'
      readonly epoch: number
      readonly lastEpoch: number
      readonly headEpoch: number
      readonly reason: ChainCancelReason
    }
  /** The epoch was the newest and will never get its missing parts. */
  | { readonly type: 'epochLapsed'; readonly epoch: number }
  /** Nothing is posted any more; everybody leaves with the leaves of the last final epoch. */
  | { readonly type: 'exitStarted'; readonly finalEpoch: number; readonly inboxCut: number }
  /** By the exit DPC left the contract, or was burnt, which the journal does not record. */
  | { readonly type: 'exitTaken'; readonly amountMicrocredits: bigint }
  /** What a node has at stake has changed, in wei. */
  | { readonly type: 'stake'; readonly node: Address; readonly change: StakeChange }
  | {
      readonly type: 'claim'
      readonly account: Address
      readonly paidMicrocredits: bigint
      readonly cumulativeMicrocredits: bigint
    }
)

/** Why the contract cancels epochs; the position in this list is the number that it logs. */
export const chainCancelReasons = [
  'guardian',
  'wrongCumulative',
  'skippedRow',
  'noPreviousRow',
  'unpaidPayable',
  'disputed',
  'exit',
] as const

export type ChainCancelReason = (typeof chainCancelReasons)[number]

/** `withdrawn`: all that was unbonding has left. `slashed`: stake and what was unbonding are gone. */
export type StakeChange =
  | { readonly type: 'added' | 'unbonding'; readonly amountWei: bigint }
  | { readonly type: 'withdrawn' | 'slashed' }

/** Where an epoch stands; the position in this list is the number that the contract answers. */
export const chainEpochStatuses = ['unknown', 'open', 'lapsed', 'pending', 'cancelled', 'final', 'finalised'] as const

export type ChainEpochStatus = (typeof chainEpochStatuses)[number]

/** An epoch's header and how much of it is on chain. */
export type ChainEpoch = {
  readonly status: ChainEpochStatus
  readonly parent: number
  readonly inboxCut: number
  readonly journalPosition: number
  /** The journal's time at that position, in seconds, rounded down. */
  readonly closedAt: number
  readonly journalHash: Hex
  readonly burnMicrocredits: bigint
  readonly leavesRoot: Hex
  readonly leavesTotalMicrocredits: bigint
  readonly rowCount: number
  readonly rowsPosted: number
  /** Block time in seconds before which it cannot be final; 0 until its last part is there. */
  readonly finalAtSeconds: number
  /** Demands that hold it back. */
  readonly openDemands: number
}

/**
 * The contract and the poster's account in one block. `nonce` belongs to the view: a call that is decided on this view and
 * sent with this nonce can never happen in addition to another call decided on the same view.
 */
export type PosterView = {
  readonly block: ChainBlock
  /** Transactions of the poster in this block and before. */
  readonly nonce: number
  readonly headEpoch: number
  readonly lastEpoch: number
  readonly finalEpoch: number
  /** The epoch that was asked for. */
  readonly epoch: ChainEpoch
  /** Those of the asked wallets that have no payee id yet. */
  readonly unregistered: readonly Address[]
  /** What of the poster's bond no epoch has locked, and what the next epoch locks. */
  readonly freeBondWei: bigint
  readonly epochBondWei: bigint
  /** What the poster's account has of the coin that pays for gas. */
  readonly coinWei: bigint
  /** What a gas costs in the newest block: its base fee and a tip. */
  readonly feePerGasWei: bigint
  /** A: how long the poster may take to answer a demand. */
  readonly answerSeconds: number
}

/** A row of 24 bytes each, as `postEpoch` and `postRows` take them. */
export type EncodedRows = Hex

export type EpochHeader = Omit<ChainEpoch, 'status' | 'rowsPosted' | 'finalAtSeconds' | 'openDemands'>

/** What the poster may ask of the contract. */
export type SettlementCall =
  | { readonly type: 'registerPayees'; readonly accounts: readonly Address[] }
  | { readonly type: 'postEpoch'; readonly header: EpochHeader; readonly rows: EncodedRows }
  | { readonly type: 'postRows'; readonly epoch: number; readonly rows: EncodedRows }
  | { readonly type: 'finalise'; readonly epoch: number }
  /** States what moved an account, so that answers about it are taken. */
  | { readonly type: 'state'; readonly account: Hex; readonly answer: AnswerCall }
  | { readonly type: 'answer'; readonly demand: Hex; readonly answer: AnswerCall }
  /** Ends a demand that nobody can answer any more, and its epoch with it. */
  | { readonly type: 'expireDemand'; readonly demand: Hex }

/** A call and what it may cost. */
export type OutgoingCall = {
  readonly call: SettlementCall
  /** What it may cost altogether when that is more than the limit of the options allows a gas to cost; `'any'` for no bound. */
  readonly costMaxWei?: bigint | 'any'
}

/**
 * What became of a call. `confirmed`: in a block with the confirmations asked for. `reverted`: it has not happened and, sent like
 * this, will not; `code` is the contract's error, `NONCE_USED` when another transaction took the nonce, or `INSUFFICIENT_FUNDS`.
 * `unknown`: it may still happen or have happened; the next {@link PosterView} tells, nothing else does.
 */
export type SendOutcome =
  | { readonly status: 'confirmed'; readonly transactionHash: Hex; readonly blockNumber: bigint }
  | { readonly status: 'reverted'; readonly code: string; readonly transactionHash?: Hex }
  | { readonly status: 'unknown'; readonly transactionHash?: Hex }

/**
 * The chain as settlement needs it. Reads throw {@link ChainUnavailableError} once their retries are used up, and nothing else
 * for reasons outside this process.
 */
export type SettlementChain = DemandChain & {
  identity(): Promise<ChainIdentity>
  /** The block in which the contract was deployed; no log is older. */
  deploymentBlock(): Promise<bigint>
  /** The newest block that has the confirmations asked for; `undefined` while the chain is too short. */
  confirmedBlock(): Promise<ChainBlock | undefined>
  /** `undefined` when the chain does not reach that far. */
  block(number: bigint): Promise<ChainBlock | undefined>
  /** Number of the block that holds a transaction now; `undefined` when none does. */
  transactionBlock(hash: Hex): Promise<bigint | undefined>
  /** The logs of the contract and of the registry from one block to another, both included, in any order and possibly repeated. */
  logs(fromBlock: bigint, toBlock: bigint): Promise<readonly SettlementLog[]>
  /** The transaction that completed an epoch between two blocks. */
  postedTransaction(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<Hex | undefined>
  /** One consistent view of the newest confirmed block. */
  posterView(epoch: number, wallets: readonly Address[]): Promise<PosterView>
  /** Whether the exit has started, in the newest confirmed block. */
  isExitStarted(): Promise<boolean>
  /** DPC that the contract holds, in wei; in the newest block unless one is named. */
  contractWei(blockNumber?: bigint): Promise<bigint>
  /**
   * Sends a call with the nonce of the view on which it was decided and waits, a bounded time, for what becomes of it.
   * Never sends under another nonce; never throws for what the chain or the connection does.
   */
  send(call: SettlementCall, nonce: number): Promise<SendOutcome>
  /**
   * Sends calls under the nonces that follow one another from this one, and waits for all of them. A call that cannot happen takes no nonce. Only
   * for calls that may happen in any order, and beside whatever is decided next.
   */
  sendAll(calls: readonly OutgoingCall[], nonce: number): Promise<readonly SendOutcome[]>
}

/** Thrown when the chain did not answer, or not in a way that can be understood, after all retries. May succeed later. */
export class ChainUnavailableError extends Error {
  override readonly name = 'ChainUnavailableError'
  readonly isRetryable = true
  constructor(
    readonly operation: string,
    options: { cause: unknown },
  ) {
    super(`the chain did not answer ${operation}`, options)
  }
}

/** Thrown when the contract emits what this version does not know; going on would lose it. */
export class UnknownLogError extends Error {
  override readonly name = 'UnknownLogError'
  constructor(options: { readonly what: string; readonly place: ChainPlace }) {
    super(`${options.what} at log ${options.place.logIndex} of block ${options.place.blockNumber} is not known`)
  }
}
