import type { Leaf, LeafAccount } from '../epoch/leaves.ts'
import type { Address } from '../hex.ts'
import type { EpochBooks, EventOf, LedgerEvent, PayoutRow } from '../journal/event.ts'
import { type AuditBooks, type AuditedPayouts, noAuditedPayouts } from './audit-books.ts'
import { type Audit, expectEntries, expectLines, touch } from './checks.ts'
import { movedAccounts } from './moved-accounts.ts'
import { closeDebited } from './turnover-movement.ts'

/** Counts what an event puts on its way to the chain, here or in the shard that pays it. */
export function countPayouts(books: AuditBooks, event: LedgerEvent): void {
  for (const [account, amountMicrocredits] of movedAccounts(event)) {
    if (!account.startsWith('payable:') || amountMicrocredits <= 0n) continue
    const wallet = account.slice('payable:'.length) as Address
    const scheduledMicrocredits = payoutsOf(books, wallet).scheduledMicrocredits + amountMicrocredits
    updatePayouts(books, wallet, { scheduledMicrocredits })
  }
}

export function payeeProblem({ books }: Audit, event: EventOf<'PayeeRegistered'>): string | undefined {
  const { wallet, id } = event.data
  if (!Number.isSafeInteger(id) || id < 1) return `registers payee id ${id}`
  if (books.payees.has(id)) return `gives payee id ${id} a second time`
  if (payoutsOf(books, wallet).payeeId !== undefined) return `registers ${wallet} as a payee a second time`
  books.payees.set(id, wallet)
  updatePayouts(books, wallet, { payeeId: id })
  return expectEntries(event, {})
}

/** Makes the epoch's books a second time, from what the auditor knows, and names what is posted otherwise. */
export function closingProblem({ books, config }: Audit, event: EventOf<'EpochClosed'>): string | undefined {
  const parent = books.lastEpoch?.epoch ?? 0
  if (books.lastEpochFinal !== parent) return `closes an epoch although epoch ${parent} is not final`
  if (books.unsettled > 0 && config.protocol === 2)
    return `closes with ${books.unsettled} receipts that are not settled`
  const [late] = books.late
  if (late !== undefined) return `closes although ${late} was due`
  const unpaid = [...books.forced].find(([, { wallet, askedMicrocredits, paidMicrocredits }]) => {
    return paidMicrocredits < askedMicrocredits && (books.balances.get(`wallet:${wallet}`) ?? 0n) > 0n
  })
  if (unpaid !== undefined) return `does not pay what inbox item ${unpaid[0]} asks for`
  const { rows, ...figures } = event.data
  const expected = expectedFigures(books, event)
  const other = (Object.keys(expected) as (keyof typeof expected)[]).find(name => figures[name] !== expected[name])
  if (other !== undefined) return `closes with ${other} ${figures[other]}, the journal says ${expected[other]}`
  const wrongRow = rowProblem(rows, expectedRows(books))
  if (wrongRow !== undefined) return wrongRow
  for (const { wallet, cumulativeMicrocredits } of rows) {
    updatePayouts(books, wallet, { postedMicrocredits: cumulativeMicrocredits, lastEpoch: event.data.epoch })
  }
  books.lastEpoch = event.data
  books.lastEpochNumber = event.data.epoch
  if (books.burns.size > 0) books.epochBurns.set(event.data.epoch, new Map(books.burns))
  books.burns.clear()
  closeDebited(books)
  return expectEntries(event, {})
}

export function finalityProblem({ books }: Audit, event: EventOf<'EpochFinalised'>): string | undefined {
  const { epoch, burnMicrocredits } = event.data
  const closed = books.lastEpoch
  if (closed?.epoch !== epoch || books.lastEpochFinal !== closed.parent) return `is final out of order`
  if (burnMicrocredits !== closed.burnMicrocredits) {
    return `burns ${burnMicrocredits} µcr, the epoch was closed with ${closed.burnMicrocredits} µcr`
  }
  books.lastEpochFinal = epoch
  books.finalEpoch = closed
  books.debitedPending.clear()
  for (const index of [...books.forced.keys()]) if (index < closed.inboxCut) books.forced.delete(index)
  return expectLines(event, [
    ['reserve', -burnMicrocredits],
    ['burn', -burnMicrocredits],
  ])
}

