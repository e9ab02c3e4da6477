import type { Hex } from '@deparrow/ledger'
import { type Hold, readHold } from '../api/hold.ts'
import { operations } from '../api/operations.ts'
import { optional, read } from '../api/read.ts'
import type { Answer } from '../api/refusal.ts'
import type { CaptureRequest, EscrowRequest, ReleaseRequest } from '../commands/escrow-commands.ts'
import { askOwn } from './own-reads.ts'
import { type Movement, sendCommand } from './send-command.ts'
import type { WalletContext } from './wallet-context.ts'

/**
 * Credits set aside for another agent: it knows that they are there, and gets them only when the payer says so.
 *
 * @example
 * const opened = await payer.escrows.open({ seller, amountMicrocredits: 5_000_000n, expiresInSeconds: 3_600 })
 * if (!opened.ok) throw new Error(opened.refusal.message)
 * // … the seller sees escrows.get(opened.commandId), and delivers …
 * await payer.escrows.capture({ escrow: opened.commandId, amountMicrocredits: 4_000_000n })
 */
export type Escrows = {
  /**
   * Sets credits aside; the answer's `commandId` is the escrow's id. Refusals: `INSUFFICIENT_CREDITS`, `MALFORMED` for a seller or an expiry that makes
   * no sense, and those of a permission (`CAP_EXCEEDED`, `COUNTERPARTY_NOT_ALLOWED`, `PERMISSION_EXPIRED`).
   */
  open(request: EscrowRequest): Promise<Answer<Movement>>
  /** Pays the seller and returns the rest; ends the escrow. Refusals: `UNKNOWN_ESCROW`, `ESCROW_ENDED`, `ESCROW_EXCEEDED`. */
  capture(request: CaptureRequest): Promise<Answer<Movement>>
  /** As the seller, gives everything back to the payer. Refusals: `UNKNOWN_ESCROW`, `ESCROW_ENDED`. */
  release(request: ReleaseRequest): Promise<Answer<Movement>>
  /** An escrow of which this wallet is payer or seller; `undefined` for an unknown id. */
  get(id: Hex): Promise<Hold | undefined>
}

export function escrowsOf(context: WalletContext): Escrows {
  return {
    open: request => sendCommand(context, 'openEscrow', request),
    capture: request => sendCommand(context, 'captureEscrow', request),
    release: request => sendCommand(context, 'releaseEscrow', request),
    get: async id => {
      const escrow = optional(read.object, await askOwn(context, operations.escrow, { id }), 'escrow')
      return escrow === null ? undefined : readHold(escrow)
    },
  }
}
