import { type Allowance, inboxKey, instructionKey, laneKey, payableOf, rowKey } from '../messages.ts'
import type { Random } from '../random.ts'
import { digestOf } from '../signatures.ts'
import { epochOf, leafAt, type State } from '../state.ts'
import type { Books } from './books.ts'
import { type Draft, type DraftLeaf, entryIn, lastRowOf } from './draft.ts'
import type { People } from './people.ts'

export type Workshop = {
  readonly state: State
  readonly books: Books
  readonly random: Random
  readonly people: People
  readonly victim: string
}

/** A way to falsify an epoch before it is posted; false when there was nothing to falsify. The books still close. */
export type Tamper = (draft: Draft, workshop: Workshop) => boolean

export const tamperNames = [
  'hiddenDebit',
  'silentLoss',
  'forgedMessage',
  'strangersMessage',
  'replay',
  'twice',
  'moreThanSigned',
  'lanesReset',
  'lanesBehind',
  'inventedHold',
  'heldWithoutHolds',
  'swollenHold',
  'endlessHold',
  'settledTwice',
  'overchargedJob',
  'delegateBeyond',
  'wrongInstruction',
  'unwantedPayout',
  'wrongForced',
  'wrongRowDebit',
  'lowRow',
  'wrongCumulative',
  'highCumulative',
  'payableKept',
  'shortCredit',
  'forcedIgnored',
  'sequenceAhead',
  'receiptDropped',
  'payDropped',
  'sequenceBack',
  'jobErased',
  'holdDropped',
  'positionFrozen',
  'misdated',
  'inventedPayout',
  'fromNothing',
] as const

export type TamperName = (typeof tamperNames)[number]

const accomplice = 'mallory'

function leafIn(draft: Draft, account: string): DraftLeaf {
  let leaf = draft.leaves.get(account)
  if (leaf === undefined) {
    leaf = { available: 0, held: 0, lanes: new Map(), holds: new Map(), sequence: 0 }
    draft.leaves.set(account, leaf)
  }
  return leaf
}

/** Debits the victim under a key and gives the amount to the accomplice. */
function take(draft: Draft, from: string, amount: number, key: string, allowances: readonly Allowance[]): boolean {
  const leaf = leafIn(draft, from)
  if (amount <= 0 || leaf.available < amount) return false
  leaf.available -= amount
  leafIn(draft, accomplice).available += amount
  const entry = entryIn(draft, from, key)
  entry.debit += amount
  entry.allowances.push(...allowances)
  entryIn(draft, accomplice, key).credit += amount
  return true
}

function some({ random }: Workshop, available: number): number {
  return available <= 0 ? 0 : random.between(1, available)
}

/** Takes a credit away from an account and gives it to the accomplice. */
function diminish(draft: Draft, account: string, key: string, amount: number): boolean {
  const entry = draft.statements.get(account)?.get(key)
  const leaf = leafIn(draft, account)
  if (entry === undefined || entry.credit < amount || leaf.available < amount || amount <= 0) return false
  entry.credit -= amount
  leaf.available -= amount
  leafIn(draft, accomplice).available += amount
  entryIn(draft, accomplice, `@${'0'.repeat(7)}1`).credit += amount
  return true
}

function pastMovements({ books }: Workshop, account: string, isPast: (position: number) => boolean) {
  return books.movements.filter(({ account: of, debit, position }) => of === account && debit > 0 && isPast(position))
}

function parentPosition(state: State, draft: Draft): number {
  return epochOf(state, draft.parent).header.position
}

