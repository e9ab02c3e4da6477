import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Hex } from '@deparrow/ledger'
import {
  type AssignmentOffer,
  assignmentOfferCodec,
  decodeMessage,
  type MessageCodec,
  type ReceiptHandover,
  receiptHandoverCodec,
} from '../../protocol/index.ts'
import { type NodeIdentity, openNodeDatabase } from './node-database.ts'
import { NodeStoreDamagedError, SecondReceiptError } from './node-store-errors.ts'

/** `assigned`: to be run. `receipted`: the receipt is to be handed in. `ended` and `released` are never taken again. */
export type JobState = 'assigned' | 'receipted' | 'ended' | 'released'

export type JobKey = { readonly orderDigest: Hex; readonly attempt: number }

/** A job that the node has accepted and not signed a receipt for. */
export type AssignedJob = JobKey & {
  readonly offer: AssignmentOffer
  /** How often it was started, this time included. */
  readonly runs: number
  readonly acceptedAtMs: number
}

/** A receipt that is not acknowledged yet. */
export type HeldReceipt = JobKey & { readonly sequence: bigint; readonly handover: ReceiptHandover }

/**
 * Thirty days: a receipt may still be judged on chain days after its hold has ended, and as long nothing may be signed that takes it back.
 */
const receiptedKeptMs = 30 * 86_400_000

/**
 * What a node must not forget: accepted jobs, receipts that are not acknowledged, the last sequence. Each call that changes
 * something is one transaction, durable when it returns. A sequence is durable before anybody sees it and is given out once.
 */
export class NodeStore {
  readonly #database: DatabaseSync

  /** Throws one of the errors of `node-store-errors.ts`. */
  constructor(dataFolder: string, identity: NodeIdentity) {
    this.#database = openNodeDatabase(dataFolder, identity)
  }

  close(): void {
    this.#database.close()
  }

  stateOf(key: JobKey): JobState | undefined {
    const row = this.#database
      .prepare('SELECT state FROM job WHERE order_digest = ? AND attempt = ?')
      .get(key.orderDigest, key.attempt)
    return row?.['state'] as JobState | undefined
  }

  /** Whether the node works for an order in any attempt, or has signed a receipt for it, as far as it remembers. */
  isTaken(orderDigest: Hex): boolean {
    const row = this.#database
      .prepare("SELECT 1 FROM job WHERE order_digest = ? AND state <> 'released' LIMIT 1")
      .get(orderDigest)
    return row !== undefined
  }

  /** The highest attempt of an order that was given back, 0 for none. */
  lastReleased(orderDigest: Hex): number {
    const row = this.#database
      .prepare("SELECT max(attempt) AS attempt FROM job WHERE order_digest = ? AND state = 'released'")
      .get(orderDigest)
    return Number(row?.['attempt'] ?? 0)
  }

  /** Keeps a job whose first run is about to begin. */
  accept(offer: AssignmentOffer, acceptedAtMs: number, expiresAtMs: number): AssignedJob {
    const { attempt } = offer.certificate.message
    this.#insert(offer, 'assigned', 1, acceptedAtMs, expiresAtMs, encode(assignmentOfferCodec, offer))
    return { orderDigest: offer.orderDigest, attempt, offer, runs: 1, acceptedAtMs }
  }

  /** Remembers until the hold expires that the job was given back and must not be run. */
  released(offer: AssignmentOffer, releasedAtMs: number, expiresAtMs: number): void {
    this.#insert(offer, 'released', 0, releasedAtMs, expiresAtMs, null)
  }

  /** Jobs to be run, the oldest first. */
  assignedJobs(): readonly AssignedJob[] {
    const rows = this.#database
      .prepare("SELECT * FROM job WHERE state = 'assigned' ORDER BY accepted_at_ms, rowid")
      .all()
    return rows.map(row => ({
      ...keyOf(row),
      offer: decode(assignmentOfferCodec, row['offer']),
      runs: Number(row['runs']),
      acceptedAtMs: Number(row['accepted_at_ms']),
    }))
  }

