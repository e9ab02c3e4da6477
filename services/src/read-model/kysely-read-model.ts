import type { AccountName, Address, Hex, LedgerEvent } from '@deparrow/ledger'
import type { Kysely, Transaction } from 'kysely'
import { migrate } from '../adapters/sql/migrate.ts'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'
import {
  type AccountBalance,
  type EpochRecord,
  type ReadModel,
  ReadModelGapError,
  type SettledJob,
  type StatementPage,
} from './read-model.port.ts'
import { toEpochRecord, toPayoutRow, toSettledJob, toStatementEntry } from './read-rows.ts'
import { projectionTables, type ReadSchema } from './read-schema.ts'
import { writeProjections } from './write-projections.ts'

const rowsMax = 1_000

/** The read model in SQLite or PostgreSQL. It owns the database and closes it. */
export class KyselyReadModel implements ReadModel {
  private readonly kysely: Kysely<ReadSchema>

  private constructor(private readonly database: SqlDatabase<ReadSchema>) {
    this.kysely = database.kysely
  }

  /** Migrates the database first; throws `NewerSchemaError` when it is ahead of this code, and closes it then. */
  static async open(database: SqlDatabase<ReadSchema>): Promise<KyselyReadModel> {
    try {
      await migrate(database, 'read')
      return new KyselyReadModel(database)
    } catch (error) {
      await database.close()
      throw error
    }
  }

  async apply(events: readonly LedgerEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.kysely.transaction().execute(async transaction => {
      const position = await lockCheckpoint(transaction)
      const fresh = eventsAfter(position, events)
      const last = fresh.at(-1)
      if (last === undefined) return
      await writeProjections(transaction, fresh)
      await transaction.updateTable('read_checkpoint').set({ position: last.position }).execute()
    })
  }

  async position(): Promise<number> {
    const row = await this.kysely.selectFrom('read_checkpoint').select('position').executeTakeFirstOrThrow()
    return Number(row.position)
  }

  async statement(
    wallet: Address,
    { first, beforePosition }: { readonly first: number; readonly beforePosition?: number },
  ): Promise<StatementPage> {
    assertCount(first)
    let matching = this.kysely.selectFrom('statement_entry').where('wallet', '=', wallet)
    if (beforePosition !== undefined) matching = matching.where('position', '<', BigInt(beforePosition))
    const newestFirst = matching.orderBy('position', 'desc').orderBy('entry_index', 'desc')
    const rows = await newestFirst.selectAll().limit(first).execute()
    const oldest = rows.at(-1)
    if (oldest === undefined) return { entries: [], nextPosition: undefined }
    const rest = await newestFirst
      .selectAll()
      .where('position', '=', oldest.position)
      .where('entry_index', '<', oldest.entry_index)
      .execute()
    const older = await matching.select('position').where('position', '<', oldest.position).limit(1).executeTakeFirst()
    return {
      entries: [...rows, ...rest].map(toStatementEntry),
      nextPosition: older === undefined ? undefined : Number(oldest.position),
    }
  }

  async balances(): Promise<readonly AccountBalance[]> {
    const rows = await this.kysely.selectFrom('account_balance').selectAll().orderBy('account').execute()
    return rows.map(row => ({
      account: row.account as AccountName,
      amountMicrocredits: row.amount_microcredits,
    }))
  }

  async settledJob(orderDigest: Hex): Promise<SettledJob | undefined> {
    const query = this.kysely.selectFrom('settled_job').selectAll().where('order_digest', '=', orderDigest)
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : toSettledJob(row)
  }

  async jobsSettledOf(node: Address): Promise<number> {
    const query = this.kysely.selectFrom('settled_job').where('node', '=', node)
    const row = await query.select(select => select.fn.countAll<bigint>().as('count')).executeTakeFirstOrThrow()
    return Number(row.count)
  }

  async epochs(first: number): Promise<readonly EpochRecord[]> {
    assertCount(first)
    const rows = await this.kysely.selectFrom('epoch').selectAll().orderBy('epoch', 'desc').limit(first).execute()
    if (rows.length === 0) return []
    const payouts = await this.kysely
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

  async clear(): Promise<void> {
    await this.kysely.transaction().execute(async transaction => {
      await lockCheckpoint(transaction)
      for (const table of projectionTables) await transaction.deleteFrom(table).execute()
      await transaction.updateTable('read_checkpoint').set({ position: 0 }).execute()
    })
  }

  async close(): Promise<void> {
    await this.database.close()
  }
}

/** Reads the checkpoint and keeps its row locked to the end of the transaction, so that one batch at a time is folded. */
async function lockCheckpoint(transaction: Transaction<ReadSchema>): Promise<number> {
  const row = await transaction
    .updateTable('read_checkpoint')
    .set(update => ({ position: update.ref('position') }))
    .returning('position')
    .executeTakeFirstOrThrow()
  return Number(row.position)
}

function eventsAfter(position: number, events: readonly LedgerEvent[]): readonly LedgerEvent[] {
  const fresh = events.filter(event => event.position > position)
  fresh.forEach((event, index) => {
    const expectedPosition = position + index + 1
    if (event.position !== expectedPosition) {
      throw new ReadModelGapError({ expectedPosition, foundPosition: event.position })
    }
  })
  return fresh
}

function assertCount(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > rowsMax) {
    throw new RangeError(`first is 1 to ${rowsMax}, not ${first}`)
  }
}