export function claimProblem({ books }: Audit, event: EventOf<'PayoutClaimed'>): string | undefined {
  const { wallet, paidMicrocredits, cumulativeMicrocredits } = event.data
  const { claimedMicrocredits, postedMicrocredits } = payoutsOf(books, wallet)
  if (paidMicrocredits <= 0n || claimedMicrocredits + paidMicrocredits !== cumulativeMicrocredits) {
    return `claims ${paidMicrocredits} µcr up to ${cumulativeMicrocredits} µcr after ${claimedMicrocredits} µcr`
  }
  if (cumulativeMicrocredits > postedMicrocredits) {
    return `claims up to ${cumulativeMicrocredits} µcr, epochs have posted ${postedMicrocredits} µcr`
  }
  updatePayouts(books, wallet, { claimedMicrocredits: cumulativeMicrocredits })
  return expectLines(event, [
    ['reserve', -paidMicrocredits],
    [`payable:${wallet}`, -paidMicrocredits],
  ])
}

export function payoutsOf(books: AuditBooks, wallet: Address): AuditedPayouts {
  return books.payouts.get(wallet) ?? noAuditedPayouts
}

type Figures = Omit<EpochBooks, 'rows'>

function expectedFigures(books: AuditBooks, event: EventOf<'EpochClosed'>): Figures {
  const parent = books.lastEpoch?.epoch ?? 0
  for (const account of books.balances.takeTouched()) touchLeaf(books, account)
  for (const account of books.touched) books.leaves.set(account, leafOf(books, account))
  books.touched.clear()
  const { root, totalMicrocredits } = books.leaves.root()
  return {
    epoch: books.lastEpochNumber + 1,
    parent,
    inboxCut: books.inboxCount,
    journalPosition: event.position - 1,
    journalHash: books.hash,
    burnMicrocredits: books.balances.get('burn') ?? 0n,
    leavesRoot: root,
    leavesTotalMicrocredits: totalMicrocredits,
  }
}

function touchLeaf({ touched, config }: AuditBooks, account: string): void {
  if (account.startsWith('wallet:')) touched.add(account.slice('wallet:'.length) as Address)
  else if (account === 'treasury' || account === 'rewards') touched.add(account)
  else if (account.startsWith('clearing:')) touched.add('clearing')
  else if (account.startsWith('payable:') && config?.protocol === 2) touched.add(account as LeafAccount)
}

/** A row for each payee that is owed what no epoch has posted, by ascending id. */
function expectedRows(books: AuditBooks): readonly PayoutRow[] {
  const rows: PayoutRow[] = []
  for (const wallet of books.unposted) {
    const { payeeId, scheduledMicrocredits, postedMicrocredits, lastEpoch } = payoutsOf(books, wallet)
    if (payeeId === undefined) continue
    const incrementMicrocredits = scheduledMicrocredits - postedMicrocredits
    const cumulativeMicrocredits = scheduledMicrocredits
    rows.push({ id: payeeId, wallet, incrementMicrocredits, cumulativeMicrocredits, previousEpoch: lastEpoch })
  }
  return rows.sort((a, b) => a.id - b.id)
}

function rowProblem(rows: readonly PayoutRow[], expected: readonly PayoutRow[]): string | undefined {
  if (rows.length !== expected.length) return `posts ${rows.length} rows, ${expected.length} payees are owed something`
  const index = rows.findIndex((row, at) => !isSameRow(row, expected[at] as PayoutRow))
  return index === -1 ? undefined : `posts row ${index} otherwise than payee ${expected[index]?.id} is owed`
}

