import type { CreditGround, Demand } from '../demands.ts'
import type { Wrong } from '../direct-proofs.ts'
import { nodesBelow } from '../judge.ts'
import { laneKey, payableOf, type Receipt, rowKey, type Transfer } from '../messages.ts'
import { apply } from '../model.ts'
import { digestOf, placeOf, type Signed } from '../signatures.ts'
import {
  type Epoch,
  epochOf,
  type Leaf,
  leafAt,
  leafTotal,
  type OpenDemand,
  type State,
  type Statement,
} from '../state.ts'
import type { Books } from './books.ts'
import { type Draft, type DraftEntry, type DraftLeaf, lastRowOf } from './draft.ts'

type Steps = Generator<readonly Demand[], void, readonly OpenDemand[]>
type Watch = {
  readonly epoch: number
  readonly steps: Steps
  wanted: readonly Demand[]
  opened: OpenDemand[]
  last?: number
}

/**
 * An honest watcher for some accounts. It knows what their owners know: the messages that they signed, the ledger's acceptances and
 * certificates, and so what their statements must say (`expected`). Of the poster's books it uses only what answers have shown.
 */
export class Watcher {
  private readonly watches: Watch[] = []
  private seen = 0

  constructor(
    readonly name: string,
    private readonly state: State,
    private readonly books: Books,
    private readonly accounts: readonly string[],
    private readonly nodes: readonly string[],
    /** A blind watcher has no journal that it could compare with the root, and so asks about every account in every epoch. */
    private readonly isBlind: boolean,
    /** How long after an epoch it begins to look, in seconds. */
    private readonly delaySeconds: number,
  ) {}

  act(expected: ReadonlyMap<number, Draft>, now: number): void {
    for (; this.seen < this.state.lastEpoch; this.seen++) {
      const { id, postedAt } = epochOf(this.state, this.seen + 1)
      if (now < postedAt + this.delaySeconds) break
      this.begin(id, expected.get(id))
    }
    this.showWrongs(now)
    for (const watch of this.watches) this.follow(watch, now)
    for (const { id, status, asker, openedAt } of this.state.demands) {
      const isOver = status === 'Open' && asker === this.name && now > openedAt + this.state.params.answerSeconds
      if (isOver) apply(this.state, this.name, { type: 'timeOut', demand: id }, now)
    }
  }

  private begin(id: number, expected: Draft | undefined): void {
    const epoch = epochOf(this.state, id)
    if (expected === undefined || (!this.isBlind && isAsExpected(epoch, expected))) return
    const all = this.accounts.flatMap(account => [account, payableOf(account)])
    const rounds = [...all.map(account => watchAccount(this.state, this.books, id, account, expected))]
    rounds.push(...this.nodes.map(node => watchHolds(this.state, this.books, id, node, expected)))
    for (const steps of rounds) {
      const first = steps.next()
      if (!first.done) this.watches.push({ epoch: id, steps, wanted: first.value, opened: [] })
    }
  }

  /** Opens what a watch wants, waits until all of it is answered, and goes on. */
  private follow(watch: Watch, now: number): void {
    if (epochOf(this.state, watch.epoch).status !== 'Pending') return
    while (watch.wanted.length > 0) {
      const demand = watch.wanted[0] as Demand
      const follows = watch.last === undefined ? {} : { follows: watch.last }
      const action = { type: 'openDemand', epoch: watch.epoch, demand, ...follows } as const
      const result = apply(this.state, this.name, action, now)
      if (!result.isAccepted) {
        if (result.error === 'StatementMissing') return
      } else watch.opened.push(this.state.demands[result.value] as OpenDemand)
      watch.wanted = watch.wanted.slice(1)
    }
    if (watch.opened.some(({ status }) => status !== 'Answered')) return
    const last = watch.opened.at(-1)?.id
    if (last === undefined) return
    watch.last = last
    const next = watch.steps.next(watch.opened)
    watch.opened = []
    watch.wanted = next.done ? [] : next.value
  }

