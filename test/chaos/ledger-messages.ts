import type { Hex, LedgerAnswer, LedgerCommand } from '@deparrow/ledger'

/** What a ledger process is started with, as JSON in its first argument. */
export type LedgerProcessSettings = {
  /** Holds journal and projections. */
  readonly postgresUrl: string
  readonly kafkaBroker: string
  readonly topic: string
  readonly shard: string
  /** With which the ledger signs. */
  readonly ledgerKey: Hex
}

/** What a ledger process is asked; structured clones, so that amounts stay `bigint`. */
export type LedgerRequest = { readonly id: number; readonly command: LedgerCommand }

/**
 * What a ledger process says. `leading`: it has the shard's lease and takes commands. `closed`: no longer. `waiting`: it follows the
 * journal and would take over. `unavailable`: what became of a command is not known here; it is to be sent again. `problem`: why something is being tried again.
 */
export type LedgerMessage =
  | { readonly kind: 'leading' | 'closed' | 'waiting' }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: LedgerAnswer }
  | { readonly kind: 'unavailable'; readonly id: number; readonly reason: string }
