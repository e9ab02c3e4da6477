import { type Allowance, payableOf, rowKey } from '../messages.ts'
import { type Epoch, epochOf, type Header, type Leaf, leafAt, leafTotal, type Row, type State } from '../state.ts'
import type { Books } from './books.ts'

export type DraftEntry = { credit: number; debit: number; allowances: Allowance[] }
export type DraftLeaf = {
  available: number
  held: number
  lanes: Map<string, number>
  holds: Map<string, number>
  sequence: number
}

/** An epoch before it is posted, with everything that its answers will need. */
export type Draft = {
  readonly parent: number
  readonly id: number
  cut: number
  position: number
  closedAt: number
  burn: number
  readonly leaves: Map<string, DraftLeaf>
  readonly statements: Map<string, Map<string, DraftEntry>>
  readonly rows: Row[]
}

export type Work = { readonly payer: string; readonly amount: number }

/** What the journal says each account has had and has, at a position: its leaf, what waits for a row, and all that was paid. */
export type Entitlement = {
  readonly total: number
  readonly held: number
  /** What has left the wallet for its payout. */
  readonly withdrawn: number
  /** Holds that the account works for as a node, by the order's digest. */
  readonly working: ReadonlyMap<string, Work>
}

/**
 * The epoch that an honest poster posts now: the parent's leaves and every movement since the parent's position, or since the books' position
 * when it was posted, if it claims to have reached more than they had.
 */
export function draftEpoch(state: State, books: Books, now: number, reached: number): Draft {
  const parent = epochOf(state, state.head)
  const since = Math.min(parent.header.position, reached)
  const position = Math.max(books.position, parent.header.position)
  const header = { cut: books.cut, position, closedAt: now, burn: burnSince(state, books, parent) }
  const draft: Draft = {
    parent: parent.id,
    id: state.lastEpoch + 1,
    ...header,
    leaves: new Map(),
    statements: new Map(),
    rows: [],
  }
  for (const { account, key, credit, debit, allowance, position } of books.movements) {
    if (position <= since) continue
    const entry = entryIn(draft, account, key)
    entry.credit += credit
    entry.debit += debit
    if (allowance !== undefined) entry.allowances.push(allowance)
  }
  payRows(state, draft, parent, now)
  closeLeaves(books, draft, parent)
  return draft
}

export function entryIn(draft: Draft, account: string, key: string): DraftEntry {
  const statement = draft.statements.get(account) ?? new Map<string, DraftEntry>()
  draft.statements.set(account, statement)
  const entry = statement.get(key) ?? { credit: 0, debit: 0, allowances: [] }
  statement.set(key, entry)
  return entry
}

function burnSince(state: State, books: Books, parent: Epoch): number {
  return books.burnt - epochOf(state, parent.id).burnsTotal
}

function payRows(state: State, draft: Draft, parent: Epoch, now: number): void {
  for (const [payee, { at }] of state.payees) {
    const account = payableOf(payee)
    const statement = draft.statements.get(account)
    let due = leafTotal(leafAt(parent, account))
    for (const { credit } of statement?.values() ?? []) due += credit
    if (due === 0 || at + state.params.inboxAgeSeconds > now) continue
    const before = lastRowOf(state, draft.parent, payee)
    draft.rows.push({
      payee,
      increment: due,
      cumulative: (before?.row.cumulative ?? 0) + due,
      previousEpoch: before?.epoch ?? 0,
    })
    const entry = entryIn(draft, account, rowKey(draft.id))
    entry.debit += due
    entry.allowances.push({ kind: 'row', payee })
  }
}

/** The newest row of a payee in an epoch or its ancestors. */
export function lastRowOf(state: State, from: number, payee: string): { epoch: number; row: Row } | undefined {
  for (let id = from; id !== 0; id = epochOf(state, id).header.parent) {
    const row = epochOf(state, id).header.rows.find(candidate => candidate.payee === payee)
    if (row !== undefined) return { epoch: id, row }
  }
  return undefined
}

function closeLeaves(books: Books, draft: Draft, parent: Epoch): void {
  const accounts = new Set([...parent.header.leaves.keys(), ...draft.statements.keys(), ...books.wallets.keys()])
  for (const account of accounts) {
    let total = leafTotal(leafAt(parent, account))
    for (const { credit, debit } of draft.statements.get(account)?.values() ?? []) total += credit - debit
    const wallet = books.wallets.get(account)
    const holds = new Map<string, number>()
    let held = 0
    for (const [digest, { order }] of wallet?.holds ?? []) {
      holds.set(digest, order.message.amount)
      held += order.message.amount
    }
    const lanes = new Map(wallet?.lanes)
    draft.leaves.set(account, { available: total - held, held, lanes, holds, sequence: wallet?.sequence ?? 0 })
  }
}

/** The header to post: copies, so that the draft may go on changing. */
export function headerOf(draft: Draft): Header {
  const leaves = new Map<string, Leaf>()
  for (const [account, leaf] of draft.leaves) leaves.set(account, { ...leaf })
  const { parent, cut, position, closedAt, burn, rows } = draft
  return { parent, cut, position, closedAt, burn, leaves, rows: [...rows] }
}

/** What each account is entitled to at the books' position, over its leaf, its payable leaf and all its rows. */
export function entitlementsOf(books: Books): Map<string, Entitlement> {
  const totals = new Map<string, number>()
  const withdrawn = new Map<string, number>()
  for (const { account, credit, debit } of books.movements) {
    const owner = account.replace(/^payable:/, '')
    totals.set(owner, (totals.get(owner) ?? 0) + credit - debit)
    if (owner !== account) withdrawn.set(owner, (withdrawn.get(owner) ?? 0) + credit)
  }
  const entitled = new Map<string, Entitlement>()
  for (const [account, total] of totals) {
    let held = 0
    for (const { order } of books.walletOf(account).holds.values()) held += order.message.amount
    const working = workOf(books, account)
    entitled.set(account, { total, held, withdrawn: withdrawn.get(account) ?? 0, working })
  }
  return entitled
}

function workOf(books: Books, node: string): Map<string, Work> {
  const working = new Map<string, Work>()
  for (const [payer, { holds }] of books.wallets) {
    for (const [digest, { order }] of holds) {
      const isOfNode = books.certificates.get(digest)?.message.node === node
      if (isOfNode) working.set(digest, { payer, amount: order.message.amount })
    }
  }
  return working
}
