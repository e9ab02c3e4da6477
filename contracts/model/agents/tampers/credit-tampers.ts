import { payableOf, rowKey } from '../../messages.ts'
import { epochOf } from '../../state.ts'
import { entryIn } from '../draft.ts'
import { accomplice, diminish, leafIn, parentPosition, type Tamper } from './workshop.ts'

const shortCredit: Tamper = (draft, shop) => {
  const account = shop.random.isOnceIn(4) ? payableOf(shop.victim) : shop.victim
  const credits = [...(draft.statements.get(account) ?? [])].filter(([, { credit }]) => credit > 0)
  if (credits.length === 0) return false
  const [key, { credit }] = shop.random.pick(credits)
  return diminish(draft, account, key, shop.random.isOnceIn(2) ? credit : shop.random.between(1, credit))
}

/** The accomplice keeps what it has transferred to the victim, and neither statement knows of it. */
const undoTransfer: Tamper = (draft, { victim }) => {
  const sent = draft.statements.get(accomplice)
  const received = draft.statements.get(victim)
  const found = [...(received ?? [])].find(([key, { credit }]) => credit > 0 && sent?.get(key)?.debit === credit)
  if (found === undefined || leafIn(draft, victim).available < found[1].credit) return false
  const [key, { credit }] = found
  sent?.delete(key)
  received?.delete(key)
  leafIn(draft, accomplice).available += credit
  leafIn(draft, victim).available -= credit
  return true
}

/** Credits left out, and headers that date or count wrongly. */
export const creditTampers = {
  /** A deposit, a transfer or a job's pay arrives short or not at all. */
  shortCredit,
  /** A forced withdrawal is ignored although the wallet has enough. */
  forcedIgnored: (draft, shop) => {
    const forced = [...(draft.statements.get(shop.victim) ?? [])].find(
      ([key, { debit }]) => key.startsWith('inbox-') && debit > 0,
    )
    if (forced === undefined) return false
    const [key, { debit }] = forced
    const payable = payableOf(shop.victim)
    const row = draft.rows.findIndex(({ payee }) => payee === shop.victim)
    const paid = draft.rows[row]
    if (paid === undefined) leafIn(draft, payable).available -= debit
    else {
      entryIn(draft, payable, rowKey(draft.id)).debit -= debit
      const rest = { ...paid, increment: paid.increment - debit, cumulative: paid.cumulative - debit }
      draft.rows.splice(row, 1, ...(rest.increment > 0 ? [rest] : []))
    }
    draft.statements.get(payable)?.delete(key)
    draft.statements.get(shop.victim)?.delete(key)
    leafIn(draft, shop.victim).available += debit
    return true
  },
  /**
   * The journal's position stays where it was although the leaves move on, and what it leaves out counts once more in the next epoch. Without
   * an acceptance beyond it nobody asks: an honest payer's second debit has no answer anyway, and an accomplice's is its own loss.
   */
  positionFrozen: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const isLeftOut = [...shop.books.acceptances.values()].some(
      ({ message }) => message.position > before && message.at < draft.closedAt,
    )
    if (!isLeftOut) return false
    draft.position = before
    return shop.random.isOnceIn(2) ? shortCredit(draft, shop) : true
  },
  /**
   * The journal's position runs far ahead, so that no later acceptance is at a position of a later epoch: then what the accomplice has
   * transferred to the victim does not happen.
   */
  positionAhead: (draft, shop) => {
    if (draft.position > parentPosition(shop.state, draft)) {
      draft.position += 1_000_000
      return true
    }
    return undoTransfer(draft, shop)
  },
  /** Dates the epoch as if an hour had not passed, or had. */
  misdated: (draft, shop) => {
    const { closedAt } = epochOf(shop.state, draft.parent).header
    draft.closedAt = shop.random.isOnceIn(2) ? closedAt : draft.closedAt + shop.random.between(1, 300)
    return true
  },
  /** Leaves, rows and burns add up to more than the inbox holds. */
  fromNothing: (draft, shop) => {
    leafIn(draft, accomplice).available += shop.random.between(1, 1000)
    return true
  },
} satisfies Record<string, Tamper>
