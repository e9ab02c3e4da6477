import { type Address, type Clock, type EpochBooks, type Hex, zeroHash } from '@deparrow/ledger'
import { type ClaimView, claimFor } from './claims.ts'
import type { ClosedEpoch, JournalIndex } from './journal-index.ts'
import type { PublicSettlement } from './public-settlement.ts'
import type { ChainCancelReason, SettlementChain } from './token-chain.port.ts'

export type EpochView = {
  readonly books: EpochBooks
  /** `closed`: in the journal; `posted`: on chain, inside the window; `final`: burnt and claimable; `cancelled`: it counts no more. */
  readonly status: 'closed' | 'posted' | 'final' | 'cancelled'
  readonly postedTx: Hex | undefined
  readonly finalTx: Hex | undefined
  /** Of a cancelled epoch; `undefined` also while the chain does not answer. */
  readonly cancelReason: EpochCancelReason | undefined
  /** Of a posted epoch: block time in seconds before which it cannot be final; `undefined` while the chain does not answer. */
  readonly finalAtSeconds: number | undefined
  /** Of a posted epoch: demands that hold it back. */
  readonly openDemands: number | undefined
}

/** `lapsed`: its parts were not finished in time. `expired`: it never came on chain, and its number went to the next one. */
export type EpochCancelReason = ChainCancelReason | 'lapsed' | 'expired'

type PendingState = { readonly finalAtSeconds: number; readonly openDemands: number }

export type SettlementViewParts = {
  readonly index: JournalIndex
  readonly public: PublicSettlement
  readonly chain: SettlementChain
  readonly clock: Clock
  /** Transactions that completed epochs, as the follower saw them; what is found later is added. */
  readonly postedTransactions: Map<number, Hex>
  /** The newest block that the follower has taken in; `undefined` before the first. */
  readonly followedBlock: () => bigint | undefined
  /** Whether the follower holds an alarm. */
  readonly isChainInDoubt: () => boolean
}

/** For how long an answer about the contract's balance or the pending epoch is given again. */
const balanceAgeMaxMs = 1_000

/** What settlement shows to others: claims with their proofs, epochs, and the contract's DPC. */
export class JournalSettlementView {
  private pendingState:
    | { readonly epoch: number; readonly state: Promise<PendingState>; readonly atMs: number }
    | undefined
  private readonly reasons = new Map<number, EpochCancelReason>()
  private balance: { readonly wei: Promise<bigint>; readonly atMs: number } | undefined

  constructor(private readonly parts: SettlementViewParts) {}

  /** What a wallet can claim on chain now; `undefined` for nothing. */
  claimFor(wallet: Address): ClaimView | undefined {
    return claimFor(this.parts.index, wallet)
  }

  /** The newest epochs first, at most `first`. */
  async epochs(first: number): Promise<readonly EpochView[]> {
    const { index } = this.parts
    const numbers = [...index.epochs.keys()].sort((a, b) => b - a).slice(0, first)
    return Promise.all(numbers.map(epoch => this.epoch(epoch)))
  }

  /** DPC that the contract holds, in wei, at most a second old. Throws `ChainUnavailableError`. */
  contractWei(): Promise<bigint> {
    const nowMs = this.parts.clock.nowMs()
    if (this.balance === undefined || Math.abs(nowMs - this.balance.atMs) >= balanceAgeMaxMs) {
      const wei = this.parts.chain.contractWei()
      this.balance = { wei, atMs: nowMs }
      wei.catch(() => {
        this.balance = undefined
      })
    }
    return this.balance.wei
  }

  /** Whether the chain is not the one that was followed, or says what the journal cannot take. */
  isChainInDoubt(): boolean {
    return this.parts.isChainInDoubt()
  }

  status(): ReturnType<PublicSettlement['status']> {
    return this.parts.public.status()
  }

  payouts(...asked: Parameters<PublicSettlement['payouts']>): ReturnType<PublicSettlement['payouts']> {
    return this.parts.public.payouts(...asked)
  }

  rowProof(...asked: Parameters<PublicSettlement['rowProof']>): ReturnType<PublicSettlement['rowProof']> {
    return this.parts.public.rowProof(...asked)
  }