  private showWrongs(now: number): void {
    for (const epoch of this.state.epochs.values()) {
      if (epoch.status !== 'Pending') continue
      for (const wrong of this.wrongsOf(epoch)) {
        apply(this.state, this.name, { type: 'cancelWrong', epoch: epoch.id, wrong }, now)
      }
    }
  }

  private wrongsOf(epoch: Epoch): Wrong[] {
    const { header, id } = epoch
    const rows = header.rows.map(({ payee }): Wrong => {
      return { kind: 'row', payee, earlier: lastRowOf(this.state, header.parent, payee)?.epoch ?? 0 }
    })
    const payables = this.accounts.filter(payee => leafTotal(leafAt(epoch, payableOf(payee))) > 0)
    const signed = [...this.books.acceptances.values(), ...this.books.certificates.values()]
    const late = signed.filter(({ message }) => message.at < header.closedAt && message.position > header.position)
    const found: Wrong[] = [...rows, ...payables.map((payee): Wrong => ({ kind: 'payable', payee }))]
    if (late[0] !== undefined && id > 0) found.push({ kind: 'misdated', signed: late[0] })
    return found
  }
}

function isAsExpected(epoch: Epoch, expected: Draft): boolean {
  const { leaves, rows } = epoch.header
  const accounts = new Set([...leaves.keys(), ...expected.leaves.keys()])
  for (const account of accounts) if (!isSameLeaf(leafAt(epoch, account), expected.leaves.get(account))) return false
  return JSON.stringify(rows) === JSON.stringify(expected.rows)
}

function isSameLeaf(leaf: Leaf, expected: DraftLeaf | undefined): boolean {
  if (expected === undefined) return leafTotal(leaf) === 0 && leaf.sequence === 0
  const isSame =
    leaf.available === expected.available && leaf.held === expected.held && leaf.sequence === expected.sequence
  return isSame && isSameMap(leaf.lanes, expected.lanes) && isSameMap(leaf.holds, expected.holds)
}

function isSameMap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

/** Statement first; then reveals towards what differs; then what differs itself. */
function* watchAccount(state: State, books: Books, id: number, account: string, expected: Draft): Steps {
  const known = expected.statements.get(account) ?? new Map<string, DraftEntry>()
  yield [{ kind: 'statement', account }]
  const statement = epochOf(state, id).statements.get(account)
  if (statement === undefined) return
  const wanted = [...leafDemands(statement, account, expected, known), ...lanesBehind(books, statement, account)]
  wanted.push(...rowDemands(epochOf(state, id), account, expected), ...takenUnpaid(books, statement, account, expected))
  let path = ''
  for (;;) {
    yield [{ kind: 'reveal', account, path }]
    const shown = nodesBelow(statement.entries, path)
    const wrong = shown.find(node => node.debit > sumsBelow(known, node.path).debit)
    wanted.push(...missingCredits(books, account, known, path, shown))
    if (wrong === undefined) break
    if (wrong.key !== undefined) {
      wanted.push({ kind: 'entry', account, key: wrong.key })
      wanted.push(...instructed(books, account, wrong.key, wrong.debit))
      break
    }
    path = wrong.path
  }
  if (wanted.length > 0) yield wanted
}

/** A payout by the owner's own instruction is allowed whenever the poster likes; then it must have arrived where it waits for a row. */
function instructed(books: Books, account: string, key: string, least: number): Demand[] {
  const message = [...books.instructions].find(signed => key.startsWith(`instruction-${digestOf(signed.message)}-`))
  if (message === undefined) return []
  return [{ kind: 'credit', account: payableOf(account), key, least, ground: { kind: 'debited', message } }]
}

function sumsBelow(known: ReadonlyMap<string, DraftEntry>, path: string): { credit: number; debit: number } {
  const sums = { credit: 0, debit: 0 }
  for (const [key, { credit, debit }] of known) {
    if (!placeOf(key).startsWith(path)) continue
    sums.credit += credit
    sums.debit += debit
  }
  return sums
}

