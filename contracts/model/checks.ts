import type { Books } from './agents/books.ts'
import { lastRowOf } from './agents/draft.ts'
import type { People } from './agents/people.ts'
import type { Poster } from './agents/poster.ts'
import { isPayeeBefore, totalBelow } from './inbox.ts'
import { payableOf } from './messages.ts'
import type { Params } from './params.ts'
import { epochOf, type Leaf, leafAt, leafTotal, type State } from './state.ts'

export type Facts = {
  readonly state: State
  readonly books: Books
  readonly people: People
  readonly poster: Poster
  readonly posterBond: number
  readonly isHonest: boolean
  readonly params: Params
  /** What each account was paid out beyond what the journal says, at the last final epoch. */
  readonly beyond: Map<string, number>
}

/** In a final epoch every honest account has at least what the journal entitles it to, and no more of it is set aside. */
export function checkEpoch({ state, books, people, poster, params, beyond }: Facts, id: number): string[] {
  const epoch = epochOf(state, id)
  if (epoch.status !== 'Finalised') return []
  const violations: string[] = []
  for (const account of people.honest) {
    const entitled = poster.entitled.get(id)?.get(account)
    if (entitled === undefined) continue
    const leaf = leafAt(epoch, account)
    const paid = lastRowOf(state, id, account)?.row.cumulative ?? 0
    const payable = leafTotal(leafAt(epoch, payableOf(account)))
    const total = leafTotal(leaf) + payable + paid + byBond(state, account)
    if (payable + paid < entitled.withdrawn) violations.push(`withheld from ${account} in ${id}: ${payable + paid}`)
    if (payable > 0 && isPayeeBefore(state, account, epoch.header.cut)) violations.push(`unpaid: ${account} in ${id}`)
    const parent = epochOf(state, epoch.header.parent)
    const more = payable + paid - entitled.withdrawn - (beyond.get(account) ?? 0)
    beyond.set(account, payable + paid - entitled.withdrawn)
    if (more > 0 && !isInstructed(people, account, more, parent.header.closedAt))
      violations.push(`unwanted payout of ${account}`)
    for (const [order, { payer, amount }] of entitled.working) {
      if ((leafAt(epoch, payer).holds.get(order) ?? 0) < amount) violations.push(`hold dropped in ${id}: ${order}`)
    }
    if (total < entitled.total) violations.push(`theft from ${account} in ${id}: ${total} of ${entitled.total}`)
    if (leaf.held - heldPastItsEnd(books, leaf) > entitled.held)
      violations.push(`frozen of ${account} in ${id}: ${leaf.held} for ${entitled.held}`)
  }
  const latest = epoch.postedAt + params.windowSeconds + 2 * params.rowMax * params.answerSeconds
  if (epoch.finalAt > latest) violations.push(`${id} held back until ${epoch.finalAt}`)
  return violations
}

/** The hold of a job that was settled for nothing or given back may stand until its time is over: no entry says that it has ended. */
function heldPastItsEnd(books: Books, { holds }: Leaf): number {
  const forNothing = books.receipts.filter(({ message }) => message.units === 0).map(({ message }) => message.order)
  const ended = new Set([...forNothing, ...books.releases.keys()])
  return [...holds].reduce((sum, [order, amount]) => sum + (ended.has(order) ? amount : 0), 0)
}

function isInstructed(people: People, account: string, amount: number, closedAt: number): boolean {
  const instruction = people.instructionOf(account)?.message
  return instruction !== undefined && amount >= instruction.least && instruction.expires > closedAt
}

/** What the poster's bond has paid the account for orders that the books do not know. */
function byBond(state: State, account: string): number {
  return Math.max(0, state.purse.get(account) ?? 0)
}

/** The contract holds what it owes, an honest poster loses nothing, and asking an honest poster is never a business. */
export function checkStep({ state, posterBond, isHonest }: Facts, now: number): string[] {
  const violations: string[] = []
  const burnt = epochOf(state, state.finalEpoch).burnsTotal
  const paid = [...state.claimed.values()].reduce((sum, amount) => sum + amount, 0)
  const owed = totalBelow(state, state.inbox.length) - burnt - paid
  if (state.holdings !== owed) violations.push(`holdings ${state.holdings} for ${owed}`)
  const emitted = state.inbox.filter(({ kind }) => kind === 'Emission').reduce((sum, { amount }) => sum + amount, 0)
  if (emitted * 2 > burnt) violations.push(`emitted ${emitted} for ${burnt}`)
  violations.push(...checkWatcher(state), ...checkProgress(state, now))
  if (state.isExit) violations.push(`exit at ${now} without need`)
  if (isHonest) {
    const lost = state.demands.find(({ status }) => status === 'TimedOut')
    if (lost) violations.push(`honest poster lost at ${now} to ${JSON.stringify(lost.demand)}`)
    if (state.bond < posterBond) violations.push(`honest poster's bond is ${state.bond}`)
    for (const [name, gained] of state.purse)
      if (gained > 0 && name !== 'poster') violations.push(`${name} gains ${gained}`)
  } else if (state.bond + (state.purse.get('poster') ?? 0) > posterBond + askedFor(state))
    violations.push('dishonesty pays')
  return violations
}

/** A demand that ends without an answer brings its reward, one that falls away with its epoch costs nothing. */
function checkWatcher(state: State): string[] {
  const { demandBond, reward } = state.params
  let least = 0
  for (const { asker, status, isAskerRight } of state.demands) {
    if (asker !== 'watcher' || isAskerRight) continue
    if (status === 'TimedOut') least += reward
    if (status === 'Open' || status === 'Answered') least -= demandBond
  }
  return (state.purse.get('watcher') ?? 0) < least ? [`the watcher is paid less than ${least}`] : []
}

/** While epochs become final, what stands in the inbox is covered by one of them before long. */
function checkProgress(state: State, now: number): string[] {
  const { inboxAgeSeconds, inboxSlackSeconds, lagSecondsMax, windowSeconds, answerSeconds, rowMax } = state.params
  const oldest = state.inbox[epochOf(state, state.finalEpoch).header.cut]
  const longest = inboxAgeSeconds + inboxSlackSeconds + lagSecondsMax + 2 * windowSeconds + 2 * rowMax * answerSeconds
  const isStuck = oldest !== undefined && oldest.at + longest < state.finalisedAt
  return isStuck ? [`at ${now} an item of ${oldest.at} is in no final epoch`] : []
}

/** What the answered demands have brought the poster. */
function askedFor(state: State): number {
  return (
    state.demands.filter(({ status, isAskerRight }) => status === 'Answered' && !isAskerRight).length *
    state.params.demandBond
  )
}

/** Every honest account has been given everything, in DPC. */
export function checkEnd({ state, people, poster }: Facts): string[] {
  const violations: string[] = []
  const { cut } = epochOf(state, state.finalEpoch).header
  for (const account of people.honest) {
    const entitled = poster.entitled.get(state.finalEpoch)?.get(account)?.total ?? 0
    const returned = state.inbox
      .slice(cut)
      .filter(({ kind, account: of }) => kind === 'Deposit' && of === account)
      .reduce((sum, { amount }) => sum + amount, 0)
    const received = (state.received.get(account) ?? 0) + byBond(state, account)
    if (received < entitled + returned) violations.push(`${account} ends with ${received} of ${entitled + returned}`)
  }
  if (state.holdings < 0) violations.push(`holdings end at ${state.holdings}`)
  return violations
}
