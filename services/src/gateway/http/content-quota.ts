import type { Address } from '@deparrow/ledger'

const dayMs = 24 * 3_600_000

/** Wallets that are remembered; beyond it the one that began first today is forgotten, so that new keys cost bounded memory. */
const walletsMax = 10_000

/** What each wallet has sent since midnight UTC. Kept in memory: a restart begins anew. */
export class ContentQuota {
  readonly #sentBytes = new Map<Address, number>()
  #day = 0

  constructor(private readonly bytesPerDayMax: number) {}

  /** Takes bytes from the wallet's allowance; `false`, taking nothing, when they do not fit into what is left today. */
  take(wallet: Address, bytes: number, nowMs: number): boolean {
    this.#beginDay(Math.floor(nowMs / dayMs))
    const sentBytes = (this.#sentBytes.get(wallet) ?? 0) + bytes
    if (sentBytes > this.bytesPerDayMax) return false
    this.#sentBytes.set(wallet, sentBytes)
    const oldest = this.#sentBytes.size > walletsMax ? this.#sentBytes.keys().next().value : undefined
    if (oldest !== undefined) this.#sentBytes.delete(oldest)
    return true
  }

  #beginDay(day: number): void {
    if (day === this.#day) return
    this.#day = day
    this.#sentBytes.clear()
  }
}