/** What the closing leaf shows beside its total: holds, lanes, sequence, and what must have been debited. */
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
    wanted.push({ kind: known.has(key) ? 'entry' : 'hold', account, key })
  }
  for (const [key, nonce] of opening.lanes) {
    if ((closing.lanes.get(key) ?? 0) < nonce) wanted.push({ kind: 'lane', account, key })
  }
  if (closing.sequence !== (leaf?.sequence ?? 0)) wanted.push({ kind: 'sequence', account })
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

/** Receipts that a sequence too high has passed over: only in this epoch can their pay be demanded. */
function takenUnpaid(books: Books, { closing }: Statement, node: string, expected: Draft): Demand[] {
  const before = expected.leaves.get(node)?.sequence ?? 0
  const passed = [...books.pushed.values()].filter(({ message }) => {
    return message.node === node && message.sequence > before && message.sequence <= closing.sequence
  })
  return passed.flatMap(receipt => receiptDemand(books, receipt) ?? [])
}

function receiptDemand(books: Books, receipt: Signed<Receipt>, isAccepted = false): Demand | undefined {
  const order = books.orders.get(receipt.message.order)
  const certificate = books.certificates.get(receipt.message.order)
  if (order === undefined || certificate === undefined) return undefined
  return { kind: 'receipt', order, receipt, certificate, ...(isAccepted ? acceptanceOf(books, receipt) : {}) }
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
  books: Books,
  account: string,
  known: ReadonlyMap<string, DraftEntry>,
  path: string,
  shown: readonly { path: string; credit: number; key?: string }[],
): Demand[] {
  const wanted: Demand[] = []
  for (const [key, { credit }] of known) {
    if (credit === 0 || !placeOf(key).startsWith(path)) continue
    const node = shown.find(candidate => placeOf(key).startsWith(candidate.path))
    const isThere = node !== undefined && (node.key === undefined || node.key === key)
    if (isThere && node.credit >= sumsBelow(known, node.path).credit) continue
    const demand = creditDemand(books, account, key, credit)
    if (demand !== undefined) wanted.push(demand)
  }
  return wanted
}

function creditDemand(books: Books, account: string, key: string, least: number): Demand | undefined {
  if (books.orders.has(key)) {
    const receipt = books.receipts.find(({ message }) => message.order === key)
    return receipt && receiptDemand(books, receipt, true)
  }
  const ground = groundOf(books, account, key)
  return ground && { kind: 'credit', account, key, least, ground }
}

function acceptanceOf(books: Books, receipt: Parameters<Books['settle']>[0]) {
  const acceptance = books.acceptanceOf(receipt)
  return acceptance === undefined ? {} : { acceptance }
}

function groundOf(books: Books, account: string, key: string): CreditGround | undefined {
  if (key.startsWith('inbox-')) {
    const index = Number(key.slice('inbox-'.length))
    return { kind: account.startsWith('payable:') ? 'forced' : 'deposit', index }
  }
  const debited = books.movements.find(movement => movement.key === key && movement.debit > 0)?.allowance
  if (debited?.kind === 'instruction') return { kind: 'debited', message: debited.instruction }
  if (debited?.kind !== 'message') return undefined
  const acceptance = books.acceptances.get(key)
  const { message } = debited
  if (message.message.type === 'Withdrawal' || acceptance === undefined) return { kind: 'debited', message }
  return { kind: 'accepted', message: message as Signed<Transfer>, acceptance }
}

/** A node looks whether the holds that it works for still stand. */
function* watchHolds(state: State, books: Books, id: number, node: string, expected: Draft): Steps {
  const demands: Demand[] = []
  for (const [digest, certificate] of books.certificates) {
    const order = books.orders.get(digest)
    if (order === undefined || certificate.message.node !== node) continue
    const payer = order.message.wallet
    if (!expected.leaves.get(payer)?.holds.has(digest)) continue
    yield [{ kind: 'leaf', account: payer }]
    if (!leafAt(epochOf(state, id), payer).holds.has(digest)) demands.push({ kind: 'kept', order, certificate })
  }
  if (demands.length > 0) yield demands
}
