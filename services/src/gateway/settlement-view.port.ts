import type { Address } from '@deparrow/ledger'
import type { Page, PageRequest } from '../read-model/read-records.ts'
import type { DemandStatus } from '../settlement/answer-plan.ts'
import type { ClaimView } from '../settlement/claims.ts'
import type { FinalReserve } from '../settlement/paid-rows.ts'
import type { ExitLeafView, PayoutView, RowProofView, SettlementStatus } from '../settlement/public-settlement.ts'
import type { EpochView } from '../settlement/settlement-view.ts'

/** Settlement as the gateway shows it: answered at once in the same process, later by a settlement service that runs apart. */
export type SettlementView = {
  /** What a wallet can claim on chain now, in one transaction; `undefined` for nothing. */
  claimFor(wallet: Address): ClaimView | undefined | Promise<ClaimView | undefined>
  /** The newest first. */
  epochs(first: number): Promise<readonly EpochView[]>
  /** DPC that the settlement contract holds, in wei. Rejects while the chain does not answer. */
  contractWei(): Promise<bigint>
  /** Whether the chain is not the one that was followed, or says what the journal cannot take: nothing goes out to it meanwhile. */
  isChainInDoubt(): boolean | Promise<boolean>
  status(): SettlementStatus | Promise<SettlementStatus>
  /** Payout rows of a wallet, the newest first. For this and the other pages a cursor is one that a page has named. */
  payouts(wallet: Address, page: PageRequest): Page<PayoutView> | Promise<Page<PayoutView>>
  /** What `claim` takes for a wallet's row in an epoch; `undefined` when it has none there. */
  rowProof(wallet: Address, epoch: number): RowProofView | undefined | Promise<RowProofView | undefined>
  /** Final epochs, the newest first. */
  finalEpochs(page: PageRequest): Page<FinalReserve> | Promise<Page<FinalReserve>>
  /** Open demands on the pending epoch, the one that is due first before the others. */
  demands(page: PageRequest): Page<DemandStatus> | Promise<Page<DemandStatus>>
  /** What `exitClaim` takes for an account; `undefined` when the epoch owes it nothing. */
  exitLeaf(
    account: Address,
    isPayable: boolean,
    which: 'final' | 'pending',
  ): ExitLeafView | undefined | Promise<ExitLeafView | undefined>
}
