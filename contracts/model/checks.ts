import type { Books } from './agents/books.ts'
import { lastRowOf } from './agents/draft.ts'
import type { People } from './agents/people.ts'
import type { Poster } from './agents/poster.ts'
import { totalBelow } from './inbox.ts'
import { payableOf } from './messages.ts'
import type { Params } from './params.ts'
import { epochOf, leafAt, leafTotal, type State } from './state.ts'

export type Facts = {
  readonly state: State
  readonly books: Books
  readonly people: People
  readonly poster: Poster
  readonly posterBond: number
  readonly isHonest: boolean
  readonly params: Params
}

/** In a final epoch every honest account has at least what the journal entitles it to, and no more of it is set aside. */
export function checkEpoch({ state, people, poster, params }: Facts, id: number): string[] {
  const epoch = epochOf(state, id)
  if (epoch.status !== 'Finalised') return []
  const violations: string[] = []
  for (const account of people.honest) {
    const entitled = poster.entitled.get(id)?.get(account) ?? { total: 0, held: 0 }
    const leaf = leafAt(epoch, account)
    const paid = lastRowOf(state, id, account)?.row.cumulative ?? 0
    const total = leafTotal(leaf) + leafTotal(leafAt(epoch, payableOf(account))) + paid
    if (total < entitled.total) violations.push(`theft from ${account} in ${id}: ${total} of ${entitled.total}`)
    if (leaf.held > entitled.held) violations.push(`frozen of ${account} in ${id}: ${leaf.held} for ${entitled.held}`)
  }
  const latest = epoch.postedAt + params.windowSeconds + 2 * params.rowMax * params.answerSeconds
  if (epoch.finalAt > latest) violations.push(`${id} held back until ${epoch.finalAt}`)
  return violations
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
  const locked = [...state.epochs.values()].reduce((sum, epoch) => sum + epoch.locked, 0)
  const bonds = state.freeBond + locked
  if (isHonest) {
    const lost = state.demands.find(({ status }) => status === 'TimedOut')
    if (lost) violations.push(`honest poster lost at ${now} to ${JSON.stringify(lost.demand)}`)
    if (bonds < posterBond) violations.push(`honest poster's bonds are ${bonds}`)
    for (const [name, gained] of state.purse) if (gained > 0 && name !== 'poster') violations.push(`${name} gains ${gained}`)
  } else if (bonds + (state.purse.get('poster') ?? 0) > posterBond + askedFor(state)) violations.push('dishonesty pays')
  return violations
}

/** What the answered demands have brought the poster. */
function askedFor(state: State): number {
  return state.demands.filter(({ status }) => status === 'Answered').length * state.params.demandBond
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
    const received = state.received.get(account) ?? 0
    if (received < entitled + returned) violations.push(`${account} ends with ${received} of ${entitled + returned}`)
  }
  if (state.holdings < 0) violations.push(`holdings end at ${state.holdings}`)
  return violations
}