  /** Counts another run, before it begins. */
  countRun(job: AssignedJob): AssignedJob {
    this.#run('UPDATE job SET runs = runs + 1 WHERE order_digest = ? AND attempt = ?', job.orderDigest, job.attempt)
    return { ...job, runs: job.runs + 1 }
  }

  /**
   * Takes the next sequence and keeps the receipt that `sign` makes with it, in one transaction. A new folder begins at the clock, so that one
   * that was lost does not repeat numbers. Throws `SecondReceiptError`, before anything is signed, for a job that is not assigned any more.
   */
  keepReceipt(key: JobKey, nowMs: number, sign: (sequence: bigint) => ReceiptHandover): HeldReceipt {
    return this.#transaction(() => {
      if (this.stateOf(key) !== 'assigned') throw new SecondReceiptError(key.orderDigest)
      const last = BigInt(this.meta('sequence') ?? 0)
      const sequence = last === 0n ? BigInt(nowMs) : last + 1n
      const handover = sign(sequence)
      this.setMeta('sequence', sequence.toString())
      this.#run(
        "UPDATE job SET state = 'receipted', handover = ?, sequence = ? WHERE order_digest = ? AND attempt = ?",
        encode(receiptHandoverCodec, handover),
        sequence,
        key.orderDigest,
        key.attempt,
      )
      return { ...key, sequence, handover }
    })
  }

  /** Receipts that are not acknowledged, by sequence. */
  heldReceipts(): readonly HeldReceipt[] {
    const rows = this.#database.prepare("SELECT * FROM job WHERE state = 'receipted' ORDER BY sequence").all()
    return rows.map(row => {
      const handover = decode(receiptHandoverCodec, row['handover'])
      return { ...keyOf(row), handover, sequence: handover.receipt.message.sequence }
    })
  }

  /** Whether a receipt that is not acknowledged names this output. */
  isOutputHeld(outputCid: string): boolean {
    const row = this.#database
      .prepare("SELECT 1 FROM job WHERE state = 'receipted' AND handover ->> '$.outputCid' = ? LIMIT 1")
      .get(outputCid)
    return row !== undefined
  }

  /** The receipt is acknowledged or finally refused: only that the job was here is remembered, until long after its hold has expired. */
  ended(key: JobKey, nowMs: number): void {
    this.#transaction(() => {
      this.#run(
        "UPDATE job SET state = 'ended', offer = NULL, handover = NULL WHERE order_digest = ? AND attempt = ?",
        key.orderDigest,
        key.attempt,
      )
      this.#run("DELETE FROM job WHERE state = 'released' AND expires_at_ms < ?", nowMs)
      this.#run("DELETE FROM job WHERE state = 'ended' AND expires_at_ms < ?", nowMs - receiptedKeptMs)
    })
  }

  meta(name: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM meta WHERE name = ?').get(name)
    return row?.['value'] as string | undefined
  }

  setMeta(name: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', name, value)
  }

  #insert(
    offer: AssignmentOffer,
    state: JobState,
    runs: number,
    nowMs: number,
    expiresAtMs: number,
    encoded: string | null,
  ): void {
    this.#run(
      'INSERT INTO job (order_digest, attempt, state, runs, accepted_at_ms, expires_at_ms, offer) VALUES (?, ?, ?, ?, ?, ?, ?)',
      offer.orderDigest,
      offer.certificate.message.attempt,
      state,
      runs,
      nowMs,
      expiresAtMs,
      encoded,
    )
  }

  #run(sql: string, ...values: readonly (string | number | bigint | null)[]): void {
    this.#database.prepare(sql).run(...values)
  }

  #transaction<Result>(change: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = change()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

function keyOf(row: Record<string, SQLOutputValue>): JobKey {
  return { orderDigest: row['order_digest'] as Hex, attempt: Number(row['attempt']) }
}

function encode<M>(codec: MessageCodec<M>, message: M): string {
  return JSON.stringify(codec.encode(message))
}

function decode<M>(codec: MessageCodec<M>, text: SQLOutputValue | undefined): M {
  try {
    return decodeMessage(codec, Buffer.from(String(text)))
  } catch (cause) {
    throw new NodeStoreDamagedError('node.sqlite', { cause })
  }
}
