import type { JobOrder, Receipt, Transfer, Withdrawal } from '../messages.ts'
import { apply } from '../model.ts'
import type { Random } from '../random.ts'
import { digestOf, type Signed } from '../signatures.ts'
import { epochOf, type State } from '../state.ts'
import type { Books } from './books.ts'
import type { People } from './people.ts'

/** A receipt that its node has signed, and how it will reach the journal. */
type Handed = { readonly receipt: Signed<Receipt>; readonly isRefused: boolean; readonly isPatient: boolean }

/** An order that a node has taken, and when it is done with it: it has worked, or gives the order back. */
type Job = {
  readonly node: string
  readonly order: string
  readonly doneAt: number
  readonly isGivenBack: boolean
}

/** Payers, payees, delegates and nodes at their usual business. */
export class Users {
  private readonly jobs: Job[] = []
  private readonly waiting: Handed[] = []

  constructor(
    private readonly state: State,
    private readonly books: Books,
    private readonly people: People,
    private readonly random: Random,
    /** Whether the ledger now and then lets a receipt that is handed in fall under the table. */
    private readonly isDeaf: boolean,
  ) {}

  begin(): void {
    for (const name of ['alice', 'bob', 'mallory', 'nora']) {
      apply(this.state, name, { type: 'deposit', amount: this.random.between(100, 400) }, 0)
      if (this.random.isOnceIn(2)) this.register(name, 0)
    }
    this.people.permit('alice', 20, ['bob', 'nora'], this.random.between(40, 160), 1)
    this.people.permit('bob', 30, ['alice', 'nora'], 10_000, 2)
    for (const name of this.people.honest) {
      const instruction = this.people.instruct(name, this.random.between(30, 200), this.random.between(30, 300))
      this.books.instructions.add(instruction)
      this.people.keepBack(name, this.random.between(10, 80), this.random.between(10, 100))
    }
  }

  /** One random piece of business. */
  act(now: number): void {
    this.work(now)
    const name = this.random.pick(['alice', 'bob', 'alice', 'bob', 'mallory', 'nora'])
    const balance = this.books.walletOf(name).available
    const amount = Math.max(1, Math.floor(balance / this.random.between(2, 8)))
    const kind = this.random.between(0, 11)
    if (kind <= 2) this.transfer(name, amount, now)
    if (kind === 3) this.withdraw(name, amount, now)
    if (kind === 4) apply(this.state, name, { type: 'deposit', amount: this.random.between(1, 100) }, now)
    if (kind === 5) apply(this.state, name, { type: 'forceWithdrawal', amount: this.random.between(1, 300) }, now)
    if (kind === 6) this.spendAsDelegate(now)
    if (kind === 7 && this.random.isOnceIn(3)) this.revoke(now)
    if (kind === 8 && this.random.isOnceIn(2)) this.register(name, now)
    if (kind === 9 && this.random.isOnceIn(4)) this.instruct(name, now)
    if (kind >= 10) this.order(this.random.pick(['alice', 'bob', 'mallory']), now)
  }

  /** At the end everybody wants everything. */
  leave(now: number): void {
    this.work(now)
    for (const name of this.people.honest) {
      this.register(name, now)
      if (this.books.walletOf(name).available > 0 && this.random.isOnceIn(5)) {
        apply(this.state, name, { type: 'forceWithdrawal', amount: 1_000_000 }, now)
      }
    }
    this.register('mallory', now)
  }

  private register(account: string, now: number): void {
    apply(this.state, account, { type: 'registerPayee', account }, now)
  }

  private transfer(wallet: string, amount: number, now: number): void {
    const to = this.random.pick(['alice', 'bob', 'nora', 'mallory'].filter(other => other !== wallet))
    const nonce = this.people.nextNonce(wallet)
    this.books.transfer(
      this.people.signAs(wallet)<Transfer>({
        type: 'Transfer',
        wallet,
        to,
        amount,
        deadline: now + 30,
        lane: 0,
        nonce,
      }),
      now,
    )
  }

  private withdraw(wallet: string, amount: number, now: number): void {
    const nonce = this.people.nextNonce(wallet)
    this.books.withdraw(
      this.people.signAs(wallet)<Withdrawal>({
        type: 'Withdrawal',
        wallet,
        amount,
        deadline: now + 30,
        lane: 0,
        nonce,
      }),
      now,
    )
  }

