import type { Address, Hex } from '@deparrow/ledger'
import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely'
import { assertCount, assertWhole, comparePlaces, formatPlace, type ListPlace, parsePlace } from './cursor.ts'
import { lastPositionAt, shardsOf } from './places.ts'
import type { StatementPage, StatementQuery } from './read-records.ts'
import { toStatementEntry } from './read-rows.ts'
import type { ReadSchema } from './read-schema.ts'

/** An event has far fewer entries on the accounts of one wallet: what is sent between shards is at most 64 credits. */
const eventEntriesMax = 128

/** Entries that a filter looks through for one page. */
const filteredEntriesMax = 10_000

type EntryRow = Selectable<ReadSchema['statement_entry']>

/** Positions of one shard in which to look, without both ends. */
type Span = { readonly shard: number; readonly after: number; readonly before: number }

/** Entries of one shard, newest first; everything at and after `end` is among them, or without an end everything. */
type Part = { readonly rows: readonly EntryRow[]; readonly end: ListPlace | undefined }

export async function readStatement(
  kysely: Kysely<ReadSchema>,
  wallet: Address,
  query: StatementQuery,
): Promise<StatementPage> {
  assertCount(query.first)
  const spans = await spansOf(kysely, wallet, query)
  const parts = await Promise.all(spans.map(span => readPart(kysely, wallet, query, span)))
  const end = parts
    .map(part => part.end)
    .filter(place => place !== undefined)
    .sort(comparePlaces)[0]
  const rows = parts
    .flatMap(part => part.rows)
    .filter(row => end === undefined || comparePlaces(placeOf(row), end) <= 0)
    .sort((a, b) => comparePlaces(placeOf(a), placeOf(b)) || Number(b.entry_index - a.entry_index))
  const page = rows.slice(0, countToEventEnd(rows, query.first))
  const last = page.at(-1)
  const next = page.length < rows.length && last !== undefined ? placeOf(last) : end
  return {
    entries: page.map(toStatementEntry),
    nextCursor: next && formatPlace(next),
    nextPosition: next?.position,
  }
}

/** Where to look in each shard, so that only what is older than the cursor and within the wanted time is found. */
async function spansOf(kysely: Kysely<ReadSchema>, wallet: Address, query: StatementQuery): Promise<readonly Span[]> {
  const { cursor, beforePosition, fromMs, untilMs, subject } = query
  for (const [name, value] of Object.entries({ beforePosition, fromMs, untilMs })) {
    if (value !== undefined) assertWhole(name, value)
  }
  const place = cursor === undefined ? undefined : parsePlace(cursor)
  const spans: Span[] = []
  for (const shard of await shardsOf(kysely, wallet)) {
    const before = [beforePosition ?? Number.MAX_SAFE_INTEGER]
    if (place !== undefined) before.push(await positionBefore(kysely, shard, place))
    if (untilMs !== undefined) before.push(1 + (await lastPositionBefore(kysely, shard, untilMs)))
    const after = [0]
    if (fromMs !== undefined) after.push(await lastPositionBefore(kysely, shard, fromMs))
    const about = subject === undefined ? undefined : await spanOfSubject(kysely, shard, subject)
    if (subject !== undefined && about === undefined) continue
    if (about !== undefined) {
      before.push(about.before)
      after.push(about.after)
    }
    spans.push({ shard, after: Math.max(...after), before: Math.min(...before) })
  }
  return spans
}

async function lastPositionBefore(kysely: Kysely<ReadSchema>, shard: number, atMs: number): Promise<number> {
  return atMs === 0 ? 0 : lastPositionAt(kysely, shard, atMs - 1)
}

/** The first position of a shard that is not older than a place in the merged list. */
async function positionBefore(kysely: Kysely<ReadSchema>, shard: number, place: ListPlace): Promise<number> {
  if (shard === place.shard) return place.position
  const isAtSameTimeOlder = shard < place.shard
  return 1 + (await (isAtSameTimeOlder ? lastPositionAt : lastPositionBefore)(kysely, shard, place.atMs))
}

