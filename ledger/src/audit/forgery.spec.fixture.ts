import assert from 'node:assert/strict'
import { it } from 'node:test'
import { zeroHash } from '../hex.ts'
import type { EventOf, LedgerEvent, LedgerEventType } from '../journal/event.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { wholeLedger } from '../testing/whole-journal.ts'
import { Auditor } from './auditor.ts'

const { events, stored } = wholeLedger()

/** Values by where they stand in an event, such as `data.order.message.engine`. */
export type Changes = Readonly<Record<string, unknown>>

/** What a journal that ends in a forged event shows, or that it shows nothing. */
export type Forgery = readonly [what: string, journal: readonly LedgerEvent[], problem: string | undefined]

/** One of the events of a type in a journal with every kind of event. */
export function eventOf<T extends LedgerEventType>(type: T, nth = 0): EventOf<T> {
  const found = events.filter(event => event.type === type)[nth]
  assert.ok(found, `there is no ${type} number ${nth}`)
  return found as EventOf<T>
}

/** The journal before one of its events. */
export function before(type: LedgerEventType, nth = 0): readonly LedgerEvent[] {
  return events.slice(0, eventOf(type, nth).position - 1)
}

/** The journal up to one of its events, with that one changed. */
export function forged(type: LedgerEventType, changes: Changes, nth = 0): readonly LedgerEvent[] {
  return [...before(type, nth), changed(eventOf(type, nth), changes)]
}

/** The journal up to one of its events, and that one again, changed. */
export function again(type: LedgerEventType, changes: Changes = {}, nth = 0): readonly LedgerEvent[] {
  const event = eventOf(type, nth)
  return [...before(type, nth), event, changed(event, changes)]
}

/** The same journal as a ledger would have it whose epochs no contract judges. */
export function unjudged([opened, ...rest]: readonly LedgerEvent[]): readonly LedgerEvent[] {
  assert.ok(opened?.type === 'LedgerOpened')
  const { protocol: _, ...config } = opened.data.config
  return [{ ...opened, data: { config } }, ...rest]
}

export function changed(event: LedgerEvent, changes: Changes): LedgerEvent {
  const put = (value: unknown, [path, member]: readonly [string, unknown]) => withMember(value, path.split('.'), member)
  return Object.entries(changes).reduce(put, event) as LedgerEvent
}

/** Changes of a message that stands in an event under a name. */
export function of(name: string, changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).map(([field, value]) => [`data.${name}.message.${field}`, value]))
}

/**
 * What an auditor who trusts signatures and hashes finds in the last event of a journal, which is renumbered. Anything that it finds before
 * is no finding about the forgery.
 */
export function problemIn(journal: readonly LedgerEvent[]): string | undefined {
  const auditor = new Auditor(ethersCrypto, { signatures: 'trusted' })
  for (const [index, event] of journal.entries()) {
    const hash = stored[index]?.hash ?? zeroHash
    const finding = auditor.follow({ ...event, position: index + 1 }, '', hash, { recovered: [] })
    if (finding === undefined) continue
    assert.equal(finding.position, journal.length, finding.problem)
    return finding.problem
  }
  return undefined
}

export function itJudges(forgeries: readonly Forgery[]): void {
  for (const [what, journal, problem] of forgeries) {
    it(`${problem === undefined ? 'takes' : 'finds'} ${what}`, () => assert.equal(problemIn(journal), problem))
  }
}

/** Two entries that move an amount from one account to another. */
export function moving(from: string, to: string, amountMicrocredits: bigint) {
  return [
    { account: from, amountMicrocredits: -amountMicrocredits },
    { account: to, amountMicrocredits },
  ]
}

function withMember(value: unknown, [name, ...rest]: readonly string[], put: unknown): unknown {
  if (name === undefined) return put
  const members = value as Record<string, unknown>
  const member = withMember(members[name], rest, put)
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === name ? member : item))
  return { ...members, [name]: member }
}