function isSameRow(a: PayoutRow, b: PayoutRow): boolean {
  return (Object.keys(b) as (keyof PayoutRow)[]).every(name => a[name] === b[name])
}

/** Keeps `unposted` to the wallets that no epoch has posted everything for. */
export function updatePayouts(books: AuditBooks, wallet: Address, change: Partial<AuditedPayouts>): void {
  const payouts = { ...payoutsOf(books, wallet), ...change }
  books.payouts.set(wallet, payouts)
  touch(books, books.config?.protocol === 2 ? `payable:${wallet}` : wallet)
  if (payouts.scheduledMicrocredits > payouts.postedMicrocredits) books.unposted.add(wallet)
  else books.unposted.delete(wallet)
}

/** What the tree says of an account; `undefined` for a wallet that has nothing and has signed nothing. */
function leafOf(books: AuditBooks, account: LeafAccount): Leaf | undefined {
  const isJudged = books.config?.protocol === 2
  const holds = isJudged ? { holds: [] } : {}
  if (account === 'treasury' || account === 'rewards')
    return { ...plainLeaf(account, books.balances.get(account) ?? 0n), ...holds }
  if (account === 'clearing') return { ...plainLeaf(account, clearingOf(books)), ...holds }
  if (isPayable(account)) return payableLeaf(books, account)
  const availableMicrocredits = books.balances.get(`wallet:${account}`) ?? 0n
  const open = [...(books.held.get(account) ?? [])].map(([key, value]) => ({ key, value }))
  const waiting = isJudged ? 0n : payoutWithoutPayee(books, account)
  const heldMicrocredits = open.reduce((sum, { value }) => sum + value, waiting)
  const lanes = books.lanes.get(account) ?? []
  const isNode = books.payoutWallets.has(account)
  if (availableMicrocredits === 0n && heldMicrocredits === 0n && lanes.length === 0 && !isNode) return undefined
  const inOrder = [...lanes].sort((a, b) => a.lane - b.lane || (a.signer < b.signer ? -1 : 1))
  const nonces = inOrder.filter(used => used.signer === account).map(({ lane, nonce }) => ({ lane, nonce }))
  const delegateNonces = inOrder.filter(used => used.signer !== account)
  const receiptSequence = books.sequences.get(account) ?? 0n
  const own = isJudged ? { holds: open } : {}
  const leaf = { account, availableMicrocredits, heldMicrocredits, nonces, ...own, receiptSequence }
  return delegateNonces.length === 0 ? leaf : { ...leaf, delegateNonces }
}

function plainLeaf(account: LeafAccount, availableMicrocredits: bigint): Leaf {
  return { account, availableMicrocredits, heldMicrocredits: 0n, nonces: [], receiptSequence: 0n }
}

/** What waits for want of a payee id, which counts apart from its wallet. */
function payableLeaf(books: AuditBooks, account: `payable:${Address}`): Leaf | undefined {
  const waiting = payoutWithoutPayee(books, account.slice('payable:'.length) as Address)
  return waiting === 0n ? undefined : { ...plainLeaf(account, waiting), holds: [] }
}

function isPayable(account: LeafAccount): account is `payable:${Address}` {
  return account.startsWith('payable:')
}

/** All that is in other shards or on its way to them. */
function clearingOf({ balances, config }: AuditBooks): bigint {
  let total = 0n
  for (let shard = 0; shard < (config?.shardCount ?? 1); shard++) total += balances.get(`clearing:${shard}`) ?? 0n
  return total
}

/** A payout that no row can name, for want of a payee id, still counts as its wallet's. */
function payoutWithoutPayee(books: AuditBooks, wallet: Address): bigint {
  const { payeeId, scheduledMicrocredits, postedMicrocredits } = payoutsOf(books, wallet)
  return payeeId === undefined ? scheduledMicrocredits - postedMicrocredits : 0n
}
