import { weiPerMicrocredit } from '../credits.ts'
import type { Books } from '../ports/ledger.ts'
import { balanceOf, type LedgerState } from './state.ts'

/** Adds every account up. Walks all balances: for views and audits, not for decisions. */
export function booksOf(state: Readonly<LedgerState>): Books {
  const sums = { wallet: 0n, hold: 0n, payable: 0n, clearing: 0n }
  for (const [account, balance] of state.balances) {
    const kind = account.slice(0, account.indexOf(':'))
    if (kind === 'wallet' || kind === 'hold' || kind === 'payable' || kind === 'clearing') sums[kind] += balance
  }
  let unposted = 0n
  for (const account of state.payouts.values()) unposted += account.scheduledMicrocredits - account.postedMicrocredits
  return {
    reserve: balanceOf(state, 'reserve'),
    wallets: sums.wallet,
    holds: sums.hold,
    payables: sums.payable,
    burn: balanceOf(state, 'burn'),
    treasury: balanceOf(state, 'treasury'),
    rewards: balanceOf(state, 'rewards'),
    clearing: sums.clearing,
    unposted,
  }
}

/** Invariant R: the reserve is the sum of everything owed. */
export function isBalanced({ reserve, wallets, holds, payables, burn, treasury, rewards, clearing }: Books): boolean {
  return reserve === wallets + holds + payables + burn + treasury + rewards + clearing
}

/** Full reserve: the DPC that the contract holds, in wei, covers the credits of all wallets and holds, and those between shards. */
export function isCovered({ wallets, holds, clearing }: Books, contractWei: bigint): boolean {
  return (wallets + holds + clearing) * weiPerMicrocredit <= contractWei
}
