import type { Allowance, JobOrder, Receipt } from '../../messages.ts'
import { digestOf, type Signed } from '../../signatures.ts'
import { epochOf } from '../../state.ts'
import { type Draft, entryIn } from '../draft.ts'
import { accomplice, diminish, leafIn, type Tamper, take, type Workshop } from './workshop.ts'

/** Work that is not paid. */
export const nodeTampers = {
  /** The node's pay is dropped, or a part of it. */
  receiptDropped: (draft, shop) => {
    const jobs = [...(draft.statements.get(shop.victim) ?? [])].filter(
      ([key, { credit }]) => key.startsWith('JobOrder-') && credit > 1,
    )
    if (jobs.length === 0) return false
    const [key, { credit }] = shop.random.pick(jobs)
    return diminish(draft, shop.victim, key, shop.random.isOnceIn(2) ? credit : shop.random.between(1, credit - 1))
  },
  /** A settled job never was: its payer keeps the price, its node gets nothing. */
  jobErased: (draft, shop) => {
    const key = jobCreditsOf(draft, shop.victim)[0]
    return key !== undefined && eraseJob(draft, shop.victim, key)
  },
  /** A hold that a node works for goes back to its payer. */
  holdDropped: (draft, shop) => {
    const hold = heldFor(draft, shop)
    if (hold !== undefined) dropHold(draft, hold.payer, hold.key, hold.amount)
    return hold !== undefined
  },
  /** A hold that the node works for sets less aside than its order. */
  shrunkHold: (draft, shop) => {
    const hold = heldFor(draft, shop)
    if (hold === undefined || hold.amount < 2) return false
    const rest = shop.random.between(1, hold.amount - 1)
    dropHold(draft, hold.payer, hold.key, hold.amount)
    const leaf = leafIn(draft, hold.payer)
    leaf.holds.set(hold.key, rest)
    leaf.held += rest
    leaf.available -= rest
    return true
  },
  /** A job that the node still works for is settled with a receipt of the accomplice. */
  settledAway: (draft, shop) => {
    const hold = heldFor(draft, shop)
    if (hold === undefined) return false
    const { payer, key, amount, order } = hold
    const terms = { order: key, node: accomplice, sequence: 1000 + draft.id, units: 1 }
    const receipt = shop.people.signAs(accomplice)<Receipt>({ type: 'Receipt', ...terms })
    dropHold(draft, payer, key, amount)
    return take(draft, payer, amount, key, [{ kind: 'job', order, receipt, ...permissionOf(shop, payer, key) }])
  },
  /** A hold that the node still works for goes back to its payer, under an entry that debits nothing. */
  emptyEntry: (draft, shop) => {
    const hold = heldFor(draft, shop)
    if (hold === undefined) return false
    dropHold(draft, hold.payer, hold.key, hold.amount)
    return entryIn(draft, hold.payer, hold.key).debit === 0
  },
  /** The push of a receipt is left to the next epoch, when its order will be gone. */
  pushPutOff: (draft, shop) => {
    const key = jobCreditsOf(draft, shop.people.honestNode).find(order => pushOf(draft, shop, order) !== undefined)
    const index = key === undefined ? undefined : pushOf(draft, shop, key)
    if (key === undefined || index === undefined) return false
    const putOff = shop.state.inbox.slice(index, draft.cut)
    if (putOff.some(({ kind }) => kind !== 'Receipt' && kind !== 'Revocation')) return false
    draft.cut = index
    return eraseJob(draft, shop.people.honestNode, key)
  },
} satisfies Record<string, Tamper>

type WorkedHold = {
  readonly payer: string
  readonly key: string
  readonly amount: number
  readonly order: Signed<JobOrder>
}

/** A standing hold of anybody that the honest node works for. */
function heldFor(draft: Draft, { books, random, people }: Workshop): WorkedHold | undefined {
  const held: WorkedHold[] = []
  for (const [payer, { holds }] of draft.leaves) {
    for (const [key, amount] of holds) {
      const order = books.orders.get(key)
      const isOfNode = books.certificates.get(key)?.message.node === people.honestNode
      if (isOfNode && order !== undefined) held.push({ payer, key, amount, order })
    }
  }
  return held.length === 0 ? undefined : random.pick(held)
}

function dropHold(draft: Draft, payer: string, key: string, amount: number): void {
  const leaf = leafIn(draft, payer)
  leaf.holds.delete(key)
  leaf.held -= amount
  leaf.available += amount
}

function permissionOf(
  { books }: Workshop,
  payer: string,
  key: string,
): Pick<Extract<Allowance, { kind: 'job' }>, 'permission'> {
  const permission = books.walletOf(payer).holds.get(key)?.permission
  return permission === undefined ? {} : { permission }
}

function jobCreditsOf(draft: Draft, node: string): readonly string[] {
  const credits = [...(draft.statements.get(node) ?? [])]
  return credits.filter(([key, { credit }]) => key.startsWith('JobOrder-') && credit > 0).map(([key]) => key)
}

/** Where the push of a settled job's receipt lies, if the draft covers it and the certificate is over. */
function pushOf(draft: Draft, { state, books }: Workshop, order: string): number | undefined {
  const receipt = books.receipts.find(({ message }) => message.order === order)
  const expires = books.certificates.get(order)?.message.expires ?? Number.POSITIVE_INFINITY
  const index = receipt === undefined ? undefined : state.pushedReceipts.get(digestOf(receipt.message))
  const isCovered = index !== undefined && index >= epochOf(state, draft.parent).header.cut
  return isCovered && expires <= draft.closedAt ? index : undefined
}

function eraseJob(draft: Draft, node: string, key: string): boolean {
  const pay = draft.statements.get(node)?.get(key)
  const payer = [...draft.statements].find(([, entries]) => (entries.get(key)?.debit ?? 0) > 0)
  const price = payer?.[1].get(key)?.debit ?? 0
  if (payer === undefined || pay === undefined || leafIn(draft, node).available < pay.credit) return false
  if (payer[0] === node || draft.burn < price - pay.credit) return false
  leafIn(draft, payer[0]).available += price
  leafIn(draft, node).available -= pay.credit
  draft.burn -= price - pay.credit
  payer[1].delete(key)
  draft.statements.get(node)?.delete(key)
  return true
}
