import { payableOf, rowKey } from '../../messages.ts'
import { entryIn, lastRowOf } from '../draft.ts'
import { accomplice, leafIn, some, type Tamper, take } from './workshop.ts'

/** Payouts that are too low, too high or nobody’s. */
export const rowTampers = {
  /** A debit of what waits for a row, with a row that is not for its account or not as high. */
  wrongRowDebit: (draft, shop) => {
    const account = payableOf(shop.victim)
    const { available } = leafIn(draft, account)
    const row = draft.rows.find(({ payee, increment }) => payee !== shop.victim && increment <= available)
    if (row === undefined) return false
    return take(draft, account, row.increment, rowKey(draft.id), [{ kind: 'row', payee: row.payee }])
  },
  /** A lower row than what left `payable:`; the rest goes to the accomplice. */
  lowRow: (draft, shop) => {
    const index = draft.rows.findIndex(({ payee }) => payee === shop.victim)
    const row = draft.rows[index]
    if (row === undefined || row.increment < 2) return false
    const amount = shop.random.between(1, row.increment - 1)
    draft.rows[index] = { ...row, increment: row.increment - amount, cumulative: row.cumulative - amount }
    leafIn(draft, accomplice).available += amount
    entryIn(draft, accomplice, '@00000003').credit += amount
    return true
  },
  /** The row's running sum leaves out what was paid before, or the row before it. */
  wrongCumulative: (draft, shop) => {
    const index = draft.rows.findIndex(({ payee, previousEpoch }) => payee === shop.victim && previousEpoch !== 0)
    const row = draft.rows[index]
    if (row === undefined || row.cumulative === row.increment + 1) return false
    const isSkipped = shop.random.isOnceIn(2)
    draft.rows[index] = isSkipped
      ? { ...row, cumulative: row.increment, previousEpoch: 0 }
      : { ...row, cumulative: row.increment + 1 }
    return true
  },
  /** The accomplice's row claims more than it earned, at the cost of who claims later. */
  highCumulative: (draft, shop) => {
    const index = draft.rows.findIndex(({ payee }) => payee === accomplice)
    const row = draft.rows[index]
    const before = row === undefined ? undefined : lastRowOf(shop.state, draft.parent, accomplice)
    if (row === undefined || before === undefined) return false
    draft.rows[index] = { ...row, cumulative: row.cumulative + 50 }
    return true
  },
  /** A payee with a number is not paid. */
  payableKept: (draft, shop) => {
    const index = draft.rows.findIndex(({ payee }) => payee === shop.victim)
    const row = draft.rows[index]
    if (row === undefined) return false
    draft.rows.splice(index, 1)
    const account = payableOf(shop.victim)
    draft.statements.get(account)?.delete(rowKey(draft.id))
    leafIn(draft, account).available += row.increment
    return true
  },
  /** Invents a payout for the accomplice out of the victim's leaf. */
  inventedPayout: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    if (amount === 0 || !shop.state.payees.has(accomplice) || draft.rows.some(({ payee }) => payee === accomplice))
      return false
    leaf.available -= amount
    const before = lastRowOf(shop.state, draft.parent, accomplice)
    const cumulative = (before?.row.cumulative ?? 0) + amount
    draft.rows.push({ payee: accomplice, increment: amount, cumulative, previousEpoch: before?.epoch ?? 0 })
    return true
  },
} satisfies Record<string, Tamper>
