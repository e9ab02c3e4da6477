import type { Demand, ReceiptGround } from '../demands.ts'
import { type Certificate, payableOf, type Receipt } from '../messages.ts'
import { apply } from '../model.ts'
import type { Random } from '../random.ts'
import { digestOf, type Signed } from '../signatures.ts'
import type { State } from '../state.ts'
import type { Books } from './books.ts'
import type { People } from './people.ts'

/** Ask whatever the contract lets them ask, follow up whatever was answered, and sign receipts that are nothing but bait. */
export class Griefers {
  constructor(
    private readonly state: State,
    private readonly books: Books,
    private readonly people: People,
    private readonly random: Random,
    /** Whether they only try to hold one epoch back for as long as they can. */
    private readonly isStalling: boolean,
  ) {}

  act(now: number): void {
    apply(this.state, 'grief', { type: 'switchToExit' }, now)
    for (const { id, status } of this.state.demands.slice(-20)) {
      if (status === 'Open') apply(this.state, 'grief', { type: 'timeOut', demand: id }, now)
    }
    if (this.isStalling) return this.stall(now)
    if (this.random.isOnceIn(3)) this.bait(now)
    if (this.random.isOnceIn(2)) return
    const { head, finalEpoch, lastEpoch } = this.state
    const epoch = this.random.isOnceIn(2)
      ? head
      : this.random.between(finalEpoch + 1, Math.max(finalEpoch + 1, lastEpoch))
    const demand = this.demand()
    if (demand === undefined || !this.state.epochs.has(epoch)) return
    const before = this.state.demands.findLast(({ epoch: of, status }) => of === epoch && status === 'Answered')
    const follows = before !== undefined && this.random.isOnceIn(2) ? { follows: before.id } : {}
    const asker = this.random.pick(['mallory', 'dave', 'grief'])
    apply(this.state, asker, { type: 'openDemand', epoch, demand, ...follows }, now)
    this.rank(now)
  }

  /** Another place for a demand of anybody. */
  private rank(now: number): void {
    const late = this.state.demands.slice(-6)
    if (late.length < 2 || this.random.isOnceIn(2)) return
    const before = this.random.isOnceIn(2) ? { follows: this.random.pick(late).id } : {}
    apply(this.state, 'grief', { type: 'rank', demand: this.random.pick(late).id, ...before }, now)
  }

  private stall(now: number): void {
    const epoch = [...this.state.epochs.values()].find(({ status }) => status === 'Pending')?.id
    if (epoch === undefined) return
    const demand = { kind: 'leaf', account: `nobody ${this.state.demands.length}` } as const
    const last = this.state.demands.findLast(({ epoch: of }) => of === epoch)
    if (last?.status === 'Open') return
    const follows = last === undefined ? {} : { follows: last.id }
    const action = { type: 'openDemand', epoch, demand, ...follows } as const
    if (apply(this.state, 'grief', action, now).isAccepted) return
    const isRanked = last !== undefined && apply(this.state, 'grief', { type: 'rank', demand: last.id }, now).isAccepted
    apply(this.state, 'grief', isRanked ? action : { type: 'openDemand', epoch, demand }, now)
  }

  /**
   * A second receipt for an order, or one with a number used before, now and then for nothing, handed in or pushed in public, whenever the
   * push is taken.
   */
  private bait(now: number): void {
    const own = [...this.books.certificates.values()].filter(({ message }) => message.node === 'mallory')
    if (own.length === 0) return
    const settled = new Set(this.books.receipts.map(({ message }) => message.order))
    const ending = own.filter(({ message }) => Math.abs(message.expires - now) < 6 && !settled.has(message.order))
    const givenBack = this.lastGivenBack(own)
    const isNew = givenBack !== undefined && this.lastGivenBack(this.baits) === undefined
    const certificate = isNew ? givenBack : this.random.pick(ending.length > 0 ? ending : own.slice(-5))
    const { order } = certificate.message
    const sequence = Math.max(1, this.books.walletOf('mallory').sequence + this.random.between(-2, 3))
    const units = this.random.isOnceIn(5) ? 0 : this.random.between(1, 50)
    const receipt = this.people.signAs('mallory')<Receipt>({ type: 'Receipt', order, node: 'mallory', sequence, units })
    this.books.pushed.set(digestOf(receipt.message), receipt)
    this.baits.push(receipt)
    const way = isNew || ending.length > 0 ? 0 : this.random.between(0, 3)
    if (way <= 1) apply(this.state, 'mallory', { type: 'pushReceipt', receipt, certificate }, now)
    if (way === 2) this.books.settle(receipt, now)
  }

  /** The first for the order that was given back last, if there is one. */
  private lastGivenBack<T extends Certificate | Receipt>(signed: readonly Signed<T>[]): Signed<T> | undefined {
    const last = [...this.books.releases.keys()].at(-1)
    return signed.find(({ message }) => message.order === last)
  }

