import type { Address } from '../hex.ts'
import type { AccountName } from '../journal/account-name.ts'
import { homeShard, type LedgerConfig } from '../journal/config.ts'

/** The shard that keeps the reserve, and with it all that comes from the chain or goes to it. */
export const reserveShard = 0

/**
 * The shard that keeps a liability: a wallet's home, the reserve's shard for payables, burn and the budgets, and this shard itself
 * for its holds and its clearing accounts. The reserve is no liability and is never sent: it counts as this shard's own.
 */
export function homeOfAccount(
  { shard, shardCount }: Pick<LedgerConfig, 'shard' | 'shardCount'>,
  account: AccountName,
): number {
  if (account.startsWith('wallet:')) return homeShard(account.slice('wallet:'.length) as Address, shardCount)
  const isReserves =
    account === 'burn' || account === 'treasury' || account === 'rewards' || account.startsWith('payable:')
  return isReserves ? reserveShard : shard
}