export const tampers: Record<TamperName, Tamper> = {
  /** A debit that no message allows, at a key in the deepest place, among decoys that cost next to nothing. */
  hiddenDebit: (draft, shop) => {
    const amount = some(shop, leafIn(draft, shop.victim).available - 8)
    if (!take(draft, shop.victim, amount, '@aaaaaaaa', [])) return false
    const decoys = '@aaaaaaa'.length - 1
    for (let depth = 0; depth < decoys; depth++) {
      const key = `@${'a'.repeat(depth)}${'b'.repeat(8 - depth)}`
      if (leafIn(draft, accomplice).available < 1) break
      leafIn(draft, accomplice).available -= 1
      entryIn(draft, accomplice, `@c${depth}000000`).debit += 1
      leafIn(draft, shop.victim).available += 1
      entryIn(draft, shop.victim, key).credit += 1
    }
    return true
  },
  /** The leaf is simply lower; the statement does not say so. */
  silentLoss: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    if (amount === 0) return false
    leaf.available -= amount
    leafIn(draft, accomplice).available += amount
    return true
  },
  /** The debit is shown with a message that somebody else signed. */
  forgedMessage: (draft, shop) => {
    const amount = some(shop, leafIn(draft, shop.victim).available)
    const body = { type: 'Transfer', wallet: shop.victim, to: accomplice, amount, lane: 7, nonce: 1 } as const
    leafIn(draft, shop.victim).lanes.set(laneKey(shop.victim, 7), 1)
    const message = { signer: shop.victim, message: body }
    return take(draft, shop.victim, amount, digestOf(body), [{ kind: 'message', message }])
  },
  /** The accomplice's own signature for the victim's wallet. */
  strangersMessage: (draft, shop) => {
    const amount = some(shop, leafIn(draft, shop.victim).available)
    const body = { type: 'Transfer', wallet: shop.victim, to: accomplice, amount, lane: 7, nonce: 1 } as const
    leafIn(draft, shop.victim).lanes.set(laneKey(accomplice, 7), 1)
    const message = shop.people.signAs(accomplice)(body)
    return take(draft, shop.victim, amount, digestOf(body), [{ kind: 'message', message }])
  },
  /** A message that an earlier epoch debited, once more. */
  replay: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const past = pastMovements(shop, shop.victim, position => position <= before)
    const { key, debit, allowance } =
      past.length === 0 ? { key: '', debit: 0, allowance: undefined } : shop.random.pick(past)
    if (allowance === undefined || allowance.kind === 'forced' || draft.statements.get(shop.victim)?.has(key))
      return false
    return take(draft, shop.victim, debit, key, [allowance])
  },
  /** The same message twice in one epoch, the second time under a key of the poster's choice. */
  twice: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const past = pastMovements(shop, shop.victim, position => position > before)
    const { debit, allowance } = past.length === 0 ? { debit: 0, allowance: undefined } : shop.random.pick(past)
    return allowance !== undefined && take(draft, shop.victim, debit, '@12345678', [allowance])
  },
  /** More than the message says. */
  moreThanSigned: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const past = pastMovements(shop, shop.victim, position => position > before)
    const { key, allowance } = past.length === 0 ? { key: '', allowance: undefined } : shop.random.pick(past)
    if (allowance === undefined || allowance.kind === 'instruction' || allowance.kind === 'job') return false
    return take(draft, shop.victim, some(shop, leafIn(draft, shop.victim).available), key, [])
  },
  /** Lanes fall back to their start, so that every old message is fresh again in the next epoch. */
  lanesReset: (draft, shop) => {
    const { lanes } = leafIn(draft, shop.victim)
    if (lanes.size === 0) return false
    const opening = leafAt(epochOf(shop.state, draft.parent), shop.victim).lanes
    const used = [...lanes].filter(([key, nonce]) => opening.get(key) === nonce)
    for (const [key] of used) lanes.delete(key)
    return used.length > 0 && shop.people.bear(shop.victim, 'replay')
  },
  /** Lanes stay where they were although messages were used. */
  lanesBehind: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const opening = leafAt(epochOf(shop.state, draft.parent), shop.victim).lanes
    const isUsed = [...leaf.lanes].some(([key, nonce]) => (opening.get(key) ?? 0) < nonce)
    leaf.lanes.clear()
    for (const [key, nonce] of opening) leaf.lanes.set(key, nonce)
    return isUsed && shop.people.bear(shop.victim, 'replay')
  },
  /** What is available is called held, with a hold that nobody ordered. */
  inventedHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    leaf.available -= amount
    leaf.held += amount
    leaf.holds.set('@00000007', amount)
    return amount > 0
  },
  /** What is available is called held, without any hold. */
  heldWithoutHolds: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    leaf.available -= amount
    leaf.held += amount
    return amount > 0
  },
  /** A real hold sets more aside than its order. */
  swollenHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const [held] = leaf.holds
    const amount = some(shop, leaf.available)
    if (held === undefined || amount === 0) return false
    leaf.available -= amount
    leaf.held += amount
    leaf.holds.set(held[0], held[1] + amount)
    return true
  },
  /** A hold that was settled or has ended is placed again, or never taken away. */
  endlessHold: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const orders = [...shop.books.orders].filter(([key, { message }]) => {
      return message.wallet === shop.victim && !leaf.holds.has(key) && leaf.available >= message.amount
    })
    if (orders.length === 0) return false
    const stood = leafAt(epochOf(shop.state, draft.parent), shop.victim).holds
    const [key, { message }] = orders.find(([digest]) => stood.has(digest)) ?? shop.random.pick(orders)
    leaf.available -= message.amount
    leaf.held += message.amount
    leaf.holds.set(key, message.amount)
    return true
  },
  /** A settled job is debited again, because its hold was left standing. */
  settledTwice: (draft, shop) => {
    const past = pastMovements(shop, shop.victim, () => true).filter(({ allowance }) => allowance?.kind === 'job')
    const { key, debit, allowance } =
      past.length === 0 ? { key: '', debit: 0, allowance: undefined } : shop.random.pick(past)
    if (allowance?.kind !== 'job' || draft.statements.get(shop.victim)?.has(key)) return false
    return take(draft, shop.victim, debit, key, [allowance])
  },
  /** A job costs more than its order's highest price. */
  overchargedJob: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const jobs = pastMovements(shop, shop.victim, position => position > before)
    const job = jobs.find(({ allowance }) => allowance?.kind === 'job')
    if (job?.allowance?.kind !== 'job') return false
    const upToMax = job.allowance.order.message.amount - job.debit
    const amount = upToMax + some(shop, leafIn(draft, shop.victim).available - upToMax)
    return amount > upToMax && take(draft, shop.victim, amount, job.key, [])
  },
  /** The delegate's message goes beyond its permission, to somebody else, after its end or after its revocation. */
  delegateBeyond: (draft, shop) => {
    const { permission, message } = shop.people.overdraw(shop.random, shop.state, draft.parent)
    const body = message.message
    if (body.wallet !== shop.victim) return false
    leafIn(draft, shop.victim).lanes.set(laneKey(message.signer, body.lane), body.nonce)
    return take(draft, shop.victim, body.amount, digestOf(body), [{ kind: 'message', message, permission }])
  },
  /** A payout by an instruction below its minimum or after its end, which the accomplice's payable gets. */
  wrongInstruction: (draft, shop) => {
    const instruction = shop.people.instructionOf(shop.victim)
    const amount = some(shop, leafIn(draft, shop.victim).available)
    if (instruction === undefined || amount === 0) return false
    const key = instructionKey(digestOf(instruction.message), draft.position)
    return take(draft, shop.victim, amount, key, [{ kind: 'instruction', instruction }])
  },
  /** A payout to the victim itself that its instruction did not ask for: too little, or too late. */
  unwantedPayout: (draft, shop) => {
    const instruction = shop.people.instructionOf(shop.victim)
    const leaf = leafIn(draft, shop.victim)
    const amount = some(shop, leaf.available)
    const isLate = (instruction?.message.expires ?? 0) <= epochOf(shop.state, draft.parent).header.closedAt
    if (instruction === undefined || amount === 0 || (amount >= instruction.message.least && !isLate)) return false
    const key = instructionKey(digestOf(instruction.message), draft.position)
    leaf.available -= amount
    const payable = payableOf(shop.victim)
    leafIn(draft, payable).available += amount
    const entry = entryIn(draft, shop.victim, key)
    entry.debit += amount
    entry.allowances.push({ kind: 'instruction', instruction })
    entryIn(draft, payable, key).credit += amount
    return !shop.state.payees.has(shop.victim)
  },
  /** A debit under a forced withdrawal that the victim did not ask for now. */
  wrongForced: (draft, shop) => {
    const items = shop.state.inbox
      .map((item, index) => ({ ...item, index }))
      .filter(({ kind }) => kind === 'ForcedWithdrawal')
    if (items.length === 0) return false
    const { index } = shop.random.pick(items)
    const amount = some(shop, leafIn(draft, shop.victim).available)
    return take(draft, shop.victim, amount, inboxKey(index), [{ kind: 'forced', index }])
  },
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
  /** A deposit, a transfer or a job's pay arrives short or not at all. */
  shortCredit: (draft, shop) => {
    const account = shop.random.isOnceIn(4) ? payableOf(shop.victim) : shop.victim
    const credits = [...(draft.statements.get(account) ?? [])].filter(([, { credit }]) => credit > 0)
    if (credits.length === 0) return false
    const [key, { credit }] = shop.random.pick(credits)
    return diminish(draft, account, key, shop.random.isOnceIn(2) ? credit : shop.random.between(1, credit))
  },
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
  /** The node's receipts up to a number count as handed in, so that it cannot demand their pay later. */
  sequenceAhead: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    if (!shop.people.isNode(shop.victim)) return false
    leaf.sequence += shop.random.between(2, 6)
    return shop.people.bear(shop.victim, 'payDropped')
  },
  /** The node's pay is dropped and the job is taken for a free one. */
  receiptDropped: (draft, shop) => {
    const jobs = [...(draft.statements.get(shop.victim) ?? [])].filter(
      ([key, { credit }]) => key.startsWith('JobOrder-') && credit > 1,
    )
    if (jobs.length === 0) return false
    const [key, { credit }] = shop.random.pick(jobs)
    if (shop.random.isOnceIn(2)) leafIn(draft, shop.victim).sequence -= 1
    return diminish(draft, shop.victim, key, shop.random.isOnceIn(2) ? credit : shop.random.between(1, credit - 1))
  },
  /** The pay of a receipt is dropped, and the sequence stays what the parent said. */
  payDropped: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const jobs = [...(draft.statements.get(shop.victim) ?? [])].filter(
      ([key, { credit }]) => key.startsWith('JobOrder-') && credit > 0,
    )
    const [key, entry] = jobs[0] ?? ['', undefined]
    const before = leafAt(epochOf(shop.state, draft.parent), shop.victim).sequence
    leaf.sequence = Math.max(leaf.sequence, before)
    return entry !== undefined && diminish(draft, shop.victim, key, entry.credit)
  },
  /** The node's sequence falls back to its start, so that what it pushes next seems to come after a gap. */
  sequenceBack: (draft, shop) => {
    const leaf = leafIn(draft, shop.victim)
    const isDropped = tampers.payDropped(draft, shop)
    leaf.sequence = Math.min(leaf.sequence, 1)
    return isDropped
  },
  /** A settled job never was: its payer keeps the price, its node gets nothing. */
  jobErased: (draft, shop) => {
    const jobs = [...(draft.statements.get(shop.victim) ?? [])].filter(
      ([key, { credit }]) => key.startsWith('JobOrder-') && credit > 0,
    )
    const [key, pay] = jobs[0] ?? ['', undefined]
    const payer = [...draft.statements].find(([, entries]) => (entries.get(key)?.debit ?? 0) > 0)
    const price = payer?.[1].get(key)?.debit ?? 0
    if (payer === undefined || pay === undefined || leafIn(draft, shop.victim).available < pay.credit) return false
    if (payer[0] === shop.victim || draft.burn < price - pay.credit) return false
    leafIn(draft, payer[0]).available += price
    leafIn(draft, shop.victim).available -= pay.credit
    draft.burn -= price - pay.credit
    payer[1].delete(key)
    draft.statements.get(shop.victim)?.delete(key)
    return true
  },
  /** A hold that a node works for goes back to its payer. */
  holdDropped: (draft, shop) => {
    const held = [...draft.leaves.values()].filter(({ holds }) => holds.size > 0)
    if (held.length === 0) return false
    const leaf = shop.random.pick(held)
    const [key, amount] = shop.random.pick([...leaf.holds])
    leaf.holds.delete(key)
    leaf.held -= amount
    leaf.available += amount
    return true
  },
  /** The journal's position stays where it was although the leaves move on. */
  positionFrozen: (draft, shop) => {
    const before = parentPosition(shop.state, draft)
    const isBehind = draft.position > before
    draft.position = before
    return shop.random.isOnceIn(2) ? tampers.shortCredit(draft, shop) : isBehind
  },
  /** Dates the epoch as if an hour had not passed, or had. */
  misdated: (draft, shop) => {
    const { closedAt } = epochOf(shop.state, draft.parent).header
    draft.closedAt = shop.random.isOnceIn(2) ? closedAt : draft.closedAt + shop.random.between(1, 300)
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
  /** Leaves, rows and burns add up to more than the inbox holds. */
  fromNothing: (draft, shop) => {
    leafIn(draft, accomplice).available += shop.random.between(1, 1000)
    return true
  },
}
