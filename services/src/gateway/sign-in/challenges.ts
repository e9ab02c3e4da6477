import { randomBytes } from 'node:crypto'
import type { Address } from '@deparrow/ledger'

/** A person has five minutes to look at the message and sign it. */
export const challengeMs = 5 * 60_000

/** Challenges that wait at the same time; beyond it the oldest is dropped, so that asking costs bounded memory. */
const challengesMax = 10_000

/** The nonces that may still be signed, each for one wallet and once. */
export class Challenges {
  readonly #open = new Map<string, { readonly wallet: Address; readonly expiresAtMs: number }>()

  /** 128 random bits; ERC-4361 asks for at least 8 letters and digits. */
  issue(wallet: Address, nowMs: number): string {
    const oldest = this.#open.keys().next().value
    if (this.#open.size >= challengesMax && oldest !== undefined) this.#open.delete(oldest)
    const nonce = randomBytes(16).toString('hex')
    this.#open.set(nonce, { wallet, expiresAtMs: nowMs + challengeMs })
    return nonce
  }

  /** Uses the nonce up; `false` when it was never given to this wallet, was used before, or is too old. */
  take(nonce: string, wallet: Address, nowMs: number): boolean {
    const challenge = this.#open.get(nonce)
    if (challenge?.wallet !== wallet) return false
    this.#open.delete(nonce)
    return nowMs < challenge.expiresAtMs
  }
}
