import type { AccountName, Address, Hex, LedgerEventType, PayoutRow } from '@deparrow/ledger'
import type { Selectable } from 'kysely'
import type { EpochRecord, SettledJob, StatementEntry } from './read-model.port.ts'
import type { ReadSchema } from './read-schema.ts'

export function toStatementEntry(row: Selectable<ReadSchema['statement_entry']>): StatementEntry {
  return {
    position: Number(row.position),
    entryIndex: Number(row.entry_index),
    atMs: Number(row.at_ms),
    event: row.event as LedgerEventType,
    account: row.account as AccountName,
    amountMicrocredits: row.amount_microcredits,
    balanceAfterMicrocredits: row.balance_after_microcredits,
    orderDigest: row.order_digest === null ? undefined : (row.order_digest as Hex),
  }
}

export function toSettledJob(row: Selectable<ReadSchema['settled_job']>): SettledJob {
  return {
    orderDigest: row.order_digest as Hex,
    position: Number(row.position),
    atMs: Number(row.at_ms),
    node: row.node as Address,
    payoutWallet: row.payout_wallet as Address,
    capturedMicrocredits: row.captured_microcredits,
    feeMicrocredits: row.fee_microcredits,
    earnedMicrocredits: row.earned_microcredits,
    releasedMicrocredits: row.released_microcredits,
  }
}

export function toPayoutRow(row: Selectable<ReadSchema['epoch_payout']>): PayoutRow {
  return {
    id: Number(row.payee_id),
    wallet: row.wallet as Address,
    incrementMicrocredits: row.increment_microcredits,
    cumulativeMicrocredits: row.cumulative_microcredits,
    previousEpoch: Number(row.previous_epoch),
  }
}

export function toEpochRecord(row: Selectable<ReadSchema['epoch']>, rows: readonly PayoutRow[]): EpochRecord {
  return {
    epoch: Number(row.epoch),
    closedPosition: Number(row.closed_position),
    closedAtMs: Number(row.closed_at_ms),
    parent: Number(row.parent),
    inboxCut: Number(row.inbox_cut),
    journalPosition: Number(row.journal_position),
    journalHash: row.journal_hash as Hex,
    burnMicrocredits: row.burn_microcredits,
    leavesRoot: row.leaves_root as Hex,
    leavesTotalMicrocredits: row.leaves_total_microcredits,
    rows,
    finality: toFinality(row),
  }
}

function toFinality(row: Selectable<ReadSchema['epoch']>): EpochRecord['finality'] {
  if (row.final_position === null || row.final_at_ms === null || row.final_transaction_hash === null) return undefined
  return {
    position: Number(row.final_position),
    atMs: Number(row.final_at_ms),
    transactionHash: row.final_transaction_hash as Hex,
  }
}
