import type { AccountName, Address, EventOf, LedgerEvent } from '@deparrow/ledger'
import type { Insertable, Transaction } from 'kysely'
import { type AccountState, accountsOf, type FoldedRows, foldEvents } from './fold-events.ts'
import type { ReadSchema } from './read-schema.ts'

/** Rows in one statement: nine columns each stay far below the 32 766 parameters that SQLite takes. */
const rowsPerStatement = 500

/** Folds events that follow the checkpoint into all tables but the checkpoint. */
export async function writeProjections(
  transaction: Transaction<ReadSchema>,
  events: readonly LedgerEvent[],
): Promise<void> {
  const rows = foldEvents(events, await loadAccounts(transaction, accountsOf(events)))
  await writeAccounts(transaction, rows)
  for (const part of chunk(rows.statementEntries)) {
    await transaction
      .insertInto('statement_entry')
      .values([...part])
      .execute()
  }
  for (const part of chunk(rows.settledJobs)) {
    await transaction
      .insertInto('settled_job')
      .values([...part])
      .execute()
  }
  for (const event of rows.epochs) await writeEpoch(transaction, event)
  for (const event of rows.finalities) await writeFinality(transaction, event)
}

async function loadAccounts(
  transaction: Transaction<ReadSchema>,
  names: readonly AccountName[],
): Promise<ReadonlyMap<AccountName, AccountState>> {
  const accounts = new Map<AccountName, AccountState>()
  for (const part of chunk(names)) {
    const found = await transaction.selectFrom('account_balance').selectAll().where('account', 'in', part).execute()
    for (const row of found) {
      const wallet = row.wallet === null ? undefined : (row.wallet as Address)
      accounts.set(row.account as AccountName, { wallet, amountMicrocredits: row.amount_microcredits })
    }
  }
  return accounts
}

async function writeAccounts(transaction: Transaction<ReadSchema>, rows: FoldedRows): Promise<void> {
  const kept = [...rows.accounts].filter(([account]) => !rows.endedAccounts.has(account))
  for (const part of chunk(kept)) {
    await transaction
      .insertInto('account_balance')
      .values(
        part.map(([account, { wallet, amountMicrocredits }]) => ({
          account,
          wallet: wallet ?? null,
          amount_microcredits: amountMicrocredits,
        })),
      )
      .onConflict(conflict =>
        conflict
          .column('account')
          .doUpdateSet(update => ({ amount_microcredits: update.ref('excluded.amount_microcredits') })),
      )
      .execute()
  }
  for (const part of chunk([...rows.endedAccounts])) {
    await transaction.deleteFrom('account_balance').where('account', 'in', part).execute()
  }
}

async function writeEpoch(
  transaction: Transaction<ReadSchema>,
  { position, atMs, data }: EventOf<'EpochClosed'>,
): Promise<void> {
  await transaction
    .insertInto('epoch')
    .values({
      epoch: data.epoch,
      closed_position: position,
      closed_at_ms: atMs,
      parent: data.parent,
      inbox_cut: data.inboxCut,
      journal_position: data.journalPosition,
      journal_hash: data.journalHash,
      burn_microcredits: data.burnMicrocredits,
      leaves_root: data.leavesRoot,
      leaves_total_microcredits: data.leavesTotalMicrocredits,
    })
    .execute()
  for (const part of chunk(data.rows)) {
    const payouts: Insertable<ReadSchema['epoch_payout']>[] = part.map(row => ({
      epoch: data.epoch,
      payee_id: row.id,
      wallet: row.wallet,
      increment_microcredits: row.incrementMicrocredits,
      cumulative_microcredits: row.cumulativeMicrocredits,
      previous_epoch: row.previousEpoch,
    }))
    await transaction.insertInto('epoch_payout').values(payouts).execute()
  }
}

async function writeFinality(
  transaction: Transaction<ReadSchema>,
  { position, atMs, data }: EventOf<'EpochFinalised'>,
): Promise<void> {
  await transaction
    .updateTable('epoch')
    .set({ final_position: position, final_at_ms: atMs, final_transaction_hash: data.place.transactionHash })
    .where('epoch', '=', BigInt(data.epoch))
    .execute()
}

function chunk<T>(items: readonly T[]): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += rowsPerStatement) {
    parts.push(items.slice(start, start + rowsPerStatement))
  }
  return parts
}
