import { inboxKey, instructionKey, type JobOrder, laneKey, payableOf, type Receipt } from '../../messages.ts'
import { digestOf } from '../../signatures.ts'
import { epochOf } from '../../state.ts'
import { entryIn } from '../draft.ts'
import { never } from '../people.ts'
import { accomplice, leafIn, parentPosition, pastMovements, some, type Tamper, take } from './workshop.ts'

/** Debits that nobody, or not so, allowed. */
export const debitTampers = {
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
    const body = {
      type: 'Transfer',
      wallet: shop.victim,
      to: accomplice,
      amount,
      deadline: never,
      lane: 7,
      nonce: 1,
    } as const
    leafIn(draft, shop.victim).lanes.set(laneKey(shop.victim, 7), 1)
    const message = shop.state.keys.forge(shop.victim, body)
    return take(draft, shop.victim, amount, digestOf(body), [{ kind: 'message', message }])
  },
  /** The accomplice's own signature for the victim's wallet. */
  strangersMessage: (draft, shop) => {
    const amount = some(shop, leafIn(draft, shop.victim).available)
    const body = {
      type: 'Transfer',
      wallet: shop.victim,
      to: accomplice,
      amount,
      deadline: never,
      lane: 7,
      nonce: 1,
    } as const
    leafIn(draft, shop.victim).lanes.set(laneKey(accomplice, 7), 1)
    const message = shop.people.signAs(accomplice)(body)
    return take(draft, shop.victim, amount, digestOf(body), [{ kind: 'message', message }])
  },
  /** A message that nobody took while its deadline ran. */
  expiredMessage: (draft, shop) => {
    const message = shop.people.keptBackBy(shop.victim)
    if (message === undefined) return false
    const body = message.message
    if (body.deadline > epochOf(shop.state, draft.parent).header.closedAt) return false
    leafIn(draft, shop.victim).lanes.set(laneKey(shop.victim, body.lane), body.nonce)
    return take(draft, shop.victim, body.amount, digestOf(body), [{ kind: 'message', message }])
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
    const { available } = leafIn(draft, shop.victim)
    return take(draft, shop.victim, shop.random.isOnceIn(2) ? available : some(shop, available), key, [])
  },
  /** The delegate's message goes beyond its permission, to somebody else, after its end or after its revocation. */
  delegateBeyond: (draft, shop) => {
    const { permission, message } = shop.people.overdraw(shop.random, shop.state, draft.parent)
    const body = message.message
    if (body.wallet !== shop.victim) return false
    leafIn(draft, shop.victim).lanes.set(laneKey(message.signer, body.lane), body.nonce)
    return take(draft, shop.victim, body.amount, digestOf(body), [{ kind: 'message', message, permission }])
  },
  /** The delegate orders within its permission, and a node that this does not name says that it did the job. */
  delegateElsewhere: (draft, shop) => {
    const { permission, message } = shop.people.overdraw(shop.random, shop.state, draft.parent)
    const { wallet, spendMax, expires, nonce: number } = permission.message
    const { closedAt, cut } = epochOf(shop.state, draft.parent).header
    const isOver = expires <= closedAt || (shop.state.revocations.get(`${wallet}/${number}`) ?? cut) < cut
    if (wallet !== shop.victim || isOver) return false
    const { lane, nonce } = message.message
    const terms = { wallet, amount: spendMax, deadline: never, lane, nonce }
    const order = shop.people.signAs(message.signer)<JobOrder>({ type: 'JobOrder', ...terms })
    const key = digestOf(order.message)
    const work = { order: key, node: accomplice, sequence: 2000 + draft.id, units: 1 }
    const receipt = shop.people.signAs(accomplice)<Receipt>({ type: 'Receipt', ...work })
    leafIn(draft, wallet).lanes.set(laneKey(order.signer, lane), nonce)
    return take(draft, wallet, spendMax, key, [{ kind: 'job', order, receipt, permission }])
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
  /** A settled job is debited again, because its hold was left standing. */
  settledTwice: (draft, shop) => {
    const past = pastMovements(shop, shop.victim, () => true).filter(({ allowance }) => allowance?.kind === 'job')
    const { key, debit, allowance } =
      past.length === 0 ? { key: '', debit: 0, allowance: undefined } : shop.random.pick(past)
    if (allowance?.kind !== 'job' || draft.statements.get(shop.victim)?.has(key)) return false
    return take(draft, shop.victim, debit, key, [allowance])
  },
} satisfies Record<string, Tamper>