  private readonly baits: Parameters<Books['settle']>[0][] = []

  private demand(): Demand | undefined {
    const wallet = this.random.pick(['alice', 'bob', 'nora', 'mallory', 'treasury', 'rewards', 'nobody'])
    const account = this.random.isOnceIn(4) ? payableOf(wallet) : wallet
    const moved = this.books.movements
    const key = moved.length === 0 ? '@0' : this.random.pick(moved).key
    const index = this.random.between(0, this.state.inbox.length)
    switch (this.random.between(0, 10)) {
      case 0:
        return { kind: 'leaf', account }
      case 1:
        return { kind: 'statement', account }
      case 2:
        return { kind: 'reveal', account, path: 'abcdef01'.slice(0, this.random.between(0, 8)) }
      case 3:
        return this.entryDemand()
      case 4: {
        const held = [...this.books.orders.values()]
        const delegated = held.filter(({ signer }) => signer === 'dave')
        const asked = delegated.length > 0 && this.random.isOnceIn(2) ? delegated : held
        const order = asked.length === 0 ? undefined : this.random.pick(asked.slice(-4))
        return order && { kind: 'hold', account: order.message.wallet, key: digestOf(order.message) }
      }
      case 5:
        return { kind: 'lane', account, key: `${wallet}/0` }
      case 6:
        return { kind: 'forced', index }
      case 7:
        return this.creditDemand(account, key, index)
      case 8:
        return this.keptDemand()
      default:
        return this.receiptDemand()
    }
  }

  private entryDemand(): Demand | undefined {
    const recent = this.books.movements.slice(-30).filter(({ debit }) => debit > 0)
    if (recent.length === 0) return undefined
    const delegated = recent.filter(({ allowance }) => allowance?.kind === 'job' && allowance.permission !== undefined)
    const isDelegated = delegated.length > 0 && this.random.isOnceIn(2)
    const { account, key } = this.random.pick(isDelegated ? delegated.slice(-2) : recent)
    return { kind: 'entry', account, key }
  }

  private creditDemand(account: string, key: string, index: number): Demand | undefined {
    if (this.random.isOnceIn(3)) {
      const kind = this.random.pick(['deposit', 'forced'] as const)
      return { kind: 'credit', account, key: `inbox-${index}`, ground: { kind, index } }
    }
    const allowance = this.books.movements.find(movement => movement.key === key && movement.debit > 0)?.allowance
    const acceptance = this.books.acceptances.get(key)
    if (allowance?.kind === 'instruction') {
      return { kind: 'credit', account, key, ground: { kind: 'debited', message: allowance.instruction } }
    }
    if (allowance?.kind !== 'message') return undefined
    const { message } = allowance
    if (acceptance !== undefined && message.message.type === 'Transfer') {
      const transfer = { signer: message.signer, message: message.message }
      const isWhole = this.random.isOnceIn(2)
      const to = isWhole ? message.message.to : account
      const ground = { kind: 'accepted', message: message as typeof transfer, acceptance } as const
      return { kind: 'credit', account: to, key, ground }
    }
    return { kind: 'credit', account, key, ground: { kind: 'debited', message } }
  }

  private keptDemand(): Demand | undefined {
    const certificates = [...this.books.certificates.values()]
    if (certificates.length === 0) return undefined
    const forNothing = this.books.receipts.findLast(({ message }) => message.units === 0)?.message.order ?? ''
    const ended = [this.lastGivenBack(certificates) ?? [], this.books.certificates.get(forNothing) ?? []].flat()
    const certificate = this.random.pick(ended.length > 0 && this.random.isOnceIn(2) ? ended : certificates)
    const order = this.books.orders.get(certificate.message.order)
    return order && { kind: 'kept', order, certificate }
  }

  private receiptDemand(): Demand | undefined {
    const known = [...this.baits, ...this.books.receipts]
    if (known.length === 0) return undefined
    const isAny = this.baits.length === 0 || this.random.isOnceIn(2)
    const givenBack = this.random.isOnceIn(2) ? this.lastGivenBack(this.baits) : undefined
    const receipt = givenBack ?? this.random.pick(isAny ? known : this.baits.slice(-3))
    const order = this.books.orders.get(receipt.message.order)
    const certificate = this.books.certificates.get(receipt.message.order)
    if (order === undefined || certificate === undefined) return undefined
    const acceptance = this.books.acceptanceOf(receipt)
    const grounds: ReceiptGround[] = [{ kind: 'pushed' }, { kind: 'debited' }]
    if (acceptance !== undefined) grounds.push({ kind: 'accepted', acceptance })
    const isPushed = this.state.pushedReceipts.has(digestOf(receipt.message)) && this.random.isOnceIn(2)
    const ground = isPushed ? ({ kind: 'pushed' } as const) : this.random.pick(grounds)
    return { kind: 'receipt', order, receipt, certificate, ground }
  }
}
