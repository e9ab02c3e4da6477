import {
  type AnyJobOrder,
  type AnyUsageReceipt,
  formatMessage,
  type JobSpec,
  type Message,
  type MessageType,
  type OrderCancellation,
  orderCancellationType,
  orderTypeOf,
  parseMessage,
  receiptTypeOf,
  type Signed,
} from '@deparrow/ledger'
import type { Insertable, Selectable } from 'kysely'
import type { SqlInteger, SqlIntegerOrNull } from '../adapters/sql/sql-database.ts'
import type { Job, JobFailure, JobSettlement, JobStatus } from './job.ts'

/** The table `jobs`, as `migrations/market` creates it. */
export type JobTable = {
  id: string
  payer: string
  status: string
  is_held: SqlInteger
  node: string | null
  attempt: SqlInteger
  order_json: string
  spec_json: string
  cancellation_json: string | null
  receipt_json: string | null
  output_cid: string | null
  failure_json: string | null
  settlement_json: string | null
  submitted_at_ms: SqlInteger
  started_at_ms: SqlIntegerOrNull
  receipt_at_ms: SqlIntegerOrNull
  ended_at_ms: SqlIntegerOrNull
  settled_at_ms: SqlIntegerOrNull
}

/** The tables of the market's database. */
export type MarketTables = {
  jobs: JobTable
  job_logs: { job_id: string; text: string }
  market_cursor: { name: string; position: SqlInteger }
}

export function jobToRow(job: Job): Insertable<JobTable> {
  return {
    id: job.id,
    payer: job.order.message.payer,
    status: job.status,
    is_held: job.isHeld ? 1 : 0,
    node: job.node ?? null,
    attempt: job.attempt,
    order_json: signedToJson(orderTypeOf(job.order.message), job.order),
    spec_json: JSON.stringify(job.spec),
    cancellation_json: job.cancellation === undefined ? null : signedToJson(orderCancellationType, job.cancellation),
    receipt_json: job.receipt === undefined ? null : signedToJson(receiptTypeOf(job.receipt.message), job.receipt),
    output_cid: job.outputCid,
    failure_json: job.failure === undefined ? null : JSON.stringify(job.failure),
    settlement_json: job.settlement === undefined ? null : settlementToJson(job.settlement),
    submitted_at_ms: job.submittedAtMs,
    started_at_ms: job.startedAtMs ?? null,
    receipt_at_ms: job.receiptAtMs ?? null,
    ended_at_ms: job.endedAtMs ?? null,
    settled_at_ms: job.settledAtMs ?? null,
  }
}

/** Reads a row that {@link jobToRow} wrote; throws {@link JobRowError} on any other. */
export function jobFromRow(row: Selectable<JobTable>): Job {
  return {
    id: row.id as Job['id'],
    order: signedFromJson<AnyJobOrder>(orderTypeOf, row.order_json),
    spec: JSON.parse(row.spec_json) as JobSpec,
    status: row.status as JobStatus,
    isHeld: row.is_held === 1n,
    node: (row.node ?? undefined) as Job['node'],
    attempt: Number(row.attempt),
    cancellation:
      row.cancellation_json === null
        ? undefined
        : signedFromJson<OrderCancellation>(() => orderCancellationType, row.cancellation_json),
    submittedAtMs: Number(row.submitted_at_ms),
    startedAtMs: optionalNumber(row.started_at_ms),
    receiptAtMs: optionalNumber(row.receipt_at_ms),
    endedAtMs: optionalNumber(row.ended_at_ms),
    settledAtMs: optionalNumber(row.settled_at_ms),
    receipt: row.receipt_json === null ? undefined : signedFromJson<AnyUsageReceipt>(receiptTypeOf, row.receipt_json),
    outputCid: row.output_cid,
    failure: row.failure_json === null ? undefined : (JSON.parse(row.failure_json) as JobFailure),
    settlement: row.settlement_json === null ? undefined : settlementFromJson(row.settlement_json),
  }
}

function optionalNumber(value: bigint | null): number | undefined {
  return value === null ? undefined : Number(value)
}

function signedToJson(type: MessageType, signed: Signed<Message>): string {
  return JSON.stringify({ message: formatMessage(type, signed.message), signature: signed.signature })
}

/** `typeOf` tells by which version's typed data a stored message was signed. */
function signedFromJson<M extends Message>(typeOf: (message: unknown) => MessageType, json: string): Signed<M> {
  const stored = JSON.parse(json) as Signed<M>
  const type = typeOf(stored.message)
  const parsed = parseMessage<M>(type, stored.message)
  if (!parsed.ok) throw new JobRowError(type.name, parsed.field)
  return { message: parsed.message, signature: stored.signature }
}

function settlementToJson(settlement: JobSettlement): string {
  return JSON.stringify(Object.fromEntries(Object.entries(settlement).map(([name, amount]) => [name, String(amount)])))
}

function settlementFromJson(json: string): JobSettlement {
  const stored = JSON.parse(json) as Record<keyof JobSettlement, string>
  return {
    capturedMicrocredits: BigInt(stored.capturedMicrocredits),
    earnedMicrocredits: BigInt(stored.earnedMicrocredits),
    feeMicrocredits: BigInt(stored.feeMicrocredits),
    releasedMicrocredits: BigInt(stored.releasedMicrocredits),
  }
}

/** Thrown when the market's database holds a message that no version of this code wrote. */
export class JobRowError extends Error {
  override readonly name = 'JobRowError'
  constructor(typeName: string, field: string) {
    super(`the market's database holds a ${typeName} whose field ${field} cannot be read; restore it from a backup`)
  }
}