  finalEpochs(...asked: Parameters<PublicSettlement['finalEpochs']>): ReturnType<PublicSettlement['finalEpochs']> {
    return this.parts.public.finalEpochs(...asked)
  }

  demands(...asked: Parameters<PublicSettlement['demands']>): ReturnType<PublicSettlement['demands']> {
    return this.parts.public.demands(...asked)
  }

  exitLeaf(...asked: Parameters<PublicSettlement['exitLeaf']>): ReturnType<PublicSettlement['exitLeaf']> {
    return this.parts.public.exitLeaf(...asked)
  }

  private async epoch(epoch: number): Promise<EpochView> {
    const closed = this.parts.index.epochs.get(epoch)
    if (closed === undefined) throw new RangeError(`epoch ${epoch} is not closed`)
    const { books, cancelled } = closed
    const ended = { finalAtSeconds: undefined, openDemands: undefined }
    if (cancelled !== undefined) {
      const cancelReason = await this.cancelReason(cancelled)
      const postedTx = this.parts.postedTransactions.get(epoch)
      return { books, status: 'cancelled', postedTx, finalTx: undefined, ...ended, cancelReason }
    }
    const postedTx = await this.postedTransaction(epoch)
    const finalTx = closed.final?.transactionHash
    const status = finalTx !== undefined ? 'final' : postedTx !== undefined ? 'posted' : 'closed'
    const pending = status === 'posted' ? await orUndefined(this.stateOf(epoch)) : undefined
    return { books, status, postedTx, finalTx, ...(pending ?? ended), cancelReason: undefined }
  }

  /** At most one epoch is pending, and what the chain says of it is at most a second old. */
  private stateOf(epoch: number): Promise<PendingState> {
    const nowMs = this.parts.clock.nowMs()
    const known = this.pendingState
    if (known?.epoch === epoch && Math.abs(nowMs - known.atMs) < balanceAgeMaxMs) return known.state
    const state = this.parts.chain.posterView(epoch, []).then(view => {
      const { finalAtSeconds, openDemands } = view.epoch
      return { finalAtSeconds, openDemands }
    })
    this.pendingState = { epoch, state, atMs: nowMs }
    state.catch(() => {
      this.pendingState = undefined
    })
    return state
  }

  /** The journal has the place of the log, and the log the reason. */
  private async cancelReason(cancelled: Cancelled): Promise<EpochCancelReason | undefined> {
    const { epoch, place, journalPosition } = cancelled
    if (journalPosition !== undefined) return 'expired'
    if (place.transactionHash === zeroHash) return 'lapsed'
    const known = this.reasons.get(epoch)
    if (known !== undefined) return known
    const logs = await orUndefined(this.parts.chain.logs(place.blockNumber, place.blockNumber))
    const log = logs?.find(({ place: { logIndex } }) => logIndex === place.logIndex)
    const reason = log?.type === 'epochLapsed' ? 'lapsed' : log?.type === 'epochCancelled' ? log.reason : undefined
    if (reason !== undefined) this.reasons.set(epoch, reason)
    return reason
  }

  /** The journal does not have it, so after a restart the chain is asked, once; `undefined` also when it does not answer. */
  private async postedTransaction(epoch: number): Promise<Hex | undefined> {
    const { postedTransactions, index, chain, followedBlock } = this.parts
    const known = postedTransactions.get(epoch)
    if (known !== undefined) return known
    // It was posted after its parent was final and before it was final itself.
    const parent = index.epochs.get(index.epochs.get(epoch)?.books.parent ?? 0)
    const fromBlock = parent?.final?.blockNumber ?? (await orUndefined(chain.deploymentBlock()))
    const toBlock = index.epochs.get(epoch)?.final?.blockNumber ?? followedBlock()
    if (fromBlock === undefined || toBlock === undefined) return undefined
    const found = await orUndefined(chain.postedTransaction(epoch, fromBlock, toBlock))
    if (found !== undefined) postedTransactions.set(epoch, found)
    return found
  }
}

type Cancelled = NonNullable<ClosedEpoch['cancelled']>

function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined)
}
