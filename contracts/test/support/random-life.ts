/** A wallet and its delegate at random, before the real ledger: what it accepts is kept with what a judge is shown for it. */
import assert from 'node:assert/strict'
import {
  type EscrowCapture,
  type EscrowOrder,
  escrowCaptureType,
  escrowOrderType,
  type JobOrder,
  jobOrderType,
  type LedgerCommand,
  type Message,
  type MessageType,
  type Purchase,
  purchaseType,
  type Signed,
  type SpendPermission,
  spendPermissionType,
  type Transfer,
  transferType,
  usageReceiptType,
  type Withdrawal,
  withdrawalType,
} from '@deparrow/ledger'
import { Actor, permissionOf, TestLedger } from '@deparrow/ledger/testing'
import { type Hex, zeroHash } from 'viem'
import { own } from './authority.ts'
import { type Books, laneKey, laneProofs, noProof } from './cases.ts'
import { debitEvidence } from './evidence.ts'
import { asStruct, digestOf } from './messages.ts'
import { type Entry, entryProof } from './trees.ts'

export const [wallet, delegate, seller, node, other] = [1, 2, 3, 4, 5].map(number => new Actor(number)) as [
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
]

type Kind = 'transfer' | 'purchase' | 'withdrawal'
export type Order = {
  type: MessageType
  signed: Signed<Message>
  signer: Actor
  permission: Signed<SpendPermission> | undefined
}

/** A debit that the ledger accepted, and what to show for it once the epoch has closed. */
export type Debit = { key: Hex; amount: bigint; show: (books: Books) => Hex }

/** Numbers below `count`, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (count: number) => number {
  let state = seed
  return count => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count
  }
}

/** A wallet and its delegate that do at random what the ledger may accept or not. */
export class Life {
  readonly ledger = new TestLedger()
  readonly orders = new Map<Hex, Order>()
  debits: Debit[] = []
  refused = 0
  private permission: Signed<SpendPermission> | undefined
  private permissionNonce = 0n
  private sequence = 0n
  private signed = 0

  constructor(private readonly random: (count: number) => number) {
    this.ledger.deposit(wallet.address, 1_000_000_000n)
    this.ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    this.grant()
  }

  step(): void {
    const { spend, open, settle, capture, wait, grant } = this
    const choices = [spend, spend, spend, open, open, settle, settle, capture, capture, wait, grant]
    choices[this.random(choices.length)]?.()
  }

  private readonly grant = (): void => {
    const { random } = this
    const some = <T>(values: readonly T[]): T[] => (random(3) > 0 ? [] : values.filter(() => random(2) > 0))
    this.permissionNonce += 1n
    const permission = permissionOf(wallet, delegate, {
      jobMicrocreditsMax: BigInt(random(2_000)),
      hourMicrocreditsMax: 1_000_000n,
      dayMicrocreditsMax: 1_000_000n,
      counterparties: some([seller.address, node.address, other.address]),
      engines: some(['wasm', 'docker']),
      expires: this.nowSeconds() + BigInt(1 + random(3_000)),
      nonce: this.permissionNonce,
    })
    if (this.try({ type: 'GrantPermission', permission })) this.permission = permission
  }

  private readonly wait = (): void => {
    this.ledger.nowMs += 1 + this.random(900_000)
  }

  private readonly spend = (): void => {
    const { random } = this
    const kind = (['transfer', 'purchase', 'withdrawal'] as const)[random(3)] as Kind
    const [signer, common] = this.spendFields()
    const to = random(2) > 0 ? seller.address : other.address
    if (kind === 'transfer') {
      const transfer = signer.sign<Transfer>(transferType, { from: wallet.address, to, ...common })
      this.keep(kind, transferType, transfer, signer, this.try({ type: 'TransferCredits', transfer }))
    } else if (kind === 'purchase') {
      const message = { wallet: wallet.address, seller: to, reference: zeroHash, ...common }
      const purchase = signer.sign<Purchase>(purchaseType, message)
      this.keep(kind, purchaseType, purchase, signer, this.try({ type: 'BuyService', purchase }))
    } else {
      const withdrawal = signer.sign<Withdrawal>(withdrawalType, { wallet: wallet.address, ...common })
      this.keep(kind, withdrawalType, withdrawal, signer, this.try({ type: 'WithdrawCredits', withdrawal }))
    }
  }

  private readonly open = (): void => {
    const [signer, { amountMicrocredits, ...common }] = this.spendFields()
    if (this.random(2) > 0) {
      const engine = this.random(2) > 0 ? ('wasm' as const) : ('docker' as const)
      const base = {
        ...wallet.order({ nonce: 1n }).message,
        ...common,
        engine,
        graceSeconds: this.random(600),
      } as JobOrder
      const order = signer.sign<JobOrder>(jobOrderType, { ...base, maxPriceMicrocredits: amountMicrocredits })
      this.keepOrder(jobOrderType, order, signer, this.try({ type: 'OpenHold', order }))
    } else {
      const expires = common.deadline + BigInt(this.random(600))
      const message = {
        wallet: wallet.address,
        seller: seller.address,
        reference: zeroHash,
        amountMicrocredits,
        expires,
        ...common,
      }
      const order = signer.sign<EscrowOrder>(escrowOrderType, message)
      this.keepOrder(escrowOrderType, order, signer, this.try({ type: 'OpenEscrow', order }))
    }
  }

