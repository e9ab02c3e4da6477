import type { ClearingCredit, ClearingSent } from '../clearing/clearing.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import type { AuditBooks } from './audit-books.ts'
import { countFee } from './audited-rewards.ts'
import { type Audit, expectEntries, sum } from './checks.ts'
import { countPayouts } from './epoch-movement.ts'

type Place = Pick<LedgerConfig, 'shard' | 'shardCount'>

/**
 * Says what is wrong with an event's place among the shards: it may move only what its shard keeps, and what it puts into a clearing
 * account must be named, in sequence, for accounts that the other shard keeps.
 */
export function clearingProblem({ books, config }: Audit, event: LedgerEvent): string | undefined {
  const { entries, clearing = [] } = event
  const stray = entries.find(
    entry => entry.amountMicrocredits !== 0n && keeperOf(config, entry.account) !== config.shard,
  )
  if (stray !== undefined) return `moves ${stray.account}, which this shard does not keep`
  const cleared = sum(entries.filter(isClearing).map(entry => [entry.account, entry.amountMicrocredits]))
  if (event.type === 'ClearingReceived') {
    return clearing.length === 0 ? lentProblem(books, config) : 'takes and sends in one event'
  }
  const unnamed = Object.keys(cleared).find(account => !clearing.some(sent => `clearing:${sent.toShard}` === account))
  if (unnamed !== undefined) return `moves ${unnamed} and does not say for whom`
  if (event.type !== 'JobSettled' && clearing.some(({ caused }) => caused !== undefined))
    return 'counts a fee of no job'
  for (const sent of clearing) {
    const problem = sendingProblem(books, config, sent, cleared[`clearing:${sent.toShard}`] ?? 0n)
    if (problem !== undefined) return problem
  }
  return undefined
}

export function receivingProblem({ books, config }: Audit, event: EventOf<'ClearingReceived'>): string | undefined {
  const { fromShard, toShard, fromPosition, sequence, credits } = event.data
  if (toShard !== config.shard) return `takes what is for shard ${toShard}`
  if (!isOther(config, fromShard)) return `takes from shard ${fromShard}, which is not another one`
  const last = books.clearingReceived.get(fromShard) ?? { sequence: 0, position: 0 }
  if (sequence !== last.sequence + 1) return `takes sending ${sequence} of shard ${fromShard} after ${last.sequence}`
  if (!(fromPosition > last.position)) return `takes position ${fromPosition} of shard ${fromShard} a second time`
  books.clearingReceived.set(fromShard, { sequence, position: fromPosition })
  const problem = creditsProblem(config, toShard, credits) ?? causedProblem(event.data)
  if (problem !== undefined) return problem
  const { caused } = event.data
  if (caused !== undefined) countFee(books, caused.node, caused, event.atMs)
  const payoutWallet = caused && books.payoutWallets.get(caused.node)
  const burnt = credits.find(({ account }) => account === 'burn')?.amountMicrocredits ?? 0n
  if (payoutWallet !== undefined && burnt > 0n) {
    books.burns.set(payoutWallet, (books.burns.get(payoutWallet) ?? 0n) + burnt)
  }
  countPayouts(books, event)
  const claim = [`clearing:${fromShard}`, -totalOf(credits)] as const
  return expectEntries(
    event,
    sum([...credits.map(({ account, amountMicrocredits }) => [account, amountMicrocredits] as const), claim]),
  )
}

function sendingProblem(
  books: AuditBooks,
  config: Place,
  { toShard, sequence, credits }: ClearingSent,
  clearedMicrocredits: bigint,
): string | undefined {
  if (!isOther(config, toShard)) return `sends to shard ${toShard}, which is not another one`
  const last = books.clearingSent.get(toShard) ?? 0
  if (sequence !== last + 1) return `is sending ${sequence} to shard ${toShard} after ${last}`
  books.clearingSent.set(toShard, sequence)
  const named = totalOf(credits)
  if (named !== clearedMicrocredits) {
    return `sends ${named} µcr to shard ${toShard} and puts ${clearedMicrocredits} µcr into its clearing account`
  }
  return creditsProblem(config, toShard, credits)
}

function creditsProblem(config: Place, shard: number, credits: readonly ClearingCredit[]): string | undefined {
  if (credits.length === 0) return 'sends nothing'
  for (const { account, amountMicrocredits } of credits) {
    if (amountMicrocredits <= 0n) return `sends ${amountMicrocredits} µcr to ${account}`
    const isReceivable = !/^(?:hold|clearing|reserve)\b/.test(account)
    if (!isReceivable || keeperOf({ ...config, shard }, account) !== shard) {
      return `sends to ${account}, which shard ${shard} does not take`
    }
  }
  return undefined
}

/** A fee that counts for bonuses has come with the sending, to burn and treasury. */
function causedProblem({ caused, credits }: EventOf<'ClearingReceived'>['data']): string | undefined {
  const fees = credits.filter(({ account }) => account === 'burn' || account === 'treasury')
  const isCovered = caused === undefined || (caused.feeMicrocredits > 0n && caused.feeMicrocredits === totalOf(fees))
  return isCovered ? undefined : 'counts another fee than it takes'
}

/** All that the other shards hold came from the reserve's shard: together they cannot have sent back more than they got. */
function lentProblem({ balances }: AuditBooks, { shard, shardCount }: Place): string | undefined {
  if (shard !== 0) return undefined
  let lent = 0n
  for (let other = 1; other < shardCount; other++) lent += balances.get(`clearing:${other}`) ?? 0n
  return lent < 0n ? `takes ${-lent} µcr more than the other shards ever got` : undefined
}

/** The shard that keeps an account, -1 for what is no account. */
function keeperOf({ shard, shardCount }: Place, account: string): number {
  if (/^(?:hold|clearing):/.test(account)) return shard
  if (!account.startsWith('wallet:')) return 0
  const address = account.slice('wallet:'.length)
  if (!/^0x[0-9a-f]{40}$/.test(address)) return -1
  return Number((BigInt(address) & 0xffff_ffffn) % BigInt(shardCount))
}

function isOther({ shard, shardCount }: Place, other: number): boolean {
  return Number.isInteger(other) && other >= 0 && other < shardCount && other !== shard
}

function isClearing({ account }: { readonly account: string }): boolean {
  return account.startsWith('clearing:')
}

function totalOf(credits: readonly ClearingCredit[]): bigint {
  return credits.reduce((total, credit) => total + credit.amountMicrocredits, 0n)
}
