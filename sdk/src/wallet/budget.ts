import type { Hex } from '@deparrow/ledger'
import { formatCredits } from '@deparrow/ledger'
import type { Job } from '../api/job.ts'
import { type RefusedAnswer, refuse } from '../api/refusal.ts'

/**
 * What a wallet object may spend on jobs in its lifetime, in µcr. An order counts with its highest price from the moment it is
 * signed; when it is refused it counts no more, and when it is settled it counts with what it cost. Those two facts come from
 * the gateway; what no gateway can exceed is each order's own highest price.
 */
export class Budget {
  readonly #committed = new Map<Hex, bigint>()

  constructor(readonly limitMicrocredits: bigint | undefined) {}

  /** What orders still stand for, in µcr. */
  committedMicrocredits(): bigint {
    let total = 0n
    for (const amount of this.#committed.values()) total += amount
    return total
  }

  /** The refusal `BUDGET_EXCEEDED` when an order of this price must not be signed. */
  check(maxPriceMicrocredits: bigint): RefusedAnswer | undefined {
    if (this.limitMicrocredits === undefined) return undefined
    const committed = this.committedMicrocredits()
    const left = this.limitMicrocredits > committed ? this.limitMicrocredits - committed : 0n
    if (maxPriceMicrocredits <= left) return undefined
    return refuse({
      code: 'BUDGET_EXCEEDED',
      message: `The order may cost ${formatCredits(maxPriceMicrocredits)} credits and the wallet's budget has ${formatCredits(left)} left; nothing was signed.`,
      requiredMicrocredits: maxPriceMicrocredits,
      availableMicrocredits: left,
    })
  }

  commit(orderDigest: Hex, maxPriceMicrocredits: bigint): void {
    this.#committed.set(orderDigest, maxPriceMicrocredits)
  }

  release(orderDigest: Hex): void {
    this.#committed.delete(orderDigest)
  }

  /** Takes note of what a job cost. A cost above the order's price counts as the order's price: no more can be taken. */
  settle(job: Job): void {
    const committed = this.#committed.get(job.id)
    const cost = job.capturedMicrocredits ?? (job.releasedMicrocredits === null ? undefined : 0n)
    if (committed === undefined || cost === undefined || cost > committed) return
    this.#committed.set(job.id, cost)
  }
}