/** The events about a job or escrow lie between the opening and the end of its hold, those about an IOU after its issue. */
async function spanOfSubject(
  kysely: Kysely<ReadSchema>,
  shard: number,
  subject: Hex,
): Promise<Omit<Span, 'shard'> | undefined> {
  const hold = await kysely.selectFrom('hold').selectAll().where('id', '=', subject).executeTakeFirst()
  if (hold !== undefined) {
    if (Number(hold.shard) !== shard) return undefined
    const before = hold.ended_position === null ? Number.MAX_SAFE_INTEGER : Number(hold.ended_position) + 1
    return { after: Number(hold.opened_position) - 1, before }
  }
  const iou = await kysely.selectFrom('iou').selectAll().where('digest', '=', subject).executeTakeFirst()
  if (iou === undefined || Number(iou.shard) !== shard) return undefined
  return { after: Number(iou.issued_position), before: Number.MAX_SAFE_INTEGER }
}

async function readPart(kysely: Kysely<ReadSchema>, wallet: Address, query: StatementQuery, span: Span): Promise<Part> {
  const within = kysely
    .selectFrom('statement_entry')
    .where('wallet', '=', wallet)
    .where('shard', '=', BigInt(span.shard))
    .where('position', '<', BigInt(span.before))
    .where('position', '>', BigInt(span.after))
    .orderBy('position', 'desc')
    .orderBy('entry_index', 'desc')
  // The end of what is looked through is found first: entries that come meanwhile are newer.
  const end = isFiltered(query) ? await windowEnd(within) : undefined
  const limit = query.first + eventEntriesMax
  const searched = end === undefined ? within : within.where('position', '>=', BigInt(end.position))
  const rows = await filtered(searched, query).selectAll().limit(limit).execute()
  if (rows.length < limit) return { rows, end }
  const whole = withoutLastEvent(rows)
  return { rows: whole, end: placeOf(whole.at(-1) as EntryRow) }
}

type Entries = SelectQueryBuilder<ReadSchema, 'statement_entry', object>

function isFiltered({ events, accountKinds, counterparty, subject }: StatementQuery): boolean {
  return [events, accountKinds, counterparty, subject].some(filter => filter !== undefined)
}

function filtered(entries: Entries, { events, accountKinds, counterparty, subject }: StatementQuery): Entries {
  let wanted = entries
  if (events !== undefined) wanted = wanted.where('event', 'in', events.length === 0 ? [''] : events)
  if (accountKinds !== undefined) wanted = wanted.where('kind', 'in', accountKinds.length === 0 ? [''] : accountKinds)
  if (counterparty !== undefined) wanted = wanted.where('counterparty', '=', counterparty)
  if (subject !== undefined) wanted = wanted.where('subject', '=', subject)
  return wanted
}

/** The place up to which a filter looks; `undefined` when that is everything. */
async function windowEnd(within: Entries): Promise<ListPlace | undefined> {
  const query = within.select(['at_ms', 'shard', 'position']).offset(filteredEntriesMax - 1)
  const row = await query.limit(1).executeTakeFirst()
  return row === undefined ? undefined : placeOf(row)
}

function placeOf(row: Pick<EntryRow, 'at_ms' | 'shard' | 'position'>): ListPlace {
  return { atMs: Number(row.at_ms), shard: Number(row.shard), position: Number(row.position) }
}

/** The last event may go on beyond the last row; it is left for the next page unless it is the only one. */
function withoutLastEvent(rows: readonly EntryRow[]): readonly EntryRow[] {
  const last = rows.at(-1)?.position
  const whole = rows.filter(row => row.position !== last)
  return whole.length === 0 ? rows : whole
}

/** How many rows the wanted ones are with the rest of the last one's event. */
function countToEventEnd(rows: readonly EntryRow[], wantedCount: number): number {
  const last = rows[wantedCount - 1]
  let count = Math.min(wantedCount, rows.length)
  while (last !== undefined && rows[count]?.position === last.position && rows[count]?.shard === last.shard) count += 1
  return count
}
