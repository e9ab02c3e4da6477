import type { Address, Hex, JournalReads, LedgerEvent, WalletBalance } from '@deparrow/ledger'
import { type Kysely, sql, type Transaction } from 'kysely'
import { migrate } from '../adapters/sql/migrate.ts'
import type { SqlDatabase } from '../adapters/sql/sql-database.ts'
import { readBalance, readBalanceAsOf, readBalances, readHoldsAsOf } from './balance-reads.ts'
import { assertWhole } from './cursor.ts'
import { readEpochs, readHold, readJobsSettledOf, readSettledJob } from './job-reads.ts'
import { LiveDatabase } from './live-database.ts'
import { reachedPlaces, reachedPosition } from './places.ts'
import { PositionWaiters } from './position-waiters.ts'
import { type ReadModel, ReadModelGapError } from './read-model.port.ts'
import type { WaitOptions } from './read-queries.port.ts'
import type * as records from './read-records.ts'
import { type ProjectionTable, projectionTables, type ReadSchema } from './read-schema.ts'
import { foldInto } from './rebuild.ts'
import {
  readIou,
  readIous,
  readPermission,
  readPermissionSpends,
  readPermissionSpentAsOf,
  readPermissions,
  readRewards,
} from './record-reads.ts'
import { readStatement } from './statement-reads.ts'
import { writeProjections } from './write-projections.ts'

/** The read model in SQLite or PostgreSQL. It owns the database and closes it. */
export class KyselyReadModel implements ReadModel {
  private readonly live: LiveDatabase<ReadSchema>
  private readonly waiters = new PositionWaiters(shard => this.position(shard))
  /** The last fold or change of databases that was begun; each begins when the one before has ended. */
  private writing: Promise<unknown> = Promise.resolve()

