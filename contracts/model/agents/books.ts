import {
  type Acceptance,
  type Allowance,
  type Certificate,
  dueOf,
  type Instruction,
  inboxKey,
  instructionKey,
  type JobOrder,
  laneKey,
  type Permission,
  payableOf,
  type Receipt,
  type Release,
  type Transfer,
  type Withdrawal,
} from '../messages.ts'
import { digestOf, type Sign, type Signed } from '../signatures.ts'
import type { InboxItem, State } from '../state.ts'

/** One movement of the journal. Accounts of the network have movements without keys that anybody could ask for. */
export type Movement = {
  readonly position: number
  readonly account: string
  readonly key: string
  readonly credit: number
  readonly debit: number
  readonly allowance?: Allowance
}

export type Hold = {
  readonly order: Signed<JobOrder>
  readonly permission?: Signed<Permission>
  readonly endsAt: number
}
export type Wallet = {
  available: number
  readonly lanes: Map<string, number>
  readonly holds: Map<string, Hold>
  sequence: number
}

/** The honest ledger: it follows the rules of the journal, signs what it accepts, and keeps every movement. */
export class Books {
  readonly wallets = new Map<string, Wallet>()
  readonly movements: Movement[] = []
  readonly receipts: Signed<Receipt>[] = []
  readonly certificates = new Map<string, Signed<Certificate>>()
  readonly orders = new Map<string, Signed<JobOrder>>()
  readonly acceptances = new Map<string, Signed<Acceptance>>()
  /** By which nodes gave orders back, by the order's digest. */
  readonly releases = new Map<string, Signed<Release>>()
  readonly revoked = new Set<string>()
  readonly instructions = new Set<Signed<Instruction>>()
  readonly permissions = new Set<Signed<Permission>>()
  /** What is left to debit of each forced withdrawal, by its index. */
  readonly forced = new Map<number, number>()
  position = 0
  burnt = 0
  cut = 0

  constructor(
    readonly chain: State,
    readonly sign: Sign,
  ) {}

  walletOf(account: string): Wallet {
    let wallet = this.wallets.get(account)
    if (wallet === undefined) {
      wallet = { available: 0, lanes: new Map(), holds: new Map(), sequence: 0 }
      this.wallets.set(account, wallet)
    }
    return wallet
  }

  move(account: string, key: string, credit: number, debit: number, allowance?: Allowance): void {
    const entry = { position: this.position, account, key, credit, debit }
    this.movements.push(allowance === undefined ? entry : { ...entry, allowance })
    if (!account.startsWith('payable:')) this.walletOf(account).available += credit - debit
  }

  transfer(signed: Signed<Transfer>, now: number, permission?: Signed<Permission>): Signed<Acceptance> | undefined {
    const { to, amount } = signed.message
    if (!this.takesSpend(signed, to, now, permission)) return undefined
    const digest = digestOf(signed.message)
    this.position++
    this.useNonce(signed)
    this.move(signed.message.wallet, digest, 0, amount, { kind: 'message', message: signed, ...given(permission) })
    this.move(to, digest, amount, 0)
    return this.accept(digest, now)
  }

  withdraw(signed: Signed<Withdrawal>, now: number): void {
    if (!this.takesSpend(signed, undefined, now, undefined)) return
    this.position++
    this.useNonce(signed)
    this.payOut(signed.message.wallet, digestOf(signed.message), signed.message.amount, {
      kind: 'message',
      message: signed,
    })
  }

  instruct(instruction: Signed<Instruction>, now: number): void {
    const { wallet, least, expires } = instruction.message
    const { available } = this.walletOf(wallet)
    if (expires <= now || available < least || available === 0) return
    const key = instructionKey(digestOf(instruction.message), ++this.position)
    this.payOut(wallet, key, available, { kind: 'instruction', instruction })
  }

  openHold(
    order: Signed<JobOrder>,
    node: string,
    unitPrice: number,
    now: number,
    permission?: Signed<Permission>,
  ): Signed<Certificate> | undefined {
    const { wallet, amount, deadline } = order.message
    if (!this.takesSpend(order, node, now, permission)) return undefined
    const digest = digestOf(order.message)
    const endsAt = deadline + this.chain.params.graceSeconds
    this.position++
    this.useNonce(order)
    const payer = this.walletOf(wallet)
    payer.available -= amount
    payer.holds.set(digest, { order, endsAt, ...given(permission) })
    this.orders.set(digest, order)
    const terms = { order: digest, node, payoutWallet: node, amount, unitPrice }
    const certificate: Certificate = {
      type: 'Certificate',
      ...terms,
      position: this.position,
      at: now,
      expires: endsAt,
    }
    const signed = this.sign(certificate)
    this.certificates.set(digest, signed)
    return signed
  }

  /** Settles a job by its node's receipt while the hold stands. Whatever order the node numbers its receipts in, the first one counts. */
  settle(receipt: Signed<Receipt>, now: number): Signed<Acceptance> | undefined {
    const { node, sequence, order } = receipt.message
    const certificate = this.certificates.get(order)
    const ordered = this.orders.get(order)
    const isOwn = receipt.signer === node && certificate?.message.node === node
    if (!isOwn || ordered === undefined) return undefined
    const payer = this.walletOf(ordered.message.wallet)
    const hold = payer.holds.get(order)
    if (hold === undefined) return undefined
    this.position++
    const worker = this.walletOf(node)
    worker.sequence = Math.max(worker.sequence, sequence)
    this.receipts.push(receipt)
    payer.holds.delete(order)
    payer.available += ordered.message.amount
    const { feePercent } = this.chain.params
    const due = dueOf(receipt.message, certificate.message, feePercent)
    const captured = Math.min(receipt.message.units * certificate.message.unitPrice, ordered.message.amount)
    const allowance: Allowance = { kind: 'job', order: ordered, receipt, ...given(hold.permission) }
    this.move(ordered.message.wallet, order, 0, captured, allowance)
    this.move(certificate.message.payoutWallet, order, due, 0)
    this.burnt += captured - due
    return this.accept(digestOf(receipt.message), now)
  }

