import type { Demand, ReceiptGround } from '../demands.ts'
import { isCoveredHere } from '../judge.ts'
import { isOfEpoch } from '../judge-credit.ts'
import type { Receipt } from '../messages.ts'
import { digestOf, type Signed } from '../signatures.ts'
import { epochOf, leafAt, type State } from '../state.ts'
import type { Books } from './books.ts'
import type { Draft } from './draft.ts'
import type { People } from './people.ts'
import type { Steps } from './watcher.ts'

/** What a node has done by the time it has to sign for a job that was taken away from it. */
const unitsBegun = 5

/**
 * A node looks whether the holds that it works for still stand, in full. What became of one that does not is asked first; one that was settled
 * must have been settled with the node.
 */
export function* watchHolds(state: State, books: Books, people: People, id: number, expected: Draft): Steps {
  const node = people.honestNode
  const orders = [...books.certificates.values()]
    .filter(({ message }) => message.node === node && isOpenIn(expected, books, message.order))
    .flatMap(({ message }) => books.orders.get(message.order) ?? [])
  if (orders.length === 0) return
  yield [...new Set(orders.map(({ message }) => message.wallet))].map(account => ({ kind: 'leaf', account }) as const)
  const wanted: Demand[] = []
  const gone: Signed<Receipt>[] = []
  for (const order of orders) {
    const key = digestOf(order.message)
    const amount = leafAt(epochOf(state, id), order.message.wallet).holds.get(key)
    const certificate = books.certificates.get(key)
    if (amount === order.message.amount || certificate === undefined) continue
    wanted.push(
      amount === undefined
        ? { kind: 'kept', order, certificate }
        : { kind: 'hold', account: order.message.wallet, key },
    )
    if (amount === undefined) gone.push(people.receiptFor(key, node, unitsBegun))
  }
  if (wanted.length === 0) return
  yield wanted
  const due = gone.flatMap(receipt => receiptDemands(state, books, id, receipt))
  if (due.length > 0) yield due
}

/** Whether the order's hold stands at the epoch's end, or was settled in it. */
function isOpenIn(expected: Draft, books: Books, order: string): boolean {
  const payer = books.orders.get(order)?.message.wallet ?? ''
  return expected.leaves.get(payer)?.holds.has(order) === true || expected.statements.get(payer)?.has(order) === true
}

/** A receipt on the first ground that it has in this epoch; none when there is none. */
export function receiptDemands(state: State, books: Books, id: number, receipt: Signed<Receipt>): readonly Demand[] {
  const order = books.orders.get(receipt.message.order)
  const certificate = books.certificates.get(receipt.message.order)
  const ground = receiptGround(state, books, id, receipt)
  if (order === undefined || certificate === undefined || ground === undefined) return []
  return [{ kind: 'receipt', order, receipt, certificate, ground }]
}

function receiptGround(state: State, books: Books, id: number, receipt: Signed<Receipt>): ReceiptGround | undefined {
  const epoch = epochOf(state, id)
  const digest = digestOf(receipt.message)
  const pushed = state.pushedReceipts.get(digest)
  if (pushed !== undefined && isCoveredHere(state, epoch, pushed)) return { kind: 'pushed' }
  const acceptance = books.acceptances.get(digest)
  if (acceptance !== undefined && isOfEpoch(state, epoch, acceptance.message)) {
    return { kind: 'accepted', acceptance }
  }
  const payer = books.orders.get(receipt.message.order)?.message.wallet ?? ''
  const debit = epoch.statements.get(payer)?.entries.get(receipt.message.order)?.debit ?? 0
  return debit > 0 ? { kind: 'debited' } : undefined
}
