import type { Address, Hex } from '@deparrow/ledger'
import type { Kysely } from 'kysely'
import { assertCount } from './cursor.ts'
import type { EpochRecord, HoldRecord, SettledJob } from './read-records.ts'
import { toEpochRecord, toHold, toPayoutRow, toSettledJob } from './read-rows.ts'
import type { ReadSchema } from './read-schema.ts'

export async function readHold(kysely: Kysely<ReadSchema>, id: Hex): Promise<HoldRecord | undefined> {
  const row = await kysely.selectFrom('hold').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toHold(row)
}

export async function readSettledJob(kysely: Kysely<ReadSchema>, orderDigest: Hex): Promise<SettledJob | undefined> {
  const query = kysely.selectFrom('settled_job').selectAll().where('order_digest', '=', orderDigest)
  const row = await query.executeTakeFirst()
  return row && toSettledJob(row)
}

export async function readJobsSettledOf(kysely: Kysely<ReadSchema>, node: Address): Promise<number> {
  const query = kysely.selectFrom('settled_job').where('node', '=', node)
  const row = await query.select(select => select.fn.countAll<bigint>().as('count')).executeTakeFirstOrThrow()
  return Number(row.count)
}

export async function readEpochs(kysely: Kysely<ReadSchema>, first: number): Promise<readonly EpochRecord[]> {
  assertCount(first)
  const rows = await kysely.selectFrom('epoch').selectAll().orderBy('epoch', 'desc').limit(first).execute()
  if (rows.length === 0) return []
  const payouts = await kysely
    .selectFrom('epoch_payout')
    .selectAll()
    .where(
      'epoch',
      'in',
      rows.map(row => row.epoch),
    )
    .orderBy('payee_id')
    .execute()
  return rows.map(row => toEpochRecord(row, payouts.filter(payout => payout.epoch === row.epoch).map(toPayoutRow)))
}
