import type { Signed } from './signatures.ts'

/** What is signed in the model. Amounts are whole µcr, times seconds. */
export type Transfer = {
  readonly type: 'Transfer'
  readonly wallet: string
  readonly to: string
  readonly amount: number
  readonly deadline: number
  readonly lane: number
  readonly nonce: number
}
export type Withdrawal = {
  readonly type: 'Withdrawal'
  readonly wallet: string
  readonly amount: number
  readonly deadline: number
  readonly lane: number
  readonly nonce: number
}
export type JobOrder = {
  readonly type: 'JobOrder'
  readonly wallet: string
  readonly amount: number
  readonly deadline: number
  readonly lane: number
  readonly nonce: number
}
export type Instruction = {
  readonly type: 'Instruction'
  readonly wallet: string
  readonly least: number
  readonly expires: number
}
export type Permission = {
  readonly type: 'Permission'
  readonly wallet: string
  readonly delegate: string
  readonly spendMax: number
  /** Whom the delegate may pay: receivers of transfers, and nodes of jobs. */
  readonly counterparties: readonly string[]
  readonly expires: number
  readonly nonce: number
}
export type Receipt = {
  readonly type: 'Receipt'
  readonly order: string
  readonly node: string
  readonly sequence: number
  readonly units: number
}
export type Certificate = {
  readonly type: 'Certificate'
  readonly order: string
  readonly node: string
  readonly payoutWallet: string
  readonly amount: number
  readonly unitPrice: number
  readonly position: number
  readonly at: number
  readonly expires: number
}
export type Acceptance = {
  readonly type: 'Acceptance'
  readonly digest: string
  readonly isAccepted: boolean
  readonly position: number
  readonly at: number
}
/** Names no attempt: nobody gets an order that its node has given back. */
export type Release = { readonly type: 'Release'; readonly order: string; readonly node: string }

/** A message that spends under a nonce. */
export type Spend = Transfer | Withdrawal | JobOrder

/** What the poster shows for a debit. */
export type Allowance =
  | {
      readonly kind: 'message'
      readonly message: Signed<Transfer | Withdrawal>
      readonly permission?: Signed<Permission>
    }
  | {
      readonly kind: 'job'
      readonly order: Signed<JobOrder>
      readonly receipt: Signed<Receipt>
      readonly permission?: Signed<Permission>
    }
  | { readonly kind: 'instruction'; readonly instruction: Signed<Instruction> }
  | { readonly kind: 'row'; readonly payee: string }
  | { readonly kind: 'forced'; readonly index: number }

/** What a node is due for a receipt: the price, at most the order's amount, less the fee; rounded down. */
export function dueOf(receipt: Receipt, certificate: Certificate, feePercent: number): number {
  return lessFee(Math.min(receipt.units * certificate.unitPrice, certificate.amount), feePercent)
}

export function lessFee(captured: number, feePercent: number): number {
  return Math.floor((captured * (100 - feePercent)) / 100)
}

export const laneKey = (signer: string, lane: number) => `${signer}/${lane}`
export const inboxKey = (index: number) => `inbox-${index}`
export const rowKey = (epoch: number) => `row-${epoch}`
export const payableOf = (wallet: string) => `payable:${wallet}`
export const instructionKey = (digest: string, position: number) => `instruction-${digest}-${position}`