  private instruct(wallet: string, now: number): void {
    const instruction = this.people.instructionOf(wallet)
    if (instruction !== undefined) this.books.instruct(instruction, now)
  }

  private revoke(now: number): void {
    const { wallet, nonce } = this.random.pick(this.people.permissions).message
    apply(this.state, wallet, { type: 'revoke', nonce }, now)
  }

  private spendAsDelegate(now: number): void {
    const permission = this.random.pick(this.people.permissions)
    const { wallet, spendMax, counterparties } = permission.message
    const to = counterparties[0] ?? wallet
    const nonce = this.people.nextNonce(`dave for ${wallet}`)
    const amount = this.random.between(2, spendMax)
    const sign = this.people.signAs('dave')
    if (this.random.isOnceIn(2)) {
      const spend = sign<Transfer>({ type: 'Transfer', wallet, to, amount, deadline: now + 30, lane: 1, nonce })
      this.books.transfer(spend, now, permission)
    } else {
      const order = { wallet, amount, deadline: now + this.random.between(5, 60), lane: 1, nonce }
      this.place(sign<JobOrder>({ type: 'JobOrder', ...order }), now, permission)
    }
  }

  private order(wallet: string, now: number): void {
    const amount = this.random.between(5, 60)
    const nonce = this.people.nextNonce(wallet)
    const order = { wallet, amount, deadline: now + this.random.between(5, 60), lane: 0, nonce }
    this.place(this.people.signAs(wallet)<JobOrder>({ type: 'JobOrder', ...order }), now)
  }

  /** One job in four is never done, so that its hold ends; of the others some are given back. */
  private place(order: Signed<JobOrder>, now: number, permission?: Parameters<Books['openHold']>[4]): void {
    const named = permission?.message.counterparties
    const node = this.random.pick(this.people.nodes.filter(name => named?.includes(name) !== false))
    const certificate = this.books.openHold(order, node, this.random.between(1, 5), now, permission)
    if (certificate === undefined) return
    if (this.random.isOnceIn(4)) return
    const doneAt = now + this.random.between(1, order.message.deadline - now)
    this.jobs.push({ node, order: digestOf(order.message), doneAt, isGivenBack: this.random.isOnceIn(4) })
  }

  /** Nodes end their jobs and hand the receipts in; what the ledger does not take is pushed, now and then at the last moment. */
  private work(now: number): void {
    for (const job of this.jobs.filter(({ doneAt }) => doneAt <= now)) {
      this.jobs.splice(this.jobs.indexOf(job), 1)
      if (job.isGivenBack) {
        this.giveBack(job)
        continue
      }
      const receipt = this.people.receiptFor(job.order, job.node, this.random.between(2, 20))
      this.books.pushed.set(digestOf(receipt.message), receipt)
      this.waiting.push({
        receipt,
        isRefused: this.isDeaf && !this.random.isOnceIn(4),
        isPatient: this.random.isOnceIn(2),
      })
    }
    for (const handed of [...this.waiting]) {
      const certificate = this.books.certificates.get(handed.receipt.message.order)
      const { receipt, isRefused, isPatient } = handed
      if (!isRefused) this.books.settle(receipt, now)
      const isPushTime =
        certificate !== undefined && (!isPatient || now >= this.lastPushAt(certificate.message.expires))
      if (isRefused && !isPushTime) continue
      if (isRefused && isPushTime) apply(this.state, receipt.signer, { type: 'pushReceipt', receipt, certificate }, now)
      this.waiting.splice(this.waiting.indexOf(handed), 1)
    }
  }

  /**
   * An honest node gives back only what no epoch has shown yet: a poster that has settled it with an accomplice would have nobody left who
   * objects, as its payer did sign for it.
   */
  private giveBack({ node, order }: Job): void {
    const position = this.books.certificates.get(order)?.message.position ?? 0
    const isShown = position <= epochOf(this.state, this.state.head).header.position
    if (node === this.people.honestNode && isShown) return
    const release = this.people.releaseFor(order, node)
    if (release !== undefined) this.books.release(release)
  }

  /** Early enough for whoever moves every four seconds. */
  private lastPushAt(expires: number): number {
    const { inboxAgeSeconds, pushMarginSeconds } = this.state.params
    return expires - inboxAgeSeconds - pushMarginSeconds - 4
  }
}
