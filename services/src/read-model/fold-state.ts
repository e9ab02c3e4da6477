import type { AccountName, Address, Hex, WalletBalance } from '@deparrow/ledger'
import type { Insertable } from 'kysely'
import type { ReadSchema } from './read-schema.ts'

/** What a wallet has in one shard, in µcr, and how many holds it has open there. */
export type WalletState = { -readonly [K in keyof WalletBalance]: bigint } & { holdCount: number }

export type HoldRow = Insertable<ReadSchema['hold']>

/** An open hold; the balance is that of its account. */
export type OpenHoldState = { readonly row: HoldRow; balanceMicrocredits: bigint }

/** A permission, as long as it may be spent under or come back to. */
export type PermissionState = {
  readonly row: Omit<Insertable<ReadSchema['permission']>, 'spent_microcredits' | 'spend_count' | 'ends_at_ms'>
  endsAtMs: number
  spentMicrocredits: bigint
  spendCount: number
}

/** A promise that is not paid in full. */
export type IouState = {
  readonly row: Omit<
    Insertable<ReadSchema['iou']>,
    'outstanding_microcredits' | 'defaulted_at_ms' | 'paid_at_ms' | 'status'
  >
  outstandingMicrocredits: bigint
  defaultedAtMs: number | undefined
  paidAtMs: number | undefined
}

/** What must be known of one shard before an event can be folded. Changed in place by the fold. */
export type FoldState = {
  readonly shard: number
  readonly wallets: Map<Address, WalletState>
  /** The network's own accounts. */
  readonly accounts: Map<AccountName, bigint>
  /** Open ones by the digest of their order. */
  readonly holds: Map<Hex, OpenHoldState>
  readonly permissions: Map<Hex, PermissionState>
  /** Digest of the newest permission of each pair of wallet and delegate. */
  readonly newestPermissions: Map<string, Hex>
  readonly ious: Map<Hex, IouState>
}

/** The state of a shard before its first event. */
export function emptyFoldState(shard: number): FoldState {
  return {
    shard,
    wallets: new Map(),
    accounts: new Map(),
    holds: new Map(),
    permissions: new Map(),
    newestPermissions: new Map(),
    ious: new Map(),
  }
}

/** Key of {@link FoldState.newestPermissions}. */
export function delegationKey(wallet: string, delegate: string): string {
  return `${wallet}:${delegate}`
}