  private readonly settle = (): void => {
    const hold = [...this.ledger.state.holds.values()].find(() => this.random(2) > 0)
    if (hold === undefined) return
    const { orderDigest } = hold
    if (!this.try({ type: 'AssignHold', orderDigest, node: node.address, attempt: hold.attempts + 1 })) return
    this.sequence += 1n
    const receipt = node.receipt(orderDigest, { sequence: this.sequence, attempt: hold.attempts })
    if (!this.try({ type: 'ReceiveReceipt', receipt }) || !this.try({ type: 'SettleJob', orderDigest })) return
    const settled = this.ledger.events.at(-1)
    assert.ok(settled?.type === 'JobSettled')
    const show = (books: Books) =>
      debitEvidence('job', {
        hold: this.showOrder(orderDigest, books),
        receipt: asStruct(usageReceiptType, receipt.message),
        receiptSignature: receipt.signature,
        closingHold: entryProof(books.holds.closing, orderDigest),
      })
    this.debits.push({ key: orderDigest, amount: settled.data.capturedMicrocredits, show })
  }

  private readonly capture = (): void => {
    const escrow = [...this.ledger.state.escrows.keys()].find(() => this.random(2) > 0)
    if (escrow === undefined) return
    const amountMicrocredits = BigInt(1 + this.random(400))
    const signer = this.random(2) > 0 ? delegate : wallet
    const capture = signer.sign<EscrowCapture>(escrowCaptureType, {
      escrow,
      wallet: wallet.address,
      amountMicrocredits,
    })
    const captureAuthority = this.authority(capture.signature, signer, this.permission)
    if (!this.try({ type: 'CaptureEscrow', capture })) return
    const show = (books: Books) =>
      debitEvidence('escrow', {
        hold: this.showOrder(escrow, books),
        capture: asStruct(escrowCaptureType, capture.message),
        captureAuthority,
        closingHold: entryProof(books.holds.closing, escrow),
      })
    this.debits.push({ key: escrow, amount: amountMicrocredits, show })
  }

  /** What is shown for an order: that it stood in the opening holds, or its lane. */
  showOrder(digest: Hex, books: Books) {
    const { type, signed, signer, permission } = this.orders.get(digest) as Order
    const isStanding = books.holds.opening.some(({ key }) => key === digest)
    const lane = signed.message['lane'] as number
    return {
      order: asStruct(type, signed.message),
      authority: this.authority(signed.signature, signer, permission),
      origin: {
        isStanding,
        openingHold: isStanding ? entryProof(books.holds.opening, digest) : noProof,
        lanes: isStanding ? { opening: noProof, closing: noProof } : laneProofs(books, signer.address, lane),
      },
    }
  }

  /** Ends what is due, and gives the wallet's lanes and open holds as an epoch that closes now has them. */
  close(): { lanes: Entry[]; holds: Entry[] } {
    this.ledger.deposit(wallet.address, 1n)
    return this.books()
  }

  private books(): { lanes: Entry[]; holds: Entry[] } {
    const { nonces, holds, escrows } = this.ledger.state
    const lanes = [wallet.address, `${wallet.address}:${delegate.address}` as const].flatMap(
      owner => nonces.get(owner) ?? [],
    )
    const open = [
      ...[...holds.values()].map(hold => ({ key: hold.orderDigest, value: hold.amountMicrocredits })),
      ...[...escrows.values()].map(escrow => ({ key: escrow.escrow, value: escrow.amountMicrocredits })),
    ]
    return {
      lanes: lanes.map(({ signer, lane, nonce }) => ({ key: laneKey(signer, lane), value: nonce })),
      holds: open,
    }
  }

  nowSeconds(): bigint {
    return BigInt(Math.floor(this.ledger.nowMs / 1_000))
  }

  private spendFields() {
    const { random } = this
    const signer = random(2) > 0 ? delegate : wallet
    const deadline = this.nowSeconds() + BigInt(random(1_200))
    const fields = {
      amountMicrocredits: BigInt(random(1_500)),
      lane: random(2),
      nonce: BigInt(this.signed++ + random(6)),
      deadline,
    }
    return [signer, fields] as const
  }

  private try(command: LedgerCommand): boolean {
    const [answer] = this.ledger.submit(command)
    if (answer?.status === 'accepted') return true
    this.refused += 1
    return false
  }

  private keep(kind: Kind, type: MessageType, signed: Signed<Message>, signer: Actor, isAccepted: boolean): void {
    if (!isAccepted) return
    const message = asStruct(type, signed.message)
    const authority = this.authority(signed.signature, signer, this.permission)
    const by = kind === 'withdrawal' ? { signature: signed.signature } : { authority }
    const lane = signed.message['lane'] as number
    const show = (books: Books) =>
      debitEvidence(kind, { message, ...by, lanes: laneProofs(books, signer.address, lane) })
    this.debits.push({
      key: digestOf(type, signed.message),
      amount: signed.message['amountMicrocredits'] as bigint,
      show,
    })
  }

  private keepOrder(type: MessageType, signed: Signed<Message>, signer: Actor, isAccepted: boolean): void {
    if (isAccepted)
      this.orders.set(digestOf(type, signed.message), { type, signed, signer, permission: this.permission })
  }

  private authority(signature: Hex, signer: Actor, permission: Signed<SpendPermission> | undefined) {
    if (signer === wallet || permission === undefined) return own(signature)
    const given = asStruct(spendPermissionType, permission.message)
    return { signature, permission: given, permissionSignature: permission.signature }
  }
}
