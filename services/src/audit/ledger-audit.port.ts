/**
 * The four accounts of the same credits: `events`, the journal as the independent auditor follows it, against which the others are held;
 * `readModel`, the projections; `bus`, what is on Kafka; `chain`, the settlement contract.
 */
export type AuditLeg = 'events' | 'readModel' | 'bus' | 'chain'

/** Two accounts of the same credits differ. It stands until both were compared again at or after its position and agree. */
export type AuditAlarm = {
  readonly leg: AuditLeg
  readonly shard: number
  /** Position in the shard's journal at which they differ, or the event that is wrong. */
  readonly position: number
  /** The account whose balance differs; `undefined` when it is not about one. */
  readonly account: string | undefined
  /** What the journal says, in words; amounts are in µcr. */
  readonly expected: string
  /** What the leg says. */
  readonly found: string
  /** Unix ms at which it was raised. */
  readonly sinceMs: number
}

/** How one leg of one shard stands. */
export type AuditLegReport = {
  readonly leg: AuditLeg
  readonly shard: number
  /** `false` where the leg does not exist, such as the bus of a network without Kafka; the rest of the report then says nothing. */
  readonly isConfigured: boolean
  /** Last position of the journal up to which the leg was found to agree, 0 for none. */
  readonly position: number
  /** How many events it is behind what it is compared with. A leg that is slow, or away, is late and not wrong. */
  readonly lagEvents: number
  /** Unix ms of the last comparison that found agreement. */
  readonly lastOkAtMs: number | undefined
  /** Why it cannot be compared now, by the error's name. */
  readonly error: string | undefined
  readonly alarm: AuditAlarm | undefined
}

export type LedgerAuditReport = {
  /** Whether no alarm stands. */
  readonly isOk: boolean
  /** A report for each leg of each shard; the chain belongs to the shard that keeps the reserve. */
  readonly legs: readonly AuditLegReport[]
  readonly alarms: readonly AuditAlarm[]
}

/** The audit as others ask it: answered at once in the process that runs it, later by one that runs apart. */
export type AuditReporter = { report(): LedgerAuditReport | Promise<LedgerAuditReport> }

/** The continuous four-way audit of a ledger. */
export type LedgerAuditView = {
  /** As it stands now; costs nothing. */
  report(): LedgerAuditReport
}
