import type { Demand } from '../demands.ts'
import type { Wrong } from '../direct-proofs.ts'
import { payableOf } from '../messages.ts'
import { apply } from '../model.ts'
import { type Epoch, epochOf, type Leaf, leafAt, leafTotal, type OpenDemand, type State } from '../state.ts'
import type { Books } from './books.ts'
import { type Draft, type DraftLeaf, lastRowOf } from './draft.ts'
import type { People } from './people.ts'
import { watchAccount } from './watch-account.ts'
import { watchHolds } from './watch-holds.ts'

/** The batches of demands that one watch asks one after the other, each after the answers to the one before. */
export type Steps = Generator<readonly Demand[], void, readonly OpenDemand[]>
type Watch = {
  readonly epoch: number
  readonly steps: Steps
  wanted: readonly Demand[]
  opened: OpenDemand[]
  /** Whether the statement that was wanted stood before. */
  isStated: boolean
  readonly answered: OpenDemand[]
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
    private readonly people: People,
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
    const all = this.people.honest.flatMap(account => [account, payableOf(account)])
    const rounds = [...all.map(account => watchAccount(this.state, this.books, id, account, expected))]
    rounds.push(watchHolds(this.state, this.books, this.people, id, expected))
    for (const steps of rounds) {
      const first = steps.next()
      if (!first.done)
        this.watches.push({ epoch: id, steps, wanted: first.value, opened: [], isStated: false, answered: [] })
    }
  }

  /** Opens what a watch wants, waits until all of it is answered, and goes on. */
  private follow(watch: Watch, now: number): void {
    if (epochOf(this.state, watch.epoch).status !== 'Pending') return
    while (this.ask(watch, now)) {
      if (watch.opened.some(({ status }) => status !== 'Answered')) return
      watch.answered.push(...watch.opened)
      const next = watch.steps.next(watch.opened)
      watch.opened = []
      watch.isStated = false
      watch.wanted = next.done ? [] : next.value
    }
  }

  /** Asks what is wanted; false while it cannot be asked, or when there was nothing to ask. */
  private ask(watch: Watch, now: number): boolean {
    while (watch.wanted.length > 0) {
      const demand = watch.wanted[0] as Demand
      const before = this.followable(watch, now)
      const follows = before === undefined ? {} : { follows: before.id }
      const action = { type: 'openDemand', epoch: watch.epoch, demand, ...follows } as const
      const result = apply(this.state, this.name, action, now)
      if (result.isAccepted) watch.opened.push(this.state.demands[result.value] as OpenDemand)
      else if (result.error === 'StatementMissing') return false
      else if (result.error === 'StatementKnown') watch.isStated = true
      else if (result.error === 'DemandKnown')
        watch.opened.push(this.ranked(Number(result.data['number']), before, now))
      watch.wanted = watch.wanted.slice(1)
    }
    return watch.isStated || watch.opened.length > 0
  }

  /** What somebody else has asked gets the place in a row that it would have here, if that is lower. */
  private ranked(number: number, before: OpenDemand | undefined, now: number): OpenDemand {
    const known = this.state.demands[number] as OpenDemand
    const follows = before === undefined ? {} : { follows: before.id }
    if (known.depth > (before?.depth ?? 0) + 1)
      apply(this.state, this.name, { type: 'rank', demand: number, ...follows }, now)
    return known
  }

  /** The lowest in its row of what was answered so lately that a demand may follow it. */
  private followable({ answered }: Watch, now: number): OpenDemand | undefined {
    const { answerSeconds } = this.state.params
    const lately = answered.filter(({ answeredAt }) => now < answeredAt + answerSeconds)
    return lately.sort((a, b) => a.depth - b.depth || b.answeredAt - a.answeredAt)[0]
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
    const payables = this.people.honest.filter(payee => leafTotal(leafAt(epoch, payableOf(payee))) > 0)
    const late = [...this.books.acceptances.values()].find(
      ({ message }) => message.at < header.closedAt && message.position > header.position,
    )
    const found: Wrong[] = [...rows, ...payables.map((payee): Wrong => ({ kind: 'payable', payee }))]
    if (late !== undefined && id > 0) found.push({ kind: 'stale', acceptance: late })
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
