import type { Address, Hex } from '../hex.ts'
import type { SignedHoldCertificate } from '../hold/hold-certificate.ts'
import type { LedgerAnswer, LedgerCommand } from '../journal/command.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { JournalHead } from './event-store.ts'

/** A hold that is open. */
export type OpenHold = {
  readonly orderDigest: Hex
  readonly payer: Address
  readonly amountMicrocredits: bigint
  readonly expiresAtMs: number
  /** The node that may hand in the receipt, and since when; `undefined` while nobody has it. */
  readonly assignment: { readonly node: Address; readonly attempt: number; readonly sinceMs: number } | undefined
  /** Assignments so far, also those given back. */
  readonly attempts: number
}

export type WalletBalance = {
  readonly availableMicrocredits: bigint
  /** In open holds of this payer. */
  readonly heldMicrocredits: bigint
  /** On its way to the chain: in an epoch or waiting for one, not yet claimed. */
  readonly payableMicrocredits: bigint
}

/**
 * The ledger as the other services see it. Answers come after the events are durable. Reads show the state after the last
 * durable batch.
 */
export type Ledger = {
  submit(command: LedgerCommand): Promise<LedgerAnswer>
  hold(orderDigest: Hex): OpenHold | undefined
  balance(wallet: Address): WalletBalance
  lastNonce(signer: Address, lane: number): bigint | undefined
  payoutWallet(node: Address): Address | undefined
  /** The ledger's signature that the hold stands for its present assignment; `undefined` when it has none. */
  holdCertificate(orderDigest: Hex): Promise<SignedHoldCertificate | undefined>
  head(): JournalHead
  /** Events after a position, at most `limit`. */
  events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]>
  /** Calls back after every durable batch, in order, with its events; returns the function that ends it. */
  subscribe(listener: (events: readonly LedgerEvent[]) => void): () => void
}
