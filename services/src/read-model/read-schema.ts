import type { SqlInteger, SqlIntegerOrNull } from '../adapters/sql/sql-database.ts'

/** The tables of `migrations/read`. */
export type ReadSchema = {
  read_checkpoint: { id: SqlInteger; position: SqlInteger }
  account_balance: { account: string; wallet: string | null; amount_microcredits: SqlInteger }
  statement_entry: {
    position: SqlInteger
    entry_index: SqlInteger
    wallet: string
    account: string
    at_ms: SqlInteger
    event: string
    amount_microcredits: SqlInteger
    balance_after_microcredits: SqlInteger
    order_digest: string | null
  }
  settled_job: {
    order_digest: string
    position: SqlInteger
    at_ms: SqlInteger
    node: string
    payout_wallet: string
    captured_microcredits: SqlInteger
    fee_microcredits: SqlInteger
    earned_microcredits: SqlInteger
    released_microcredits: SqlInteger
  }
  epoch: {
    epoch: SqlInteger
    closed_position: SqlInteger
    closed_at_ms: SqlInteger
    parent: SqlInteger
    inbox_cut: SqlInteger
    journal_position: SqlInteger
    journal_hash: string
    burn_microcredits: SqlInteger
    leaves_root: string
    leaves_total_microcredits: SqlInteger
    final_position: SqlIntegerOrNull
    final_at_ms: SqlIntegerOrNull
    final_transaction_hash: string | null
  }
  epoch_payout: {
    epoch: SqlInteger
    payee_id: SqlInteger
    wallet: string
    increment_microcredits: SqlInteger
    cumulative_microcredits: SqlInteger
    previous_epoch: SqlInteger
  }
}

/** The tables that hold what was folded from events, in an order in which they can be emptied. */
export const projectionTables = [
  'account_balance',
  'statement_entry',
  'settled_job',
  'epoch_payout',
  'epoch',
] as const satisfies readonly (keyof ReadSchema)[]
