import type { Address } from '@deparrow/ledger'
import type { ClaimView } from '../settlement/claims.ts'
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
}
