import {
  type AccountName,
  type Address,
  type Hex,
  type Iou,
  iouType,
  type LedgerEventType,
  type Message,
  type MessageType,
  type PayoutRow,
  parseMessage,
  type SpendPermission,
  spendPermissionType,
} from '@deparrow/ledger'
import type { Selectable } from 'kysely'
import { subjectOf } from './event-movement.ts'
import type {
  EpochRecord,
  HoldRecord,
  IouRecord,
  PermissionRecord,
  PermissionSpend,
  RewardRecord,
  SettledJob,
  StatementEntry,
} from './read-records.ts'
import type { ReadSchema } from './read-schema.ts'

export function toStatementEntry(row: Selectable<ReadSchema['statement_entry']>): StatementEntry {
  const event = row.event as LedgerEventType
  const subject = row.subject === null ? undefined : subjectOf(event, row.subject as Hex)
  const walletAfter = {
    availableMicrocredits: row.available_after_microcredits,
    heldMicrocredits: row.held_after_microcredits,
    payableMicrocredits: row.payable_after_microcredits,
  }
  return {
    shard: Number(row.shard),
    position: Number(row.position),
    entryIndex: Number(row.entry_index),
    atMs: Number(row.at_ms),
    event,
    account: `${row.kind}:${row.kind === 'hold' ? row.subject : row.wallet}` as AccountName,
    amountMicrocredits: row.amount_microcredits,
    balanceAfterMicrocredits:
      row.hold_after_microcredits ??
      (row.kind === 'payable' ? walletAfter.payableMicrocredits : walletAfter.availableMicrocredits),
    walletAfter,
    counterparty: orUndefined(row.counterparty) as Address | undefined,
    subject,
    orderDigest: subject?.kind === 'job' ? subject.id : undefined,
  }
}

export function toHold(row: Selectable<ReadSchema['hold']>): HoldRecord {
  return {
    shard: Number(row.shard),
    kind: row.kind as HoldRecord['kind'],
    id: row.id as Hex,
    payer: row.payer as Address,
    seller: orUndefined(row.seller) as Address | undefined,
    amountMicrocredits: row.amount_microcredits,
    openedPosition: Number(row.opened_position),
    openedAtMs: Number(row.opened_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    permission: orUndefined(row.permission) as Hex | undefined,
    end: toHoldEnd(row),
  }
}

function toHoldEnd(row: Selectable<ReadSchema['hold']>): HoldRecord['end'] {
  if (row.ended_position === null) return undefined
  return {
    position: Number(row.ended_position),
    atMs: Number(row.ended_at_ms),
    event: row.end_event as LedgerEventType,
    releasedMicrocredits: row.released_microcredits ?? 0n,
  }
}

export function toPermission(row: Selectable<ReadSchema['permission']>): PermissionRecord {
  return {
    shard: Number(row.shard),
    digest: row.digest as Hex,
    permission: messageOf<SpendPermission>(spendPermissionType, row.message),
    grantedPosition: Number(row.granted_position),
    grantedAtMs: Number(row.granted_at_ms),
    endsAtMs: Number(row.ends_at_ms),
    spentMicrocredits: row.spent_microcredits,
    spendCount: Number(row.spend_count),
  }
}

export function toPermissionSpend(row: Selectable<ReadSchema['permission_spend']>): PermissionSpend {
  const event = row.event as LedgerEventType
  return {
    shard: Number(row.shard),
    position: Number(row.position),
    atMs: Number(row.at_ms),
    event,
    permission: row.permission as Hex,
    wallet: row.wallet as Address,
    delegate: row.delegate as Address,
    amountMicrocredits: row.amount_microcredits,
    counterparty: orUndefined(row.counterparty) as Address | undefined,
    subject: row.subject === null ? undefined : subjectOf(event, row.subject as Hex),
    hourMicrocredits: row.hour_microcredits,
    dayMicrocredits: row.day_microcredits,
    totalMicrocredits: row.total_microcredits,
    permissionMicrocredits: row.permission_microcredits,
  }
}

export function toIou(row: Selectable<ReadSchema['iou']>): IouRecord {
  return {
    shard: Number(row.shard),
    digest: row.digest as Hex,
    iou: messageOf<Iou>(iouType, row.message),
    issuedPosition: Number(row.issued_position),
    issuedAtMs: Number(row.issued_at_ms),
    outstandingMicrocredits: row.outstanding_microcredits,
    defaultedAtMs: row.defaulted_at_ms === null ? undefined : Number(row.defaulted_at_ms),
    paidAtMs: row.paid_at_ms === null ? undefined : Number(row.paid_at_ms),
  }
}

export function toReward(row: Selectable<ReadSchema['reward']>): RewardRecord {
  return {
    shard: Number(row.shard),
    position: Number(row.position),
    atMs: Number(row.at_ms),
    event: row.event as LedgerEventType,
    wallet: row.wallet as Address,
    amountMicrocredits: row.amount_microcredits,
    reason: row.reason === null ? undefined : (JSON.parse(row.reason) as string),
  }
}

/** Throws when the table holds what no fold wrote. */
function messageOf<M extends Message>(type: MessageType, text: string): M {
  const parse = parseMessage<M>(type, JSON.parse(text))
  if (!parse.ok) throw new TypeError(`the ${type.name} in the read model is damaged: ${parse.field}`)
  return parse.message
}

function orUndefined(text: string | null): string | undefined {
  return text ?? undefined
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
