import type { Purchase } from '../account/purchase.ts'
import type { Transfer } from '../account/transfer.ts'
import type { EscrowCapture, EscrowOrder } from '../escrow/escrow-order.ts'
import type { SignedJobOrder } from '../hold/job-order.ts'
import type { IouRedemption } from '../iou/iou.ts'
import type { PayoutRow } from '../journal/event.ts'
import type { PayoutInstruction, Withdrawal } from '../payout/withdrawal.ts'
import type { SpendPermission } from '../permission/spend-permission.ts'
import type { SignedUsageReceipt } from '../receipt/usage-receipt.ts'
import type { Signed } from '../typed-data/types.ts'

/** The permission under which a delegate signed; absent when the wallet itself did. */
type UnderSigned = { readonly permission?: Signed<SpendPermission> }

/** What allows a debit, as the journal has it: the signed messages, or what the chain itself knows. */
export type DebitEvidence =
  | ({ readonly kind: 'transfer'; readonly transfer: Signed<Transfer> } & UnderSigned)
  | ({ readonly kind: 'purchase'; readonly purchase: Signed<Purchase> } & UnderSigned)
  | { readonly kind: 'redemption'; readonly redemption: Signed<IouRedemption> }
  | ({ readonly kind: 'job'; readonly order: SignedJobOrder; readonly receipt: SignedUsageReceipt } & UnderSigned)
  | ({
      readonly kind: 'escrow'
      readonly order: Signed<EscrowOrder>
      readonly capture: Signed<EscrowCapture>
      /** The newest one of the delegate that opened it, which may have signed the capture. */
      readonly capturedUnder?: Signed<SpendPermission>
    } & UnderSigned)
  | { readonly kind: 'withdrawal'; readonly withdrawal: Signed<Withdrawal> }
  | { readonly kind: 'instruction'; readonly instruction: Signed<PayoutInstruction>; readonly position: number }
  | { readonly kind: 'forced'; readonly inboxIndex: number }
  | { readonly kind: 'row'; readonly row: PayoutRow /** Among the epoch's rows, from 0. */; readonly index: number }
