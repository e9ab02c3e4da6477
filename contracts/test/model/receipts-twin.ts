/** The transactions on `DisputedReceipts` that pushes, demands of receipts and kept orders, and their answers stand for. */
import { type AbiParameter, encodeAbiParameters, type Hex, keccak256 } from 'viem'
import { disputedReceiptsAbi } from '../../generated/index.ts'
import type { Answer, KeptDemand, OrderAnswer, ReceiptDemand } from '../../model/demands.ts'
import { type Certificate, dueOf, type Receipt } from '../../model/messages.ts'
import { digestOf, type Signed } from '../../model/signatures.ts'
import { emptyLeaf, type Statement } from '../../model/state.ts'
import type { Messages } from './messages.ts'
import { addressOf, placeOfAccount, twinParams } from './names.ts'
import type { Shown } from './shown.ts'
import { encode, type Sending, type TwinChain } from './twin-chain.ts'

export type OrderDemand = ReceiptDemand | KeptDemand
export const isOfOrder = (demand: { readonly kind: string }): demand is OrderDemand =>
  demand.kind === 'receipt' || demand.kind === 'kept'

/** The ABI of the claims whose hashes stand in questions: those of the functions that take them. */
const claimTaken = (answer: string) => {
  const found = disputedReceiptsAbi.find(item => item.type === 'function' && item.name === answer)
  if (found?.type !== 'function') throw new RangeError(`${answer} is no function`)
  return found.inputs[1] as AbiParameter
}
const orderClaim = claimTaken('answerKeptByRelease')
const receiptClaim = claimTaken('answerReceiptByRelease')

const kinds = { kept: 8, receipt: 9 } as const

/** What an account that was not stated is said to have: no contract knows it. */
export const unstated: Statement = { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }

type StatementOf = (epoch: number, account: string) => Statement | undefined

/** Asks and answers what nodes have a claim to. */
export class ReceiptsTwin {
  constructor(
    private readonly chain: TwinChain,
    private readonly messages: Messages,
    private readonly shown: Shown,
    private readonly statementOf: StatementOf,
  ) {}

  async push(caller: string, receipt: Signed<Receipt>, certificate: Signed<Certificate>): Promise<Sending[]> {
    const order = this.messages.orderOf(certificate.message.order)
    const { shown } = await this.messages.evidence(order, receipt, certificate)
    return [this.sending(caller, 'pushReceipt', shown)]
  }

  async questionOf(epoch: number, demand: OrderDemand) {
    const claim = await this.claimOf(demand)
    const isReceipt = demand.kind === 'receipt'
    const account = isReceipt ? demand.certificate.message.payoutWallet : demand.order.message.wallet
    const key = this.messages.keyOf(digestOf(demand.order.message))
    const value = BigInt(keccak256(encodeAbiParameters([isReceipt ? receiptClaim : orderClaim], [claim as never])))
    return { epoch, kind: kinds[demand.kind], place: placeOfAccount(account), key, value }
  }

  async opening(caller: string, epoch: number, demand: OrderDemand, before: Hex): Promise<Sending> {
    if (demand.kind === 'kept') {
      const { shown } = await this.messages.certified(demand.order, demand.certificate)
      return this.sending(caller, 'demandKept', epoch, shown, before)
    }
    const { order, receipt, certificate, ground } = demand
    const { shown } = await this.messages.evidence(order, receipt, certificate)
    if (ground.kind === 'pushed') return this.sending(caller, 'demandPushed', epoch, shown, before)
    if (ground.kind === 'accepted') {
      const acceptance = await this.messages.acceptance(ground.acceptance)
      return this.sending(caller, 'demandAcceptedReceipt', epoch, shown, acceptance, before)
    }
    const payer = this.statementOf(epoch, order.message.wallet) ?? unstated
    const entry = this.shown.entryProof(payer, this.messages.keyOf(digestOf(order.message)))
    return this.sending(caller, 'demandDebited', epoch, shown, this.shown.structOf(payer), entry, before)
  }

  async answering(caller: string, epoch: number, demand: OrderDemand, answer: Answer): Promise<Sending[]> {
    const given = answer.orderAnswer
    if (given === undefined) return []
    const claim = await this.claimOf(demand)
    const stated = (account: string) => answer.statements?.get(account) ?? this.statementOf(epoch, account) ?? unstated
    const args = await this.answerArgs(demand, given, claim, stated)
    return args === undefined ? [] : [this.sending(caller, args[0], epoch, ...args[1])]
  }

  private async answerArgs(
    demand: OrderDemand,
    given: OrderAnswer,
    claim: object,
    stated: (account: string) => Statement,
  ): Promise<readonly [string, readonly unknown[]] | undefined> {
    const { order, certificate } = demand
    const key = this.messages.keyOf(digestOf(order.message))
    const payer = stated(order.message.wallet)
    const ofPayer = [claim, this.shown.structOf(payer)]
    const isReceipt = demand.kind === 'receipt'
    const opening = this.shown.holdProof(payer.opening, key)
    switch (given.way) {
      case 'paid': {
        const paid = stated(certificate.message.payoutWallet)
        const proof = this.shown.entryProof(paid, key)
        return ['answerReceiptByEntry', [claim, this.shown.structOf(paid), proof]]
      }
      case 'kept':
        return ['answerKeptByHold', [...ofPayer, this.shown.holdProof(payer.closing, key)]]
      case 'settled':
        return ['answerKeptByEntry', [...ofPayer, this.shown.entryProof(payer, key)]]
      case 'ended': {
        const lane = this.shown.laneProofs(payer, order).opening
        return [isReceipt ? 'answerReceiptByEnd' : 'answerKeptByEnd', [...ofPayer, opening, lane]]
      }
      case 'unknown': {
        const closing = this.shown.holdProof(payer.closing, key)
        return ['answerReceiptByBond', [...ofPayer, this.shown.entryProof(payer, key), opening, closing]]
      }
      case 'other-receipt': {
        const { struct, signature } = await this.messages.signed(given.receipt)
        return ['answerReceiptByOther', [claim, struct, signature]]
      }
      case 'worthless': {
        const { shown } = await this.messages.evidence(order, given.receipt, certificate)
        return ['answerKeptByReceipt', [shown]]
      }
      case 'released': {
        const { signature } = await this.messages.signed(given.release)
        return [isReceipt ? 'answerReceiptByRelease' : 'answerKeptByRelease', [claim, signature]]
      }
    }
  }

  private async claimOf(demand: OrderDemand) {
    const { certificate } = demand
    if (demand.kind === 'kept') return (await this.messages.certified(demand.order, certificate)).claim
    const { claim, digest } = await this.messages.evidence(demand.order, demand.receipt, certificate)
    return {
      order: claim,
      receiptDigest: digest,
      payoutWallet: addressOf(certificate.message.payoutWallet),
      dueMicrocredits: BigInt(dueOf(demand.receipt.message, certificate.message, twinParams.feePercent)),
      isPushed: demand.ground.kind === 'pushed',
    }
  }

  readonly sending = (caller: string, name: string, ...args: readonly unknown[]): Sending => ({
    caller,
    call: { to: this.chain.addresses.receipts, data: encode(disputedReceiptsAbi, name, args) },
  })
}
