import type { CreditGround, Demand } from '../demands.ts'
import { nodesBelow } from '../judge.ts'
import { isOfEpoch } from '../judge-credit.ts'
import { laneKey, payableOf, rowKey, type Transfer } from '../messages.ts'
import { digestOf, type KeyRing, type Signed } from '../signatures.ts'
import { type Epoch, epochOf, type State, type Statement } from '../state.ts'
import type { Books } from './books.ts'
import type { Draft, DraftEntry } from './draft.ts'
import { receiptDemands } from './watch-holds.ts'
import type { Steps } from './watcher.ts'

/** Statement first; then reveals towards what differs; then what differs itself. */
export function* watchAccount(state: State, books: Books, id: number, account: string, expected: Draft): Steps {
  const known = expected.statements.get(account) ?? new Map<string, DraftEntry>()
  yield [{ kind: 'statement', account }]
  const statement = epochOf(state, id).statements.get(account)
  if (statement === undefined) return
  const wanted = [...leafDemands(statement, account, expected, known), ...lanesBehind(books, statement, account)]
  wanted.push(...rowDemands(epochOf(state, id), account, expected))
  let path = ''
  for (;;) {
    yield [{ kind: 'reveal', account, path }]
    const shown = nodesBelow(state.keys, statement.entries, path)
    const wrong = shown.find(node => node.debit > sumsBelow(state.keys, known, node.path).debit)
    wanted.push(...missingCredits(state, books, epochOf(state, id), account, known, path, shown))
    if (wrong === undefined) break
    if (wrong.key !== undefined) {
      wanted.push({ kind: 'entry', account, key: wrong.key })
      wanted.push(...instructed(books, account, wrong.key))
      break
    }
    path = wrong.path
  }
  if (wanted.length > 0) yield wanted
}

/** A payout by the owner's own instruction is allowed whenever the poster likes; then it must have arrived where it waits for a row. */
function instructed(books: Books, account: string, key: string): Demand[] {
  const message = [...books.instructions].find(signed => key.startsWith(`instruction-${digestOf(signed.message)}-`))
  if (message === undefined) return []
  return [{ kind: 'credit', account: payableOf(account), key, ground: { kind: 'debited', message } }]
}

function sumsBelow(
  { placeOf }: KeyRing,
  known: ReadonlyMap<string, DraftEntry>,
  path: string,
): { credit: number; debit: number } {
  const sums = { credit: 0, debit: 0 }
  for (const [key, { credit, debit }] of known) {
    if (!placeOf(key).startsWith(path)) continue
    sums.credit += credit
    sums.debit += debit
  }
  return sums
}

/** What the closing leaf shows beside its total: holds, lanes, and what must have been debited. */
function leafDemands(
  { opening, closing }: Statement,
  account: string,
  expected: Draft,
  known: ReadonlyMap<string, DraftEntry>,
): Demand[] {
  const leaf = expected.leaves.get(account)
  const wanted: Demand[] = []
  for (const [key, amount] of closing.holds) {
    if (leaf?.holds.get(key) === amount) continue
    wanted.push({ kind: (known.get(key)?.debit ?? 0) > 0 ? 'entry' : 'hold', account, key })
  }
  for (const [key, nonce] of opening.lanes) {
    if ((closing.lanes.get(key) ?? 0) < nonce) wanted.push({ kind: 'lane', account, key })
  }
  for (const [key, { allowances }] of known) {
    for (const allowance of allowances) {
      if (allowance.kind === 'forced' && closing.available > 0) wanted.push({ kind: 'forced', index: allowance.index })
      const spend =
        allowance.kind === 'message' ? allowance.message : allowance.kind === 'job' ? allowance.order : undefined
      if (spend === undefined) continue
      const lane = closing.lanes.get(laneKey(spend.signer, spend.message.lane)) ?? 0
      if (lane < spend.message.nonce) wanted.push({ kind: 'entry', account, key })
    }
  }
  return wanted
}

/** A fresh hold whose nonce is above the closing lane: left so, the nonce would be fresh once more when the hold is gone. */
function lanesBehind(books: Books, { closing }: Statement, account: string): Demand[] {
  const held = [...closing.holds.keys()].filter(key => {
    const order = books.orders.get(key)
    if (order === undefined) return false
    return (closing.lanes.get(laneKey(order.signer, order.message.lane)) ?? 0) < order.message.nonce
  })
  return held.map(key => ({ kind: 'hold', account, key }))
}

/** A row is public; one that is not what was to be paid must be what left `payable:`. */
function rowDemands({ id, header }: Epoch, account: string, expected: Draft): Demand[] {
  const incrementIn = (rows: Draft['rows'] | Epoch['header']['rows']) =>
    rows.find(({ payee }) => payableOf(payee) === account)?.increment
  const isSame = incrementIn(header.rows) === incrementIn(expected.rows)
  return isSame ? [] : [{ kind: 'entry', account, key: rowKey(id) }]
}

/** The credits below a path that the shown nodes cannot contain, each with its ground. */
function missingCredits(
  state: State,
  books: Books,
  epoch: Epoch,
  account: string,
  known: ReadonlyMap<string, DraftEntry>,
  path: string,
  shown: readonly { path: string; credit: number; key?: string }[],
): Demand[] {
  const wanted: Demand[] = []
  const { placeOf } = state.keys
  for (const [key, { credit }] of known) {
    if (credit === 0 || !placeOf(key).startsWith(path)) continue
    const node = shown.find(candidate => placeOf(key).startsWith(candidate.path))
    const isThere = node !== undefined && (node.key === undefined || node.key === key)
    if (isThere && node.credit >= sumsBelow(state.keys, known, node.path).credit) continue
    const receipt = books.receipts.find(({ message }) => message.order === key)
    if (receipt !== undefined) wanted.push(...receiptDemands(state, books, epoch.id, receipt))
    const ground = receipt === undefined ? groundOf(state, books, epoch, account, key) : undefined
    if (ground?.kind === 'debited') wanted.push({ kind: 'statement', account: ground.message.message.wallet })
    if (ground !== undefined) wanted.push({ kind: 'credit', account, key, ground })
  }
  return wanted
}

/** The ledger's acceptance if it is of this epoch; else the debit that the sender's statement shows. */
function groundOf(state: State, books: Books, epoch: Epoch, account: string, key: string): CreditGround | undefined {
  if (key.startsWith('inbox-')) {
    const index = Number(key.slice('inbox-'.length))
    return { kind: account.startsWith('payable:') ? 'forced' : 'deposit', index }
  }
  const debited = books.movements.find(movement => movement.key === key && movement.debit > 0)?.allowance
  if (debited?.kind === 'instruction') return { kind: 'debited', message: debited.instruction }
  if (debited?.kind !== 'message') return undefined
  const acceptance = books.acceptances.get(key)
  const { message } = debited
  const isAccepted = acceptance !== undefined && isOfEpoch(state, epoch, acceptance.message)
  if (message.message.type === 'Withdrawal' || !isAccepted) return { kind: 'debited', message }
  return { kind: 'accepted', message: message as Signed<Transfer>, acceptance }
}
