import type { Hex } from '@deparrow/ledger'

/** A call that the contract did not take: what it said, and the block time in seconds from which on it is tried again. */
export type RefusedAnswer = { readonly code: string; readonly count: number; readonly retryAtSeconds: number }

/** When it is known: block times and durations in seconds. */
export type RefusalMoment = {
  readonly nowSeconds: number
  readonly deadlineSeconds: number
  readonly answerSeconds: number
}

/**
 * Calls that the contract refused, by demand or account. Each is estimated again after a second of the chain's clock, then after twice as long each
 * time, up to a thirty-second of A, and never after more than an eighth of the time that is left.
 */
export class RefusedAnswers {
  private readonly refused = new Map<Hex, RefusedAnswer>()

  get(subject: Hex): RefusedAnswer | undefined {
    return this.refused.get(subject)
  }

  add(subject: Hex, code: string, { nowSeconds, deadlineSeconds, answerSeconds }: RefusalMoment): void {
    const count = (this.refused.get(subject)?.count ?? 0) + 1
    const leftSeconds = Math.max(0, deadlineSeconds - nowSeconds)
    const delaySeconds = Math.floor(Math.min(2 ** (count - 1), answerSeconds / 32, leftSeconds / 8))
    this.refused.set(subject, { code, count, retryAtSeconds: nowSeconds + delaySeconds })
  }

  delete(subject: Hex): void {
    this.refused.delete(subject)
  }

  clear(): void {
    this.refused.clear()
  }
}
