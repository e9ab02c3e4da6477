import type { Address, Hex } from '@deparrow/ledger'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { assertCount, formatCursor, formatPlace, type ListPlace, parseCursor, parsePlace } from './cursor.ts'
import { placesAt } from './places.ts'
import type {
  AsOf,
  IouQuery,
  IouRecord,
  Page,
  PageRequest,
  PermissionRecord,
  PermissionSpend,
  RewardRecord,
} from './read-records.ts'
import { toIou, toPermission, toPermissionSpend, toReward } from './read-rows.ts'
import type { ReadSchema } from './read-schema.ts'

export async function readPermission(kysely: Kysely<ReadSchema>, digest: Hex): Promise<PermissionRecord | undefined> {
  const row = await kysely.selectFrom('permission').selectAll().where('digest', '=', digest).executeTakeFirst()
  return row && toPermission(row)
}

export async function readPermissions(
  kysely: Kysely<ReadSchema>,
  wallet: Address,
  { first, cursor }: PageRequest,
): Promise<Page<PermissionRecord>> {
  assertCount(first)
  const rows = await kysely
    .selectFrom('permission')
    .selectAll()
    .where('wallet', '=', wallet)
    .where(isBefore(['granted_at_ms', 'shard', 'granted_position'], cursor))
    .orderBy('granted_at_ms', 'desc')
    .orderBy('shard', 'desc')
    .orderBy('granted_position', 'desc')
    .limit(first + 1)
    .execute()
  return pageOf(rows.map(toPermission), first, ({ grantedAtMs, shard, grantedPosition }) =>
    formatPlace({ atMs: grantedAtMs, shard, position: grantedPosition }),
  )
}

/** A permission is spent under in one shard alone, that of its wallet. */
export async function readPermissionSpends(
  kysely: Kysely<ReadSchema>,
  digest: Hex,
  { first, cursor }: PageRequest,
): Promise<Page<PermissionSpend>> {
  assertCount(first)
  const [before = Number.MAX_SAFE_INTEGER] = cursor === undefined ? [] : parseCursor(cursor, 1)
  const rows = await kysely
    .selectFrom('permission_spend')
    .selectAll()
    .where('permission', '=', digest)
    .where('position', '<', BigInt(before))
    .orderBy('position', 'desc')
    .limit(first + 1)
    .execute()
  return pageOf(rows.map(toPermissionSpend), first, ({ position }) => formatCursor([position]))
}

export async function readPermissionSpentAsOf(kysely: Kysely<ReadSchema>, digest: Hex, at: AsOf): Promise<bigint> {
  const permission = await readPermission(kysely, digest)
  const place = (await placesAt(kysely, at)).find(({ shard }) => shard === permission?.shard)
  if (place === undefined) return 0n
  const row = await kysely
    .selectFrom('permission_spend')
    .select('permission_microcredits')
    .where('permission', '=', digest)
    .where('position', '<=', BigInt(place.position))
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.permission_microcredits ?? 0n
}

export async function readIou(kysely: Kysely<ReadSchema>, digest: Hex): Promise<IouRecord | undefined> {
  const row = await kysely.selectFrom('iou').selectAll().where('digest', '=', digest).executeTakeFirst()
  return row && toIou(row)
}

export async function readIous(
  kysely: Kysely<ReadSchema>,
  { wallet, role, status, first, cursor }: IouQuery,
): Promise<Page<IouRecord>> {
  assertCount(first)
  const rows = await kysely
    .selectFrom('iou')
    .selectAll()
    .where(role, '=', wallet)
    .where('status', '=', status)
    .where(isBefore(['issued_at_ms', 'shard', 'issued_position'], cursor))
    .orderBy('issued_at_ms', 'desc')
    .orderBy('shard', 'desc')
    .orderBy('issued_position', 'desc')
    .limit(first + 1)
    .execute()
  return pageOf(rows.map(toIou), first, ({ issuedAtMs, shard, issuedPosition }) =>
    formatPlace({ atMs: issuedAtMs, shard, position: issuedPosition }),
  )
}

/** One event gives a wallet one reward, so that a place is enough to go on from. */
export async function readRewards(
  kysely: Kysely<ReadSchema>,
  wallet: Address,
  { first, cursor }: PageRequest,
): Promise<Page<RewardRecord>> {
  assertCount(first)
  const rows = await kysely
    .selectFrom('reward')
    .selectAll()
    .where('wallet', '=', wallet)
    .where(isBefore(['at_ms', 'shard', 'position'], cursor))
    .orderBy('at_ms', 'desc')
    .orderBy('shard', 'desc')
    .orderBy('position', 'desc')
    .limit(first + 1)
    .execute()
  return pageOf(rows.map(toReward), first, formatPlace)
}

const lastPlace: ListPlace = {
  atMs: Number.MAX_SAFE_INTEGER,
  shard: 2 ** 31 - 1,
  position: Number.MAX_SAFE_INTEGER,
}

/** Whether a row lies before a cursor, by the three columns after which the list is sorted; every row does without one. */
function isBefore(columns: readonly [string, string, string], cursor: string | undefined): RawBuilder<boolean> {
  const { atMs, shard, position } = cursor === undefined ? lastPlace : parsePlace(cursor)
  const [time, number, place] = columns.map(column => sql.ref(column))
  return sql`(${time}, ${number}, ${place}) < (${BigInt(atMs)}, ${BigInt(shard)}, ${BigInt(position)})`
}

/** Of one record more than wanted, the wanted ones, and whether there is more. */
function pageOf<T>(items: readonly T[], first: number, cursorOf: (item: T) => string): Page<T> {
  const page = items.slice(0, first)
  const last = page.at(-1)
  return { items: page, nextCursor: items.length > first && last !== undefined ? cursorOf(last) : undefined }
}
