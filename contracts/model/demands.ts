import type {
  Acceptance,
  Allowance,
  Certificate,
  Instruction,
  JobOrder,
  Permission,
  Receipt,
  Release,
  Transfer,
  Withdrawal,
} from './messages.ts'
import type { Signed } from './signatures.ts'
import type { Leaf, Statement } from './state.ts'

/** Why an account must have a credit. */
export type CreditGround =
  | { readonly kind: 'deposit'; readonly index: number }
  | { readonly kind: 'accepted'; readonly message: Signed<Transfer>; readonly acceptance: Signed<Acceptance> }
  | { readonly kind: 'debited'; readonly message: Signed<Transfer | Withdrawal | Instruction> }
  | { readonly kind: 'forced'; readonly index: number }

/** Why a receipt is due in an epoch: pushed and covered by it, accepted at one of its positions, or with its order in the payer's statement. */
export type ReceiptGround =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'accepted'; readonly acceptance: Signed<Acceptance> }
  | { readonly kind: 'debited' }

export type ReceiptDemand = {
  readonly kind: 'receipt'
  readonly order: Signed<JobOrder>
  readonly receipt: Signed<Receipt>
  readonly certificate: Signed<Certificate>
  readonly ground: ReceiptGround
}

export type KeptDemand = {
  readonly kind: 'kept'
  readonly order: Signed<JobOrder>
  readonly certificate: Signed<Certificate>
}

export type Demand =
  | { readonly kind: 'leaf'; readonly account: string }
  | { readonly kind: 'statement'; readonly account: string }
  | { readonly kind: 'reveal'; readonly account: string; readonly path: string }
  | { readonly kind: 'entry'; readonly account: string; readonly key: string }
  | { readonly kind: 'hold'; readonly account: string; readonly key: string }
  | { readonly kind: 'lane'; readonly account: string; readonly key: string }
  /** For as much as the ground says. */
  | { readonly kind: 'credit'; readonly account: string; readonly key: string; readonly ground: CreditGround }
  | { readonly kind: 'forced'; readonly index: number }
  | ReceiptDemand
  | KeptDemand

/** One child of the node at a path, four levels below it: its sums, and its key when it is a single leaf. */
export type ShownNode = {
  readonly path: string
  readonly credit: number
  readonly debit: number
  readonly key?: string
}

/** Which way a receipt or a kept order is answered. */
export type OrderAnswer =
  | { readonly way: 'paid' | 'ended' | 'unknown' | 'kept' | 'settled' }
  | { readonly way: 'released'; readonly release: Signed<Release> }
  | { readonly way: 'other-receipt'; readonly receipt: Signed<Receipt> }
  | { readonly way: 'worthless'; readonly receipt: Signed<Receipt> }

/** What the poster shows. Statements that do not stand yet are shown with the answer that needs them. */
export type Answer = {
  readonly statements?: ReadonlyMap<string, Statement>
  readonly leaf?: Leaf
  readonly nodes?: readonly ShownNode[]
  readonly allowance?: Allowance
  readonly order?: Signed<JobOrder>
  readonly permission?: Signed<Permission>
  readonly orderAnswer?: OrderAnswer
}
