import type { Address } from '@deparrow/ledger'
import type { Kysely } from 'kysely'
import { assertWhole } from './cursor.ts'
import { ReadModelBehindError } from './read-queries.port.ts'
import type { AsOf, ShardPosition } from './read-records.ts'
import type { ReadSchema } from './read-schema.ts'

/** How far the projections of a shard have come. */
export async function reachedPosition(kysely: Kysely<ReadSchema>, shard: number): Promise<number> {
  const query = kysely.selectFrom('read_checkpoint').select('position').where('shard', '=', BigInt(shard))
  return Number((await query.executeTakeFirst())?.position ?? 0n)
}

/** How far the projections have come in every shard that they know. */
export async function reachedPlaces(kysely: Kysely<ReadSchema>): Promise<readonly ShardPosition[]> {
  const rows = await kysely.selectFrom('read_checkpoint').selectAll().orderBy('shard').execute()
  return rows.map(row => ({ shard: Number(row.shard), position: Number(row.position) }))
}

/**
 * The places in the journals that a moment is, ascending by shard. Throws {@link ReadModelBehindError} for a position that is not reached,
 * and a `RangeError` for what is no moment.
 */
export async function placesAt(kysely: Kysely<ReadSchema>, at: AsOf): Promise<readonly ShardPosition[]> {
  if ('atMs' in at) {
    assertWhole('atMs', at.atMs)
    const shards = await reachedPlaces(kysely)
    return Promise.all(
      shards.map(async ({ shard }) => ({ shard, position: await lastPositionAt(kysely, shard, at.atMs) })),
    )
  }
  const { position, shard = 0 } = at
  assertWhole('position', position)
  assertWhole('shard', shard)
  const reached = await reachedPosition(kysely, shard)
  if (position > reached) throw new ReadModelBehindError({ shard, position, reachedPosition: reached })
  return [{ shard, position }]
}

/** The last position of a shard whose event is not later than a time; 0 for none. */
export async function lastPositionAt(kysely: Kysely<ReadSchema>, shard: number, atMs: number): Promise<number> {
  const row = await kysely
    .selectFrom('journal_time')
    .select('position')
    .where('shard', '=', BigInt(shard))
    .where('at_ms', '<=', BigInt(atMs))
    .orderBy('at_ms', 'desc')
    .limit(1)
    .executeTakeFirst()
  return Number(row?.position ?? 0n)
}

/** The shards in which a wallet has ever had anything, ascending. */
export async function shardsOf(kysely: Kysely<ReadSchema>, wallet: Address): Promise<readonly number[]> {
  const query = kysely.selectFrom('wallet_balance').select('shard').where('wallet', '=', wallet).orderBy('shard')
  return (await query.execute()).map(row => Number(row.shard))
}
