import type { Address, Hex } from '../hex.ts'
import type { AnyJobOrder } from '../hold/job-order.ts'
import type { LedgerConfig, Pricing } from '../journal/config.ts'
import type { PayoutInstruction } from '../payout/withdrawal.ts'

export type AuditedHold = {
  readonly order: AnyJobOrder
  readonly expiresAtMs: number
  /** As the configuration stood when the hold was opened. */
  readonly pricing: Pricing
  readonly received: { readonly price: bigint } | undefined
  readonly assigned: { readonly node: Address; readonly attempt: number; readonly atMs: number } | undefined
}

/** What the auditor remembers of the events so far. */
export type AuditBooks = {
  readonly balances: Map<string, bigint>
  readonly holds: Map<Hex, AuditedHold>
  readonly payoutWallets: Map<Address, Address>
  readonly sequences: Map<Address, bigint>
  readonly nonces: Map<string, bigint>
  readonly instructions: Map<Address, { readonly digest: Hex; readonly instruction: PayoutInstruction }>
  /** Sequence of the newest sending to each other shard. */
  readonly clearingSent: Map<number, number>
  /** Sequence and sender's position of the newest sending taken from each other shard. */
  readonly clearingReceived: Map<number, { readonly sequence: number; readonly position: number }>
  config: LedgerConfig | undefined
  inboxCount: number
  reserve: bigint
  liabilities: bigint
  atMs: number
}

export function emptyBooks(): AuditBooks {
  return {
    balances: new Map(),
    holds: new Map(),
    payoutWallets: new Map(),
    sequences: new Map(),
    nonces: new Map(),
    instructions: new Map(),
    clearingSent: new Map(),
    clearingReceived: new Map(),
    config: undefined,
    inboxCount: 0,
    reserve: 0n,
    liabilities: 0n,
    atMs: 0,
  }
}
