/** How often accounts are compared, and how much of the process the audit may take. */
export type AuditOptions = {
  /** Pause between looks at the journal, and between comparisons with projections and bus. */
  readonly compareIntervalMs: number
  /** Pause between looks at the chain, each of which costs a few requests. */
  readonly chainIntervalMs: number
  /** All balances of the projections are compared after this long, also those that nothing touched. A sweep that takes long is made less often. */
  readonly sweepIntervalMs: number
  /** After something wrong was found in the journal or on the bus, it is read again from its beginning after this long. */
  readonly restartMs: number
  /** Longest pause after failures. */
  readonly backoffMaxMs: number
  /** Events of each shard that are remembered: a leg that is further behind is not compared until it has come closer. */
  readonly windowEventsMax: number
  /** Events audited at a stretch; other work of the process comes between. */
  readonly pageEvents: number
  /** The share of its time that the audit may keep the process busy while it catches up, above 0 to 1. */
  readonly loadShareMax: number
  /** Blocks whose logs are asked for at once; providers refuse ranges that are too wide. */
  readonly blocksPerRequestMax: number
}

/** For a process that does other work too: catching up takes at most a quarter of it. */
export const auditOptionsBeside: AuditOptions = {
  compareIntervalMs: 1_000,
  chainIntervalMs: 5_000,
  sweepIntervalMs: 60_000,
  restartMs: 60_000,
  backoffMaxMs: 30_000,
  windowEventsMax: 5_000,
  pageEvents: 100,
  loadShareMax: 0.25,
  blocksPerRequestMax: 1_000,
}

/** For a process that does nothing else. */
export const auditOptionsAlone: AuditOptions = {
  ...auditOptionsBeside,
  windowEventsMax: 50_000,
  pageEvents: 1_000,
  loadShareMax: 1,
}
