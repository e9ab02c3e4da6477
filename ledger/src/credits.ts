/**
 * The unit of the ledger. 1 credit = 1 000 000 µcr = 1 DPC = 10^18 wei, so 1 µcr = 10^12 wei exactly.
 */
export type Microcredits = bigint

export const microcreditsPerCredit = 1_000_000n

export const weiPerMicrocredit = 1_000_000_000_000n

/**
 * The token's cap, 1 000 000 000 DPC, in µcr. No single amount can exceed it, and neither can the reserve: deposits beyond it are refused,
 * so that no balance and no sum of balances ever does.
 */
export const microcreditsMax: Microcredits = 1_000_000_000n * microcreditsPerCredit

/**
 * Whether an amount may be moved, set aside, promised or counted at all: from 1 µcr to the token's cap. These are the bounds of every amount in
 * every command. What is no amount but a limit (a bid, an instruction's minimum, a permission's caps) may be anything that its field holds.
 */
export function isAmount(amount: bigint): boolean {
  return amount > 0n && amount <= microcreditsMax
}

/** Formats µcr as decimal credits without trailing zeros: `1500000n` → `1.5`. */
export function formatCredits(amount: Microcredits): string {
  const sign = amount < 0n ? '-' : ''
  const absolute = amount < 0n ? -amount : amount
  const whole = absolute / microcreditsPerCredit
  const fraction = (absolute % microcreditsPerCredit).toString().padStart(6, '0').replace(/0+$/, '')
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`
}

/** Parses decimal credits with at most six digits after the point; `undefined` for anything else. */
export function parseCredits(text: string): Microcredits | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) return undefined
  const amount = BigInt(match[1] ?? '0') * microcreditsPerCredit + BigInt((match[2] ?? '').padEnd(6, '0'))
  return amount <= microcreditsMax ? amount : undefined
}
