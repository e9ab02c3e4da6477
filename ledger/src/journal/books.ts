import { reserveShard } from '../clearing/home-of-account.ts'
import { weiPerMicrocredit } from '../credits.ts'
import type { Books } from '../ports/ledger.ts'
import { balanceOf, clearingBalance, type LedgerState } from './state.ts'

/** Adds every account up. Walks all balances: for views and audits, not for decisions. */
export function booksOf(state: Readonly<LedgerState>): Books {
  const sums = { wallet: 0n, hold: 0n, payable: 0n }
  for (const [account, balance] of state.balances) {
    const kind = account.slice(0, account.indexOf(':'))
    if (kind === 'wallet' || kind === 'hold' || kind === 'payable') sums[kind] += balance
  }
  return {
    reserve: balanceOf(state, 'reserve'),
    wallets: sums.wallet,
    holds: sums.hold,
    payables: sums.payable,
    burn: balanceOf(state, 'burn'),
    treasury: balanceOf(state, 'treasury'),
    rewards: balanceOf(state, 'rewards'),
    clearing: clearingBalance(state),
    unposted: unpostedOf(state),
  }
}

/** Epochs are closed in the reserve's shard, to which the others send their payouts. */
function unpostedOf({ config, payouts }: Readonly<LedgerState>): bigint {
  if (config !== undefined && config.shard !== reserveShard) return 0n
  let unposted = 0n
  for (const account of payouts.values()) unposted += account.scheduledMicrocredits - account.postedMicrocredits
  return unposted
}

/** Invariant R: the reserve is the sum of everything owed. */
export function isBalanced({ reserve, wallets, holds, payables, burn, treasury, rewards, clearing }: Books): boolean {
  return reserve === wallets + holds + payables + burn + treasury + rewards + clearing
}

/** Full reserve: the DPC that the contract holds, in wei, covers the credits of all wallets and holds, and those between shards. */
export function isCovered({ wallets, holds, clearing }: Books, contractWei: bigint): boolean {
  return (wallets + holds + clearing) * weiPerMicrocredit <= contractWei
}
