import type { EscrowOrder } from '../escrow/escrow-order.ts'
import type { Address, Hex } from '../hex.ts'
import type { SignedJobOrder } from '../hold/job-order.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { PayoutInstruction } from '../payout/withdrawal.ts'
import type { SpendPermission, UnderPermission } from '../permission/spend-permission.ts'
import type { SignedUsageReceipt } from '../receipt/usage-receipt.ts'
import type { Signed } from '../typed-data/types.ts'

type Permission = { readonly permission?: Signed<SpendPermission> }

/** Signed messages that later events count on: orders of open holds and escrows, receipts that wait, instructions and permissions that stand. */
export class OpenEvidence {
  private readonly orders = new Map<Hex, { readonly order: SignedJobOrder } & Permission>()
  private readonly receipts = new Map<Hex, SignedUsageReceipt>()
  private readonly escrows = new Map<Hex, { readonly order: Signed<EscrowOrder> } & Permission>()
  private readonly instructions = new Map<Address, Signed<PayoutInstruction>>()
  private readonly permissions = new Map<string, Signed<SpendPermission>>()

  /** Takes the next event, after what it ends was asked for. */
  apply(event: LedgerEvent): void {
    switch (event.type) {
      case 'PermissionGranted': {
        const { wallet, delegate } = event.data.permission.message
        this.permissions.set(`${wallet}:${delegate}`, event.data.permission)
        return
      }
      case 'PayoutInstructed':
        this.instructions.set(event.data.instruction.message.wallet, event.data.instruction)
        return
      case 'HoldOpened': {
        const { order, orderDigest } = event.data
        this.orders.set(orderDigest, { order, ...this.permissionOf(order.message.payer, event.data) })
        return
      }
      case 'ReceiptReceived':
        this.receipts.set(event.data.receipt.message.orderDigest, event.data.receipt)
        return
      case 'EscrowOpened': {
        const { order, escrow } = event.data
        this.escrows.set(escrow, { order, ...this.permissionOf(order.message.wallet, event.data) })
        return
      }
      case 'JobSettled':
      case 'HoldReleased':
      case 'HoldExpired':
        this.orders.delete(event.data.orderDigest)
        this.receipts.delete(event.data.orderDigest)
        return
      case 'EscrowCaptured':
        this.escrows.delete(event.data.capture.message.escrow)
        return
      case 'EscrowReleased':
        this.escrows.delete(event.data.release.message.escrow)
        return
      case 'EscrowExpired':
        this.escrows.delete(event.data.escrow)
        return
      default:
        return
    }
  }

  /** The permission under which an event spends out of a wallet; nothing when the wallet itself signed. */
  permissionOf(wallet: Address, { spend }: UnderPermission): Permission {
    if (spend === undefined) return {}
    const permission = this.permissions.get(`${wallet}:${spend.delegate}`)
    return permission === undefined ? {} : { permission }
  }

  /** Order and receipt of a job that is about to be settled. */
  job(orderDigest: Hex): { readonly order: SignedJobOrder; readonly receipt: SignedUsageReceipt } & Permission {
    const receipt = found(this.receipts.get(orderDigest), `the receipt of job ${orderDigest}`)
    return { ...found(this.orders.get(orderDigest), `the order of job ${orderDigest}`), receipt }
  }

  escrow(escrow: Hex): { readonly order: Signed<EscrowOrder> } & Permission {
    return found(this.escrows.get(escrow), `the order of escrow ${escrow}`)
  }

  instruction(wallet: Address): Signed<PayoutInstruction> {
    return found(this.instructions.get(wallet), `the instruction of ${wallet}`)
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new EvidenceMissingError(what)
  return value
}

/** Thrown when an event stands on a message that no event before it has: the journal was not followed from its start, or is not right. */
export class EvidenceMissingError extends Error {
  override readonly name = 'EvidenceMissingError'
  constructor(what: string) {
    super(`the journal before this event does not have ${what}`)
  }
}
