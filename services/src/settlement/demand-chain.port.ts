import type { Address, ChainPlace, Hex } from '@deparrow/ledger'
import type { AskedDemand } from '@deparrow/sdk/disputes'

type ReceiptClaim = NonNullable<AskedDemand['receipt']>
export type OrderClaim = NonNullable<AskedDemand['kept']>
export type SignedCertificate = NonNullable<AskedDemand['certificate']>

/** What the dispute contracts said of one epoch, in its place. Addresses are lower case, times are block times in seconds. */
export type DemandLog = { readonly place: ChainPlace } & (
  | {
      readonly type: 'demanded'
      readonly id: Hex
      readonly asker: Address
      readonly question: AskedDemand['question']
      /** How many demands in a row it is, from 1. */
      readonly round: number
      /** The last time at which it can be answered. */
      readonly deadlineSeconds: number
    }
  /** After `demanded`: what the question of a receipt is the hash of. */
  | { readonly type: 'receiptClaimed'; readonly id: Hex; readonly claim: ReceiptClaim }
  /** After `demanded`: what the question of a kept order is the hash of, and the certificate that was shown. */
  | {
      readonly type: 'orderClaimed'
      readonly id: Hex
      readonly claim: OrderClaim
      readonly certificate: SignedCertificate
    }
  | { readonly type: 'ranked'; readonly id: Hex; readonly round: number }
  /** It was answered, ran out, or its epoch was cancelled. */
  | { readonly type: 'ended'; readonly id: Hex }
  /** The statement of the account at this place stands. */
  | { readonly type: 'stated'; readonly account: Hex }
)

/** The dispute contracts as the poster needs them. Reads throw `ChainUnavailableError`. */
export type DemandChain = {
  /**
   * What was said of an epoch from one block to another, both included, in any order and possibly repeated. What a question's id is not the
   * hash of, or its claim not the value of, is left out.
   */
  demandLogs(epoch: number, fromBlock: bigint, toBlock: bigint): Promise<readonly DemandLog[]>
}
