import type { SqlInteger, SqlIntegerOrNull } from '../adapters/sql/sql-database.ts'

/** What a column holds; `?` stands for one that may be null. */
export type ColumnKind = 'text' | 'text?' | 'integer' | 'integer?'

/** A table as rows are written into it: `key` tells an upsert which row is meant. */
export type TableShape = { readonly key: readonly string[]; readonly columns: Readonly<Record<string, ColumnKind>> }

/** The tables of `migrations/read` that hold what was folded from events. A rebuild puts them in the place of those that were there. */
export const projectionTables = {
  read_checkpoint: { key: ['shard'], columns: { shard: 'integer', position: 'integer' } },
  journal_time: { key: ['shard', 'at_ms'], columns: { shard: 'integer', at_ms: 'integer', position: 'integer' } },
  wallet_balance: {
    key: ['wallet', 'shard'],
    columns: {
      wallet: 'text',
      shard: 'integer',
      available_microcredits: 'integer',
      held_microcredits: 'integer',
      payable_microcredits: 'integer',
      hold_count: 'integer',
    },
  },
  network_balance: {
    key: ['shard', 'account'],
    columns: { shard: 'integer', account: 'text', amount_microcredits: 'integer' },
  },
  statement_entry: {
    key: ['wallet', 'shard', 'position', 'entry_index'],
    columns: {
      wallet: 'text',
      shard: 'integer',
      position: 'integer',
      entry_index: 'integer',
      at_ms: 'integer',
      event: 'text',
      kind: 'text',
      subject: 'text?',
      counterparty: 'text?',
      amount_microcredits: 'integer',
      hold_after_microcredits: 'integer?',
      available_after_microcredits: 'integer',
      held_after_microcredits: 'integer',
      payable_after_microcredits: 'integer',
      hold_count_after: 'integer',
    },
  },
  hold: {
    key: ['id'],
    columns: {
      id: 'text',
      shard: 'integer',
      kind: 'text',
      payer: 'text',
      seller: 'text?',
      amount_microcredits: 'integer',
      opened_position: 'integer',
      opened_at_ms: 'integer',
      expires_at_ms: 'integer',
      permission: 'text?',
      ended_position: 'integer?',
      ended_at_ms: 'integer?',
      end_event: 'text?',
      released_microcredits: 'integer?',
    },
  },
  settled_job: {
    key: ['order_digest'],
    columns: {
      order_digest: 'text',
      shard: 'integer',
      position: 'integer',
      at_ms: 'integer',
      node: 'text',
      payout_wallet: 'text',
      captured_microcredits: 'integer',
      fee_microcredits: 'integer',
      earned_microcredits: 'integer',
      released_microcredits: 'integer',
    },
  },
  permission: {
    key: ['digest'],
    columns: {
      digest: 'text',
      shard: 'integer',
      wallet: 'text',
      delegate: 'text',
      message: 'text',
      granted_position: 'integer',
      granted_at_ms: 'integer',
      ends_at_ms: 'integer',
      spent_microcredits: 'integer',
      spend_count: 'integer',
    },
  },
  permission_spend: {
    key: ['permission', 'position'],
    columns: {
      permission: 'text',
      shard: 'integer',
      position: 'integer',
      at_ms: 'integer',
      event: 'text',
      wallet: 'text',
      delegate: 'text',
      amount_microcredits: 'integer',
      subject: 'text?',
      counterparty: 'text?',
      hour_microcredits: 'integer',
      day_microcredits: 'integer',
      total_microcredits: 'integer',
      permission_microcredits: 'integer',
    },
  },
  iou: {
    key: ['digest'],
    columns: {
      digest: 'text',
      shard: 'integer',
      debtor: 'text',
      creditor: 'text',
      status: 'text',
      message: 'text',
      issued_position: 'integer',
      issued_at_ms: 'integer',
      outstanding_microcredits: 'integer',
      defaulted_at_ms: 'integer?',
      paid_at_ms: 'integer?',
    },
  },
  reward: {
    key: ['wallet', 'at_ms', 'shard', 'position', 'entry_index'],
    columns: {
      wallet: 'text',
      shard: 'integer',
      position: 'integer',
      entry_index: 'integer',
      at_ms: 'integer',
      event: 'text',
      amount_microcredits: 'integer',
      reason: 'text?',
    },
  },
  epoch: {
    key: ['epoch'],
    columns: {
      epoch: 'integer',
      closed_position: 'integer',
      closed_at_ms: 'integer',
      parent: 'integer',
      inbox_cut: 'integer',
      journal_position: 'integer',
      journal_hash: 'text',
      burn_microcredits: 'integer',
      leaves_root: 'text',
      leaves_total_microcredits: 'integer',
      final_position: 'integer?',
      final_at_ms: 'integer?',
      final_transaction_hash: 'text?',
    },
  },
  epoch_payout: {
    key: ['epoch', 'payee_id'],
    columns: {
      epoch: 'integer',
      payee_id: 'integer',
      wallet: 'text',
      increment_microcredits: 'integer',
      cumulative_microcredits: 'integer',
      previous_epoch: 'integer',
    },
  },
} as const satisfies Readonly<Record<string, TableShape>>

export type ProjectionTable = keyof typeof projectionTables

type ColumnTypes = { text: string; 'text?': string | null; integer: SqlInteger; 'integer?': SqlIntegerOrNull }

type RowOf<Columns extends TableShape['columns']> = { -readonly [C in keyof Columns]: ColumnTypes[Columns[C]] }

/** The tables of `migrations/read` as Kysely sees them. */
export type ReadSchema = { readonly [T in ProjectionTable]: RowOf<(typeof projectionTables)[T]['columns']> } & {
  readonly read_lock: { id: SqlInteger; generation: SqlInteger }
}