  /** A node gives an order back; no other takes it, so that what was set aside returns to its payer. */
  release(release: Signed<Release>): void {
    const { order, node } = release.message
    const payer = this.walletOf(this.orders.get(order)?.message.wallet ?? '')
    const hold = payer.holds.get(order)
    const isOwn = release.signer === node && this.certificates.get(order)?.message.node === node
    if (hold === undefined || !isOwn || !this.chain.keys.isGenuine(release)) return
    this.endHold(payer, order, hold)
    this.releases.set(order, release)
  }

  /** Gives back what ended holds had set aside, once everything is imported that could have been pushed for them. */
  endHolds(now: number): void {
    for (const wallet of this.wallets.values())
      for (const [digest, hold] of wallet.holds) if (hold.endsAt <= now) this.endHold(wallet, digest, hold)
  }

  private endHold(payer: Wallet, digest: string, { order }: Hold): void {
    payer.holds.delete(digest)
    payer.available += order.message.amount
    this.position++
  }

  /** Takes what is old enough in the inbox. */
  import(now: number): void {
    for (let item = this.chain.inbox[this.cut]; item !== undefined; item = this.chain.inbox[this.cut]) {
      if (item.at + this.chain.params.inboxAgeSeconds > now) return
      this.position++
      this.take(item, this.cut++, now)
    }
  }

  /**
   * Debits the forced withdrawals that the closing epoch covers, each whole or as far as there is anything. After a cancellation an epoch
   * covers again what was debited in part: then what has come since is debited too.
   */
  close(): void {
    const parent = this.chain.epochs.get(this.chain.head)?.header.cut ?? 0
    for (const [index, left] of this.forced) {
      const item = this.chain.inbox[index]
      if (item === undefined || index < parent) continue
      const amount = Math.min(left, this.walletOf(item.account).available)
      this.position++
      this.forced.set(index, left - amount)
      if (amount > 0) this.payOut(item.account, inboxKey(index), amount, { kind: 'forced', index })
    }
  }

  acceptanceOf(receipt: Signed<Receipt>): Signed<Acceptance> | undefined {
    return this.acceptances.get(digestOf(receipt.message))
  }

  private take(item: InboxItem, index: number, now: number): void {
    if (item.kind === 'Deposit') this.move(item.account, inboxKey(index), item.amount, 0)
    if (item.kind === 'GenesisRewards' || item.kind === 'Emission')
      this.move('rewards', inboxKey(index), item.amount, 0)
    if (item.kind === 'ForcedWithdrawal') this.forced.set(index, Number(item.detail))
    if (item.kind === 'Revocation') this.revoked.add(`${item.account}/${item.detail}`)
    if (item.kind === 'Receipt') this.settlePushed(item, now)
  }

  private settlePushed(item: InboxItem, now: number): void {
    const receipt = this.pushed.get(String(item.detail))
    if (receipt === undefined) return
    this.settle(receipt, now)
    this.acceptances.delete(digestOf(receipt.message))
  }

  /** Receipts that stand in the calldata of pushes. */
  readonly pushed = new Map<string, Signed<Receipt>>()

  private payOut(wallet: string, key: string, amount: number, allowance: Allowance): void {
    this.move(wallet, key, 0, amount, allowance)
    this.move(payableOf(wallet), key, amount, 0)
  }

  private takesSpend(
    signed: Signed<Transfer | Withdrawal | JobOrder>,
    to: string | undefined,
    now: number,
    permission: Signed<Permission> | undefined,
  ): boolean {
    const { wallet, amount, lane, nonce, deadline } = signed.message
    const { available, lanes } = this.walletOf(wallet)
    const isFresh = nonce > (lanes.get(laneKey(signed.signer, lane)) ?? 0)
    const isSigned = this.chain.keys.isGenuine(signed)
    const isPermitted = signed.signer === wallet || this.isPermitted(signed, to, now, permission)
    return deadline > now && isSigned && isFresh && isPermitted && amount > 0 && available >= amount
  }

  private isPermitted(
    signed: Signed<Transfer | Withdrawal | JobOrder>,
    to: string | undefined,
    now: number,
    permission: Signed<Permission> | undefined,
  ): boolean {
    if (permission === undefined || !this.chain.keys.isGenuine(permission)) return false
    this.permissions.add(permission)
    const { wallet, delegate, spendMax, counterparties, expires, nonce } = permission.message
    const spend = signed.message
    const isTo = to !== undefined && counterparties.includes(to)
    const isOwn = permission.signer === wallet && wallet === spend.wallet && delegate === signed.signer
    return isOwn && isTo && spend.amount <= spendMax && expires > now && !this.revoked.has(`${wallet}/${nonce}`)
  }

  private useNonce({ signer, message }: Signed<Transfer | Withdrawal | JobOrder>): void {
    this.walletOf(message.wallet).lanes.set(laneKey(signer, message.lane), message.nonce)
  }

  private accept(digest: string, now: number): Signed<Acceptance> {
    const signed = this.sign<Acceptance>({
      type: 'Acceptance',
      digest,
      isAccepted: true,
      position: this.position,
      at: now,
    })
    this.acceptances.set(digest, signed)
    return signed
  }
}

function given(permission: Signed<Permission> | undefined): { permission?: Signed<Permission> } {
  return permission === undefined ? {} : { permission }
}
