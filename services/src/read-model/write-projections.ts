import type { Address, EventOf, LedgerEvent } from '@deparrow/ledger'
import type { Insertable, Kysely } from 'kysely'
import type { SqlEngine } from '../adapters/sql/sql-database.ts'
import { foldEvents } from './fold-events.ts'
import { iouRow } from './fold-ious.ts'
import type { FoldState, HoldRow, PermissionState, WalletState } from './fold-state.ts'
import { insertRows } from './insert-rows.ts'
import { loadFoldState } from './load-state.ts'
import type { ProjectionRows } from './projection-rows.ts'
import type { ReadSchema } from './read-schema.ts'

/** Tables and the engine that they are in; within a transaction that somebody else ends. */
export type ProjectionTarget = { readonly kysely: Kysely<ReadSchema>; readonly engine: SqlEngine }

/** Folds events that follow a shard's checkpoint into all tables and moves the checkpoint. There must be at least one. */
export async function writeProjections(
  target: ProjectionTarget,
  shard: number,
  events: readonly LedgerEvent[],
): Promise<void> {
  const state = await loadFoldState(target.kysely, shard, events)
  const rows = foldEvents(events, state)
  await writeAddedRows(target, shard, rows)
  await writeState(target, changedPart(state, rows.changed))
  await writeCheckpoint(target, shard, events.at(-1)?.position ?? 0)
}

/** Writes what is final of a fold: everything but its state. */
export async function writeAddedRows(
  { kysely, engine }: ProjectionTarget,
  shard: number,
  rows: ProjectionRows,
): Promise<void> {
  await insertRows(kysely, engine, 'statement_entry', rows.statementEntries)
  await insertRows(kysely, engine, 'permission_spend', rows.spends)
  await insertRows(kysely, engine, 'reward', rows.rewards)
  await insertRows(kysely, engine, 'settled_job', rows.settledJobs)
  await insertRows(kysely, engine, 'hold', rows.endedHolds, 'replace')
  await insertRows(kysely, engine, 'iou', rows.paidIous, 'replace')
  const times = [...rows.times].map(([atMs, position]) => ({ shard, at_ms: atMs, position }))
  await insertRows(kysely, engine, 'journal_time', times, 'replace')
  for (const event of rows.epochs) await writeEpoch({ kysely, engine }, event)
  for (const event of rows.finalities) await writeFinality(kysely, event)
}

/** Writes balances, open holds, permissions and open IOUs. */
export async function writeState({ kysely, engine }: ProjectionTarget, state: FoldState): Promise<void> {
  const { shard } = state
  const wallets = [...state.wallets].map(([wallet, balance]) => walletRow(shard, wallet, balance))
  await insertRows(kysely, engine, 'wallet_balance', wallets, 'replace')
  const accounts = [...state.accounts].map(([account, amount]) => ({ shard, account, amount_microcredits: amount }))
  await insertRows(kysely, engine, 'network_balance', accounts, 'replace')
  const holds: HoldRow[] = [...state.holds.values()].map(hold => hold.row)
  await insertRows(kysely, engine, 'hold', holds, 'replace')
  await insertRows(kysely, engine, 'permission', [...state.permissions.values()].map(permissionRow), 'replace')
  await insertRows(kysely, engine, 'iou', [...state.ious.values()].map(iouRow), 'replace')
}

/** Says how far the projections of a shard have come. */
export async function writeCheckpoint(
  { kysely, engine }: ProjectionTarget,
  shard: number,
  position: number,
): Promise<void> {
  await insertRows(kysely, engine, 'read_checkpoint', [{ shard, position }], 'replace')
}

function changedPart(state: FoldState, changed: ProjectionRows['changed']): FoldState {
  return {
    ...state,
    wallets: picked(state.wallets, changed.wallets),
    accounts: picked(state.accounts, changed.accounts),
    holds: picked(state.holds, changed.holds),
    permissions: picked(state.permissions, changed.permissions),
    ious: picked(state.ious, changed.ious),
  }
}

function picked<K, V>(map: ReadonlyMap<K, V>, keys: ReadonlySet<K>): Map<K, V> {
  return new Map([...map].filter(([key]) => keys.has(key)))
}

function walletRow(shard: number, wallet: Address, balance: WalletState): Insertable<ReadSchema['wallet_balance']> {
  return {
    wallet,
    shard,
    available_microcredits: balance.availableMicrocredits,
    held_microcredits: balance.heldMicrocredits,
    payable_microcredits: balance.payableMicrocredits,
    hold_count: balance.holdCount,
  }
}

function permissionRow({
  row,
  endsAtMs,
  spentMicrocredits,
  spendCount,
}: PermissionState): Insertable<ReadSchema['permission']> {
  return { ...row, ends_at_ms: endsAtMs, spent_microcredits: spentMicrocredits, spend_count: spendCount }
}

async function writeEpoch(
  { kysely, engine }: ProjectionTarget,
  { position, atMs, data }: EventOf<'EpochClosed'>,
): Promise<void> {
  const row: Insertable<ReadSchema['epoch']> = {
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
  }
  // An epoch that never came on chain gives its number to the next one.
  await kysely.deleteFrom('epoch_payout').where('epoch', '=', BigInt(data.epoch)).execute()
  await insertRows(kysely, engine, 'epoch', [row], 'replace')
  const payouts = data.rows.map(payout => ({
    epoch: data.epoch,
    payee_id: payout.id,
    wallet: payout.wallet,
    increment_microcredits: payout.incrementMicrocredits,
    cumulative_microcredits: payout.cumulativeMicrocredits,
    previous_epoch: payout.previousEpoch,
  }))
  await insertRows(kysely, engine, 'epoch_payout', payouts)
}

async function writeFinality(
  kysely: Kysely<ReadSchema>,
  { position, atMs, data }: EventOf<'EpochFinalised'>,
): Promise<void> {
  await kysely
    .updateTable('epoch')
    .set({ final_position: position, final_at_ms: atMs, final_transaction_hash: data.place.transactionHash })
    .where('epoch', '=', BigInt(data.epoch))
    .execute()
}
