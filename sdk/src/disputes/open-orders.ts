import {
  type AssignmentRelease,
  type EscrowOrder,
  type Hex,
  type LedgerEvent,
  OpenEvidence,
  type Pricing,
  pricingDigest,
  type Signed,
  type SignedJobOrder,
  type SpendPermission,
  type TreeHashing,
} from '@deparrow/ledger'

/** The signed order behind a hold, and the permission of who signed it when that was a delegate. */
export type OpenOrder = (
  | { readonly kind: 'job'; readonly order: SignedJobOrder }
  | { readonly kind: 'escrow'; readonly order: Signed<EscrowOrder> }
) & { readonly permission?: Signed<SpendPermission> }

type Known = OpenOrder & {
  readonly releases: readonly Signed<AssignmentRelease>[]
  /** Journal position at which its hold ended. */
  readonly endedAt?: number
}

/**
 * The orders of all holds that stand, and of those that ended since the last final epoch, with the nodes' releases; and every pricing that
 * counted. A hold takes a few references, because the messages are those of the events.
 */
export class OpenOrders {
  private readonly evidence = new OpenEvidence()
  private readonly orders = new Map<Hex, Known>()
  /** In the order in which they ended. */
  private readonly ended = new Set<Hex>()
  private readonly pricings = new Map<Hex, Pricing>()

  constructor(private readonly crypto: TreeHashing) {}

  /** Takes the next event. */
  apply(event: LedgerEvent): void {
    switch (event.type) {
      case 'LedgerOpened':
        this.price(event.data.config)
        break
      case 'ConfigChanged':
        this.price(event.data.pricing)
        break
      case 'HoldOpened': {
        const { orderDigest, order } = event.data
        const { permission } = this.evidence.permissionOf(order.message.payer, event.data)
        this.orders.set(orderDigest, { kind: 'job', order, releases: [], ...(permission && { permission }) })
        break
      }
      case 'EscrowOpened': {
        const { escrow, order } = event.data
        const { permission } = this.evidence.permissionOf(order.message.wallet, event.data)
        this.orders.set(escrow, { kind: 'escrow', order, releases: [], ...(permission && { permission }) })
        break
      }
      case 'HoldUnassigned':
        this.release(event.data.release)
        break
      case 'JobSettled':
      case 'HoldReleased':
      case 'HoldExpired':
        this.end(event.data.orderDigest, event.position)
        break
      case 'EscrowCaptured':
        this.end(event.data.capture.message.escrow, event.position)
        break
      case 'EscrowReleased':
        this.end(event.data.release.message.escrow, event.position)
        break
      case 'EscrowExpired':
        this.end(event.data.escrow, event.position)
        break
      default:
        break
    }
    this.evidence.apply(event)
  }

  /** The order behind a hold that stands, or that ended since the last final epoch. */
  find(digest: Hex): OpenOrder | undefined {
    return this.orders.get(digest)
  }

  /** The nodes' releases of such an order, the newest last. */
  releasesOf(digest: Hex): readonly Signed<AssignmentRelease>[] {
    return this.orders.get(digest)?.releases ?? []
  }

  /** The pricing that a certificate names. */
  pricing(digest: Hex): Pricing | undefined {
    return this.pricings.get(digest)
  }

  /** Forgets what ended up to a position: a final epoch has it. */
  forget(position: number): void {
    for (const digest of this.ended) {
      if ((this.orders.get(digest)?.endedAt ?? 0) > position) return
      this.ended.delete(digest)
      this.orders.delete(digest)
    }
  }

  private price({ rates, feeBasisPoints, burnBasisPoints }: Pricing): void {
    const pricing = { rates, feeBasisPoints, burnBasisPoints }
    this.pricings.set(pricingDigest(this.crypto, pricing), pricing)
  }

  private release(release: Signed<AssignmentRelease>): void {
    const digest = release.message.orderDigest
    const known = this.orders.get(digest)
    if (known !== undefined) this.orders.set(digest, { ...known, releases: [...known.releases, release] })
  }

  private end(digest: Hex, position: number): void {
    const known = this.orders.get(digest)
    if (known === undefined) return
    this.orders.set(digest, { ...known, endedAt: position })
    this.ended.add(digest)
  }
}
