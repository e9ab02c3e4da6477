import type { LedgerConfig } from '../journal/config.ts'
import type { JobOutcome } from '../receipt/usage-receipt.ts'
import { Actor, testConfig, testStartMs } from '../testing/actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { dayMs, dayOf } from './node-rewards.ts'

export const payer = new Actor(1)
export const node = new Actor(2)
export const wallet = new Actor(3)
export const referrer = new Actor(4)
export const stranger = new Actor(5)

/** The day of the tests' first moment, and the first moment of the one after. */
export const firstDay = dayOf(testStartMs)
export const nextDayMs = (firstDay + 1) * dayMs

/** Limits that only the fees bound. */
export const generous = {
  ...testConfig.rewards,
  uptimeDayMicrocreditsMax: 10n ** 12n,
  referralMicrocreditsMax: 10n ** 12n,
}

/** A ledger with a rewards budget, a rich payer, and a node that pays out to a wallet. */
export function rewardsLedger(
  rewards: Partial<LedgerConfig['rewards']> = {},
  budgetMicrocredits = 1_000_000_000n,
): TestLedger {
  const ledger = new TestLedger({ ...testConfig, rewards: { ...testConfig.rewards, ...rewards } })
  ledger.deposit(payer.address, 10_000_000_000n)
  if (budgetMicrocredits > 0n) ledger.fundRewards(budgetMicrocredits)
  ledger.accept({ type: 'RegisterNode', registration: node.registration({ payoutWallet: wallet.address }) })
  return ledger
}

/** Runs one job for a fixed price; at 5 % a twentieth of it is the fee. */
export function runJob(ledger: TestLedger, priceMicrocredits: bigint, outcome: JobOutcome = 'completed'): void {
  const nonce = BigInt(ledger.state.position)
  const deadline = BigInt(Math.floor(ledger.nowMs / 1000) + 600)
  const price = { bidMicrocredits: priceMicrocredits, maxPriceMicrocredits: priceMicrocredits }
  const digest = ledger.assigned(payer.order({ nonce, deadline, ...price }), node)
  ledger.settle(node.receipt(digest, { sequence: nonce, outcome }))
}

export function rewardsBudget(ledger: TestLedger): bigint {
  return ledger.state.balances.get('rewards') ?? 0n
}
