import type { Hex } from '../hex.ts'
import type { LedgerConfig, Pricing, RewardLimits } from '../journal/config.ts'

/** Prices and limits that are known and do not count yet. */
export type PendingChange = {
  /** Digest of the treasurer's signed message. */
  readonly changeDigest: Hex
  /** From this time on, in Unix milliseconds, they count. */
  readonly effectiveAtMs: number
  readonly pricing: Pricing
  readonly rewards: RewardLimits
}

/** The parameters that hold now, and the change of them that is to come. */
export type CurrentConfig = LedgerConfig & { readonly pending: PendingChange | undefined }
