import type { Address, Hex } from '@deparrow/ledger'
import type { Insertable, Kysely, Transaction } from 'kysely'
import type { Job, JobStatus } from './job.ts'
import { type JobTable, jobFromRow, jobToRow, type MarketTables } from './job-row.ts'
import type { JobBatch, JobPage, JobStore } from './job-store.port.ts'

const cursorName = 'ledger'

/** {@link JobStore} on any SQL database that Kysely speaks to; `migrations/market` must have been applied. */
export class KyselyJobStore implements JobStore {
  constructor(private readonly database: Kysely<MarketTables>) {}

  async write(batch: JobBatch): Promise<void> {
    await this.database.transaction().execute(async transaction => {
      for (const job of batch.jobs) await upsertJob(transaction, jobToRow(job))
      for (const log of batch.logs) await upsertLog(transaction, log)
      for (const id of batch.removed) await removeJob(transaction, id)
      if (batch.cursor !== undefined) await upsertCursor(transaction, batch.cursor)
    })
  }

  async job(id: Hex): Promise<Job | undefined> {
    const row = await this.database.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? undefined : jobFromRow(row)
  }

  async unfinished(): Promise<readonly Job[]> {
    const rows = await this.database
      .selectFrom('jobs')
      .selectAll()
      .where('settled_at_ms', 'is', null)
      .orderBy('submitted_at_ms')
      .execute()
    return rows.map(jobFromRow)
  }

  async page(payer: Address, first: number, before: string | undefined): Promise<JobPage> {
    const after = parseCursor(before)
    const ofPayer = this.database.selectFrom('jobs').selectAll().where('payer', '=', payer)
    const rows = await (after === undefined
      ? ofPayer
      : ofPayer.where(({ eb, and, or }) =>
          or([
            eb('submitted_at_ms', '<', after.atMs),
            and([eb('submitted_at_ms', '=', after.atMs), eb('id', '<', after.id)]),
          ]),
        )
    )
      .orderBy('submitted_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(first + 1)
      .execute()
    const jobs = rows.slice(0, first).map(jobFromRow)
    const last = jobs.at(-1)
    const hasMore = rows.length > first && last !== undefined
    return { jobs, next: hasMore ? `${last.submittedAtMs}.${last.id}` : undefined }
  }

  async countByStatus(): Promise<Readonly<Partial<Record<JobStatus, number>>>> {
    const rows = await this.database
      .selectFrom('jobs')
      .select(({ fn }) => ['status', fn.countAll<bigint>().as('jobCount')])
      .groupBy('status')
      .execute()
    return Object.fromEntries(rows.map(row => [row.status, Number(row.jobCount)]))
  }

  async log(id: Hex): Promise<string | undefined> {
    const row = await this.database.selectFrom('job_logs').select('text').where('job_id', '=', id).executeTakeFirst()
    return row?.text
  }

  async cursor(): Promise<number> {
    const row = await this.database
      .selectFrom('market_cursor')
      .select('position')
      .where('name', '=', cursorName)
      .executeTakeFirst()
    return Number(row?.position ?? 0n)
  }
}

function parseCursor(text: string | undefined): { readonly atMs: bigint; readonly id: string } | undefined {
  const match = /^(\d{1,15})\.(0x[0-9a-f]{64})$/.exec(text ?? '')
  return match === null ? undefined : { atMs: BigInt(match[1] ?? '0'), id: match[2] ?? '' }
}

async function upsertJob(transaction: Transaction<MarketTables>, row: Insertable<JobTable>): Promise<void> {
  const { id: _id, ...changed } = row
  await transaction
    .insertInto('jobs')
    .values(row)
    .onConflict(conflict => conflict.column('id').doUpdateSet(changed))
    .execute()
}

async function upsertLog(transaction: Transaction<MarketTables>, log: JobBatch['logs'][number]): Promise<void> {
  await transaction
    .insertInto('job_logs')
    .values({ job_id: log.id, text: log.text })
    .onConflict(conflict => conflict.column('job_id').doUpdateSet({ text: log.text }))
    .execute()
}

async function removeJob(transaction: Transaction<MarketTables>, id: Hex): Promise<void> {
  await transaction.deleteFrom('jobs').where('id', '=', id).execute()
  await transaction.deleteFrom('job_logs').where('job_id', '=', id).execute()
}

async function upsertCursor(transaction: Transaction<MarketTables>, position: number): Promise<void> {
  await transaction
    .insertInto('market_cursor')
    .values({ name: cursorName, position })
    .onConflict(conflict => conflict.column('name').doUpdateSet({ position }))
    .execute()
}
