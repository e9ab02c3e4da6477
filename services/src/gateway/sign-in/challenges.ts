import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Address } from '@deparrow/ledger'

/** A person has five minutes to look at the message and sign it. */
export const challengeMs = 5 * 60_000

/** Used nonces that are remembered until they expire; beyond it the oldest is dropped, so that signing in costs bounded memory. */
const usedMax = 100_000

/** Expiry in Unix milliseconds, then 128 random bits; ERC-4361 asks for at least 8 letters and digits. */
const headLength = 12 + 32

/**
 * The nonces that may still be signed, each for one wallet and once. A nonce carries its expiry and this process's mark, so that
 * asking costs no memory and nobody's challenge is lost to others who ask.
 */
export class Challenges {
  readonly #key = randomBytes(32)
  readonly #used = new Map<string, number>()

  issue(wallet: Address, nowMs: number): string {
    const expiry = (nowMs + challengeMs).toString(16).padStart(12, '0')
    const head = `${expiry}${randomBytes(16).toString('hex')}`
    return `${head}${this.#markOf(head, wallet).toString('hex')}`
  }

  /** Uses the nonce up; `false` when it was never given to this wallet, was used before, or is too old. */
  take(nonce: string, wallet: Address, nowMs: number): boolean {
    if (!/^[0-9a-f]{76}$/.test(nonce)) return false
    const head = nonce.slice(0, headLength)
    const isOurs = timingSafeEqual(Buffer.from(nonce.slice(headLength), 'hex'), this.#markOf(head, wallet))
    const expiresAtMs = Number.parseInt(head.slice(0, 12), 16)
    if (!isOurs || expiresAtMs <= nowMs || this.#used.has(nonce)) return false
    this.#remember(nonce, expiresAtMs, nowMs)
    return true
  }

  #remember(nonce: string, expiresAtMs: number, nowMs: number): void {
    this.#used.set(nonce, expiresAtMs)
    for (const [oldest, oldestExpiresAtMs] of this.#used) {
      if (oldestExpiresAtMs > nowMs && this.#used.size <= usedMax) return
      this.#used.delete(oldest)
    }
  }

  #markOf(head: string, wallet: Address): Buffer {
    return createHmac('sha256', this.#key).update(`${head}${wallet}`).digest().subarray(0, 16)
  }
}
