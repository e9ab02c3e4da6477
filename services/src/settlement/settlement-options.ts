/** How settlement follows the chain and posts epochs. */
export type SettlementOptions = {
  /** How often the chain is asked for news and the poster looks at what is to be done. */
  readonly pollIntervalMs: number
  /** Longest pause after failures; it doubles from `pollIntervalMs` up to this. */
  readonly backoffMaxMs: number
  /** Blocks whose logs are asked for at once; providers refuse ranges that are too wide. */
  readonly blocksPerRequestMax: number
  /** How long payouts and burns wait for others from the first on, so that jobs done one after another share an epoch. */
  readonly gatherMs: number
  /** An epoch is closed after this long even when nothing is to be paid or burnt, so that its leaves stay fresh for an exit. */
  readonly epochIntervalMs: number
  /** Payees registered in one transaction, about 50 000 gas each. */
  readonly payeesPerCallMax: number
  /** What a gas may cost, in wei: above it the poster waits, and from half of it on no epoch is closed for fresh leaves alone. No limit when left out. */
  readonly maxFeePerGasWei?: bigint | undefined
  /**
   * What the bond behind one epoch is worth, in wei of the coin that pays for gas: the answers to demands that are due soon may cost that much together, whatever
   * a gas costs. When left out they may cost anything.
   */
  readonly epochBondWorthWei?: bigint | undefined
}

/** Figures of the local chain with its block a second. */
export const settlementOptionsLocal: SettlementOptions = {
  pollIntervalMs: 250,
  backoffMaxMs: 10_000,
  blocksPerRequestMax: 1_000,
  gatherMs: 1_000,
  epochIntervalMs: 3_600_000,
  payeesPerCallMax: 200,
}
