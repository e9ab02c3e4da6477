import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import {
  Auditor,
  decodeEvent,
  type EventStore,
  type Hex,
  type LedgerCrypto,
  type LedgerEvent,
  type StoredEvent,
} from '@deparrow/ledger'
import {
  type AuditAlarm,
  type AuditLegReport,
  auditOptionsAlone,
  LedgerAudit,
  type LedgerAuditParts,
  waitOnTimer,
} from '@deparrow/services'
import type { Pool } from 'pg'
import type { TopicEvent } from '../support/read-topic.ts'
import type { Acknowledged } from './ledger-load.ts'

/** A journal as it lies in the store, followed by the independent auditor to its end. */
export type AuditedJournal = {
  readonly stored: readonly StoredEvent[]
  readonly events: readonly LedgerEvent[]
  /** In µcr by account, without accounts that have nothing. */
  readonly balances: ReadonlyMap<string, bigint>
}

const pageEvents = 1_000

/** How long projections may need for what was written while they were away. */
const drainTimeoutMs = 60_000

/** Accounts of the network itself, which are on nobody's statement. */
const networkAccount = /^(reserve|burn|treasury|rewards|clearing:\d+)$/

/** Reads a journal from its first event. Throws when the auditor finds something wrong, or when it does not end at its head. */
export async function readAudited(store: EventStore, shard: string, crypto: LedgerCrypto): Promise<AuditedJournal> {
  const head = await store.head(shard)
  const auditor = new Auditor(crypto)
  const stored: StoredEvent[] = []
  const events: LedgerEvent[] = []
  while (stored.length < head.position) {
    const page = await store.read(shard, stored.length, pageEvents)
    assert.notEqual(page.length, 0, `the journal ends at ${stored.length}, its head says ${head.position}`)
    for (const each of page) {
      const event = decodeEvent(each)
      assert.equal(auditor.follow(event, each.payload, each.hash), undefined)
      stored.push(each)
      events.push(event)
    }
  }
  assert.deepEqual(auditor.head(), { position: head.position, hash: head.hash })
  return { stored, events, balances: new Map([...auditor.balances()].filter(([, balance]) => balance !== 0n)) }
}

/** Every answer is that of the one event in the journal with its id, at the position that it says; and nothing else is there but `known`. */
export function assertJournalled(
  { events }: AuditedJournal,
  acknowledged: readonly Acknowledged[],
  known: ReadonlySet<string>,
): void {
  const byId = Map.groupBy(events, event => event.commandId)
  for (const { id, answer } of acknowledged) {
    const found = byId.get(id) ?? []
    assert.equal(found.length, 1, `${id} is ${found.length} times in the journal`)
    const isRefusal = found[0]?.type === 'CommandRefused'
    assert.equal(answer.status, isRefusal ? 'refused' : 'accepted', id)
    if (answer.status === 'accepted') assert.equal(answer.lastPosition, found[0]?.position, id)
  }
  const told = new Set<string>(acknowledged.map(({ id }) => id))
  const strange = events.filter(({ commandId }) => !told.has(commandId) && !known.has(commandId))
  assert.deepEqual(strange, [], 'every command was answered in the end')
}

/** The statements hold each entry of each event on an account of a wallet, once, and nothing else. */
export async function assertProjected({ events }: AuditedJournal, admin: Pool): Promise<void> {
  await untilPosition(admin, events.length)
  const { rows } = await admin.query<{ position: string; entry_index: number; amount: string }>(
    `SELECT position, entry_index, amount_microcredits AS amount FROM statement_entry ORDER BY position, entry_index`,
  )
  const found = rows.map(({ position, entry_index, amount }) => `${position}/${entry_index}: ${amount}`)
  assert.deepEqual(found, events.flatMap(linesOfWallets))
}

/** The topic holds the journal's events as they are, each once, in order. */
export function assertPublished({ stored }: AuditedJournal, published: readonly TopicEvent[]): void {
  const wrong = stored.findIndex((event, index) => {
    const found = published[index]
    return found?.position !== event.position || found.payload !== event.payload || found.hash !== event.hash
  })
  assert.equal(wrong, -1, `event ${wrong + 1} is not the ${wrong + 1}th on the topic, which has ${published.length}`)
  assert.equal(published.length, stored.length)
}

/** The running audit, begun anew over the engines, follows everything to the journal's end and finds that it agrees. */
export async function assertAudited(parts: Omit<LedgerAuditParts, 'alarms' | 'wait' | 'options'>): Promise<void> {
  const raised: AuditAlarm[] = []
  const alarms = { raised: (alarm: AuditAlarm) => raised.push(alarm), resolved: () => undefined }
  const audit = new LedgerAudit({ ...parts, wait: waitOnTimer, options: auditOptionsAlone, alarms })
  const { position } = await parts.sources.store.head(parts.sources.journals[0] ?? '')
  const deadlineMs = performance.now() + drainTimeoutMs
  const isReached = (leg: AuditLegReport) => !leg.isConfigured || leg.position === position
  audit.start()
  try {
    while (raised.length === 0 && !audit.report().legs.every(isReached)) {
      if (performance.now() > deadlineMs) throw new Error(`the audit is late: ${JSON.stringify(audit.report())}`)
      await wait(50)
    }
    assert.deepEqual(raised, [])
  } finally {
    await audit.stop()
  }
}

/** Which answers were given to commands of which kind, for people. */
export function countsOf(acknowledged: readonly Acknowledged[]): string {
  const kinds = Map.groupBy(acknowledged, ({ type, answer }) => `${type} ${answer.status}`)
  return [...kinds].map(([kind, answers]) => `${answers.length} ${kind}`).join(', ')
}

/** Whether every id was given one answer, however often it was sent. */
export function assertSameAnswers(acknowledged: readonly Acknowledged[]): void {
  const first = new Map<Hex, string>()
  for (const { id, answer } of acknowledged) {
    const text = answer.status === 'accepted' ? `${answer.firstPosition}` : answer.refusal.code
    assert.equal(first.get(id) ?? text, text, `${id} got two answers`)
    first.set(id, text)
  }
}

function linesOfWallets({ position, entries }: LedgerEvent): readonly string[] {
  return entries.flatMap(({ account, amountMicrocredits }, index) =>
    networkAccount.test(account) ? [] : [`${position}/${index}: ${amountMicrocredits}`],
  )
}

async function untilPosition(admin: Pool, position: number): Promise<void> {
  const deadlineMs = performance.now() + drainTimeoutMs
  for (;;) {
    const { rows } = await admin.query<{ position: string }>('SELECT position FROM read_checkpoint')
    const reached = Number(rows[0]?.position ?? 0)
    if (reached >= position) return
    if (performance.now() > deadlineMs) throw new Error(`the projections came to ${reached}, not to ${position}`)
    await wait(50)
  }
}
