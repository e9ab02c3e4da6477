import { type Hex, type Pricing, pricingDigest } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { errorText, type NodeLog } from './node-log.ts'

/** Where a node asks for pricings that it does not know: the gateway, or a copy of the public journal. */
export type PricingSource = () => Promise<readonly Pricing[]>

/** Pricings that are kept at most: those before were agreed in orders that have ended. */
const keptMax = 64

/**
 * The pricings that a node knows by their digests, which certificates name. One that it does not know it asks for, and takes at its digest alone: a
 * source that tells something else teaches it nothing.
 */
export class KnownPricings {
  readonly #known = new Map<Hex, Pricing>()
  #asked: Promise<void> | undefined

  constructor(
    known: readonly Pricing[],
    private readonly source: PricingSource | undefined,
    private readonly log: NodeLog,
  ) {
    for (const pricing of known) this.#keep(pricing)
  }

  digests(): readonly Hex[] {
    return [...this.#known.keys()]
  }

  /** The pricing of a digest; `undefined` when it is not known. */
  find(digest: Hex): Pricing | undefined {
    return this.#known.get(digest)
  }

  /** Asks for a pricing unless it is known; who asks at the same time waits for the same answer. Never throws: what stays unknown is refused. */
  async learn(digest: Hex): Promise<void> {
    if (this.#known.has(digest) || this.source === undefined) return
    this.#asked ??= this.#ask(this.source).finally(() => {
      this.#asked = undefined
    })
    await this.#asked
  }

  async #ask(source: PricingSource): Promise<void> {
    try {
      for (const pricing of await source()) this.#keep(pricing)
    } catch (error) {
      const message = `the network's pricings could not be asked for: ${errorText(error)}`
      this.log({ level: 'warn', code: 'PRICINGS_NOT_READ', message })
    }
  }

  #keep(pricing: Pricing): void {
    this.#known.set(pricingDigest(ledgerCrypto, pricing), pricing)
    const [oldest] = this.#known.keys()
    if (this.#known.size > keptMax && oldest !== undefined) this.#known.delete(oldest)
  }
}
