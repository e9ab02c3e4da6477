import type { Address, Clock, EpochBooks, Hex } from '@deparrow/ledger'
import { type ClaimView, claimFor } from './claims.ts'
import type { JournalIndex } from './journal-index.ts'
import type { SettlementChain } from './token-chain.port.ts'

export type EpochView = {
  readonly books: EpochBooks
  /** `closed`: in the journal; `posted`: on chain, inside the window; `final`: burnt and claimable. */
  readonly status: 'closed' | 'posted' | 'final'
  readonly postedTx: Hex | undefined
  readonly finalTx: Hex | undefined
}

export type SettlementViewParts = {
  readonly index: JournalIndex
  readonly chain: SettlementChain
  readonly clock: Clock
  /** Transactions that completed epochs, as the follower saw them; what is found later is added. */
  readonly postedTransactions: Map<number, Hex>
  /** The newest block that the follower has taken in; `undefined` before the first. */
  readonly followedBlock: () => bigint | undefined
  /** Whether the follower holds an alarm. */
  readonly isChainInDoubt: () => boolean
}

/** For how long an answer about the contract's balance is given again. */
const balanceAgeMaxMs = 1_000

/** What settlement shows to others: claims with their proofs, epochs, and the contract's DPC. */
export class JournalSettlementView {
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

  private async epoch(epoch: number): Promise<EpochView> {
    const closed = this.parts.index.epochs.get(epoch)
    if (closed === undefined) throw new RangeError(`epoch ${epoch} is not closed`)
    const postedTx = await this.postedTransaction(epoch)
    const finalTx = closed.final?.transactionHash
    const status = finalTx !== undefined ? 'final' : postedTx !== undefined ? 'posted' : 'closed'
    return { books: closed.books, status, postedTx, finalTx }
  }

  /** The journal does not have it, so after a restart the chain is asked, once; `undefined` also when it does not answer. */
  private async postedTransaction(epoch: number): Promise<Hex | undefined> {
    const { postedTransactions, index, chain, followedBlock } = this.parts
    const known = postedTransactions.get(epoch)
    if (known !== undefined) return known
    // It was posted after its parent was final and before it was final itself.
    const fromBlock = index.epochs.get(epoch - 1)?.final?.blockNumber ?? (await orUndefined(chain.deploymentBlock()))
    const toBlock = index.epochs.get(epoch)?.final?.blockNumber ?? followedBlock()
    if (fromBlock === undefined || toBlock === undefined) return undefined
    const found = await orUndefined(chain.postedTransaction(epoch, fromBlock, toBlock))
    if (found !== undefined) postedTransactions.set(epoch, found)
    return found
  }
}

function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined)
}