  private constructor(database: SqlDatabase<ReadSchema>) {
    this.live = new LiveDatabase(database)
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

  async apply(events: readonly LedgerEvent[], shard = 0): Promise<void> {
    assertWhole('shard', shard)
    if (events.length === 0) return
    const reached = await this.inTurn(() => this.live.use(kysely => this.fold(kysely, events, shard)))
    this.waiters.reached(shard, reached)
  }

  /**
   * Takes a rebuilt database in the place of the one there is, and closes that when its last reader has ended. What the rebuilt one lacks it gets
   * from the journals, named by their shards, so that readers never see an older state. When this throws, nothing has changed and the rebuilt
   * one is closed.
   */
  async replaceWith(
    rebuilt: SqlDatabase<ReadSchema>,
    journals: readonly Pick<JournalReads, 'events'>[],
  ): Promise<void> {
    const successor = await KyselyReadModel.open(rebuilt)
    let replaced: Promise<void> | undefined
    try {
      await followAll(successor, journals)
      // From here on nothing is folded into the present one, so what is left is little and stays so.
      await this.inTurn(async () => {
        await followAll(successor, journals)
        await this.assertReplaceable(successor)
        replaced = this.live.replace(rebuilt)
      })
    } catch (error) {
      await successor.close()
      throw error
    }
    await replaced
  }

  position(shard = 0): Promise<number> {
    return this.live.use(kysely => reachedPosition(kysely, shard))
  }

  async waitFor(position: number, options: WaitOptions): Promise<void> {
    assertWhole('position', position)
    await this.waiters.wait(position, options)
  }

  balance(wallet: Address): Promise<WalletBalance> {
    return this.live.use(kysely => readBalance(kysely, wallet))
  }

  balanceAsOf(wallet: Address, at: records.AsOf): Promise<records.BalanceAsOf> {
    return this.live.use(kysely => readBalanceAsOf(kysely, wallet, at))
  }

  holdsAsOf(wallet: Address, at: records.AsOf, page: records.PageRequest): Promise<records.Page<records.HoldRecord>> {
    return this.live.use(kysely => readHoldsAsOf(kysely, wallet, at, page))
  }

  hold(id: Hex): Promise<records.HoldRecord | undefined> {
    return this.live.use(kysely => readHold(kysely, id))
  }

  statement(wallet: Address, query: records.StatementQuery): Promise<records.StatementPage> {
    return this.live.use(kysely => readStatement(kysely, wallet, query))
  }

  balances(shard = 0): Promise<readonly records.AccountBalance[]> {
    return this.live.use(kysely => readBalances(kysely, shard))
  }

  permission(digest: Hex): Promise<records.PermissionRecord | undefined> {
    return this.live.use(kysely => readPermission(kysely, digest))
  }

  permissions(wallet: Address, page: records.PageRequest): Promise<records.Page<records.PermissionRecord>> {
    return this.live.use(kysely => readPermissions(kysely, wallet, page))
  }

  permissionSpends(digest: Hex, page: records.PageRequest): Promise<records.Page<records.PermissionSpend>> {
    return this.live.use(kysely => readPermissionSpends(kysely, digest, page))
  }

  permissionSpentAsOf(digest: Hex, at: records.AsOf): Promise<bigint> {
    return this.live.use(kysely => readPermissionSpentAsOf(kysely, digest, at))
  }

  iou(digest: Hex): Promise<records.IouRecord | undefined> {
    return this.live.use(kysely => readIou(kysely, digest))
  }

  ious(query: records.IouQuery): Promise<records.Page<records.IouRecord>> {
    return this.live.use(kysely => readIous(kysely, query))
  }

  rewards(wallet: Address, page: records.PageRequest): Promise<records.Page<records.RewardRecord>> {
    return this.live.use(kysely => readRewards(kysely, wallet, page))
  }

  settledJob(orderDigest: Hex): Promise<records.SettledJob | undefined> {
    return this.live.use(kysely => readSettledJob(kysely, orderDigest))
  }

  jobsSettledOf(node: Address): Promise<number> {
    return this.live.use(kysely => readJobsSettledOf(kysely, node))
  }

  epochs(first: number): Promise<readonly records.EpochRecord[]> {
    return this.live.use(kysely => readEpochs(kysely, first))
  }

  async clear(): Promise<void> {
    const tables = Object.keys(projectionTables) as ProjectionTable[]
    await this.inTurn(() =>
      this.live.use(kysely =>
        kysely.transaction().execute(async transaction => {
          await lock(transaction)
          for (const table of tables) await transaction.deleteFrom(table).execute()
        }),
      ),
    )
    this.waiters.forget()
  }

  async close(): Promise<void> {
    this.waiters.close()
    await this.live.close()
  }

  private async inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.writing.then(write, write)
    this.writing = turn.catch(() => undefined)
    return turn
  }

  private fold(kysely: Kysely<ReadSchema>, events: readonly LedgerEvent[], shard: number): Promise<number> {
    return kysely.transaction().execute(async transaction => {
      await lock(transaction)
      const position = await reachedPosition(transaction, shard)
      const fresh = eventsAfter(position, events)
      const last = fresh.at(-1)
      if (last === undefined) return position
      await writeProjections({ kysely: transaction, engine: this.live.engine }, shard, fresh)
      return last.position
    })
  }

  private async assertReplaceable(successor: KyselyReadModel): Promise<void> {
    for (const { shard, position } of await this.live.use(reachedPlaces)) {
      const rebuiltPosition = await successor.position(shard)
      if (rebuiltPosition < position) throw new RebuildBehindError({ shard, position, rebuiltPosition })
    }
  }
}

/** One fold at a time, in all processes, and none while a rebuilt set of tables takes the place of these. */
async function lock(transaction: Transaction<ReadSchema>): Promise<void> {
  await sql`UPDATE read_lock SET generation = generation`.execute(transaction)
}

async function followAll(model: KyselyReadModel, journals: readonly Pick<JournalReads, 'events'>[]): Promise<void> {
  for (const [shard, journal] of journals.entries()) {
    await foldInto(model, (position, limit) => journal.events(position, limit), shard)
  }
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

/** Thrown when rebuilt projections are older than those that they are to replace. Nothing was changed. */
export class RebuildBehindError extends Error {
  override readonly name = 'RebuildBehindError'
  constructor(options: { shard: number; position: number; rebuiltPosition: number }) {
    super(
      `the rebuilt projections have come to position ${options.rebuiltPosition} of shard ${options.shard}, those in use to ${options.position}`,
    )
  }
}
