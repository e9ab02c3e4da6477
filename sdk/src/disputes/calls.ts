import type { disputedReceiptsAbi, disputesAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import type { Abi, ContractFunctionArgs, ContractFunctionName } from 'viem'

type Args<Contract extends Abi, Name extends ContractFunctionName<Contract, 'nonpayable'>> = ContractFunctionArgs<
  Contract,
  'nonpayable',
  Name
>

type DisputesAnswer =
  | 'answerLeaf'
  | 'state'
  | 'answerStatement'
  | 'answerReveal'
  | 'answerLeavesReveal'
  | 'answerEntry'
  | 'answerHold'
  | 'answerLane'
  | 'answerCredit'
  | 'answerForced'

type ReceiptsAnswer =
  | 'answerReceiptByEntry'
  | 'answerReceiptByEnd'
  | 'answerReceiptByRelease'
  | 'answerReceiptByOther'
  | 'answerReceiptByBond'
  | 'answerKeptByHold'
  | 'answerKeptByEntry'
  | 'answerKeptByReceipt'
  | 'answerKeptByEnd'
  | 'answerKeptByRelease'

export type DisputesCall = {
  [Name in DisputesAnswer]: {
    readonly contract: 'disputes'
    readonly functionName: Name
    readonly args: Args<typeof disputesAbi, Name>
  }
}[DisputesAnswer]

export type ReceiptsCall = {
  [Name in ReceiptsAnswer]: {
    readonly contract: 'disputedReceipts'
    readonly functionName: Name
    readonly args: Args<typeof disputedReceiptsAbi, Name>
  }
}[ReceiptsAnswer]

/** A call that answers a demand. */
export type AnswerCall = (DisputesCall | ReceiptsCall) & {
  /** The account whose statement has to stand before this call: `stateAccount` makes the call that states it. */
  readonly stated?: Hex
}

/**
 * Why there is no answer: another epoch is pending, or none; the demand lacks what its event says, the claim or the certificate; or the journal has
 * nothing that answers it, which an honest poster's journal never comes to: what is credited, forced, kept or paid is not there, or not what allows a debit.
 */
export type CannotAnswer = {
  readonly cannotAnswer:
    | 'EPOCH_NOT_PENDING'
    | 'KIND_UNKNOWN'
    | 'CLAIM_MISSING'
    | 'CERTIFICATE_MISSING'
    | 'EVIDENCE_MISSING'
    | 'MESSAGE_TOO_OLD'
    | 'CREDIT_TOO_SMALL'
    | 'FORCED_UNKNOWN'
    | 'NOT_KEPT'
    | 'NOT_PAID'
}

/** A demand's question as its event has it. */
export type Question = {
  readonly epoch: bigint
  readonly kind: number
  readonly place: Hex
  readonly key: Hex
  readonly value: bigint
}

export type OrderClaim = Args<typeof disputedReceiptsAbi, 'answerKeptByEnd'>[1]
export type ReceiptClaim = Args<typeof disputedReceiptsAbi, 'answerReceiptByEnd'>[1]
export type CertifiedOrder = Args<typeof disputedReceiptsAbi, 'demandKept'>[1]

export type ReceiptEvidence = Args<typeof disputedReceiptsAbi, 'pushReceipt'>[0]

/** The ledger's certificate of an order, with its signature. */
export type SignedCertificate = Pick<CertifiedOrder, 'certificate' | 'certificateSignature'>

/** What a demand asks, and what its transaction says beside the question. */
export type AskedDemand = {
  readonly question: Question
  /** Of `ReceiptDemanded`, for a demand of a receipt. */
  readonly receipt?: ReceiptClaim
  /** Of `KeptDemanded`, for a demand of a kept order. */
  readonly kept?: OrderClaim
  /** Of `KeptDemanded`: without it an order that ended and cost nothing cannot be shown. */
  readonly certificate?: SignedCertificate
}

export type Answer = AnswerCall | CannotAnswer
