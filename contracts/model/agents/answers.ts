import type { Answer, Demand, OrderAnswer } from '../demands.ts'
import { nodesBelow } from '../judge.ts'
import { payableOf } from '../messages.ts'
import { digestOf } from '../signatures.ts'
import { type Entry, epochOf, leafAt, type State, type Statement } from '../state.ts'
import type { Books } from './books.ts'
import type { Draft } from './draft.ts'

/** What the poster keeps of an epoch that it posted. */
export class Posted {
  private readonly statements = new Map<string, Statement>()

  constructor(
    readonly draft: Draft,
    readonly isHonest: boolean,
  ) {}

  statementOf(state: State, id: number, account: string): Statement {
    const made = this.statements.get(account)
    if (made !== undefined) return made
    const entries = new Map<string, Entry>()
    for (const [key, { credit, debit }] of this.draft.statements.get(account) ?? []) entries.set(key, { credit, debit })
    const epoch = epochOf(state, id)
    const opening = leafAt(epochOf(state, epoch.header.parent), account)
    const statement = { opening, closing: leafAt(epoch, account), entries }
    this.statements.set(account, statement)
    return statement
  }

  /** Another statement, in which the debit that is asked for stands elsewhere. */
  shiftyAnswers(state: State, id: number, demand: Demand): Answer[] {
    if (demand.kind !== 'entry') return []
    const { opening, closing, entries } = this.statementOf(state, id, demand.account)
    const moved = new Map([...entries].filter(([key]) => key !== demand.key))
    moved.set('@fedcba98', entries.get(demand.key) ?? { credit: 0, debit: 0 })
    return [{ statements: new Map([[demand.account, { opening, closing, entries: moved }]]) }]
  }
}

/** Every answer that a poster can try, the plain one first; the judge takes the first that is true. */
export function answersTo(state: State, books: Books, posted: Posted, id: number, demand: Demand): Answer[] {
  const epoch = epochOf(state, id)
  const show = (...accounts: readonly string[]) =>
    new Map(accounts.map(account => [account, posted.statementOf(state, id, account)]))
  switch (demand.kind) {
    case 'leaf':
      return [{ leaf: leafAt(epoch, demand.account) }]
    case 'reveal': {
      const { entries } = posted.statementOf(state, id, demand.account)
      return [{ statements: show(demand.account), nodes: nodesBelow(state.keys, entries, demand.path) }]
    }
    case 'entry': {
      const allowances = posted.draft.statements.get(demand.account)?.get(demand.key)?.allowances ?? []
      const statements = show(demand.account)
      return [{ statements }, ...allowances.map(allowance => ({ statements, allowance }))]
    }
    case 'hold': {
      const hold = books.walletOf(demand.account).holds.get(demand.key)
      const order = hold?.order ?? books.orders.get(demand.key)
      const permission = hold?.permission === undefined ? {} : { permission: hold.permission }
      const statements = show(demand.account)
      if (order === undefined) return [{ statements }]
      return [{ statements, order, ...permission }, ...permissionsOf(books, { statements, order })]
    }
    case 'statement':
    case 'lane':
    case 'credit':
      return [{ statements: show(demand.account) }]
    case 'forced':
      return [{ statements: show(state.inbox[demand.index]?.account ?? '') }]
    case 'receipt':
    case 'kept': {
      const { payoutWallet } = demand.certificate.message
      const statements = show(payoutWallet, demand.order.message.wallet, payableOf(payoutWallet))
      return orderAnswersOf(books, demand).map(orderAnswer => ({ statements, orderAnswer }))
    }
  }
}

/** A hold that ended since keeps its permission in the movements of no statement; the books' permissions are tried. */
function permissionsOf(books: Books, answer: Answer): Answer[] {
  return [...books.permissions].map(permission => ({ ...answer, permission }))
}

/** Of its releases each that the node has signed is tried, whatever order it names. */
function orderAnswersOf(books: Books, demand: Extract<Demand, { kind: 'receipt' | 'kept' }>): OrderAnswer[] {
  const released = [...books.releases.values()]
    .filter(({ message }) => message.node === demand.certificate.message.node)
    .map(release => ({ way: 'released', release }) as const)
  if (demand.kind === 'kept') {
    const { order } = demand.certificate.message
    const receipts = [...books.receipts, ...books.pushed.values()].filter(({ message }) => message.order === order)
    const plain = (['kept', 'settled', 'ended'] as const).map(way => ({ way }))
    return [...plain, ...released, ...receipts.map(receipt => ({ way: 'worthless', receipt }) as const)]
  }
  const ways = (['paid', 'ended'] as const).map(way => ({ way }))
  const asked = digestOf(demand.receipt.message)
  const others = books.receipts
    .filter(({ message }) => message.node === demand.receipt.message.node && digestOf(message) !== asked)
    .map(receipt => ({ way: 'other-receipt', receipt }) as const)
  return [...ways, ...released, ...others, { way: 'unknown' }]
}
