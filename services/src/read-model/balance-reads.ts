import type { AccountName, Address, WalletBalance } from '@deparrow/ledger'
import { holdAccount, payableAccount, walletAccount } from '@deparrow/ledger'
import type { Kysely, Selectable } from 'kysely'
import { assertCount, assertWhole, formatCursor, parseCursor } from './cursor.ts'
import { placesAt } from './places.ts'
import type { AccountBalance, AsOf, BalanceAsOf, HoldRecord, Page, PageRequest, ShardPosition } from './read-records.ts'
import { toHold } from './read-rows.ts'
import type { ReadSchema } from './read-schema.ts'

const nothing: WalletBalance = { availableMicrocredits: 0n, heldMicrocredits: 0n, payableMicrocredits: 0n }

export async function readBalance(kysely: Kysely<ReadSchema>, wallet: Address): Promise<WalletBalance> {
  const rows = await kysely.selectFrom('wallet_balance').selectAll().where('wallet', '=', wallet).execute()
  return rows
    .map(row => ({
      availableMicrocredits: row.available_microcredits,
      heldMicrocredits: row.held_microcredits,
      payableMicrocredits: row.payable_microcredits,
    }))
    .reduce(add, nothing)
}

export async function readBalanceAsOf(kysely: Kysely<ReadSchema>, wallet: Address, at: AsOf): Promise<BalanceAsOf> {
  const places = await placesAt(kysely, at)
  const states = await Promise.all(places.map(place => stateAt(kysely, wallet, place)))
  return { ...states.reduce((sum, state) => add(sum, state.balance), nothing), places }
}

export async function readHoldsAsOf(
  kysely: Kysely<ReadSchema>,
  wallet: Address,
  at: AsOf,
  { first, cursor }: PageRequest,
): Promise<Page<HoldRecord>> {
  assertCount(first)
  const [fromShard, beforePosition, listed] = cursor === undefined ? [0, undefined, 0] : parseCursor(cursor, 3)
  const items: HoldRecord[] = []
  for (const place of await placesAt(kysely, at)) {
    if (place.shard < (fromShard ?? 0)) continue
    const isContinued = beforePosition !== undefined && place.shard === fromShard
    const { holdCount } = await stateAt(kysely, wallet, place)
    // The state says how many were open, so that the search ends with the oldest of them.
    const leftCount = holdCount - (isContinued ? (listed ?? 0) : 0)
    const wantedCount = Math.min(first - items.length, leftCount)
    if (wantedCount <= 0) continue
    const found = await openHolds(kysely, wallet, place, wantedCount, isContinued ? beforePosition : undefined)
    items.push(...found)
    const last = found.at(-1)
    if (last !== undefined && found.length < leftCount) {
      const listedCount = holdCount - leftCount + found.length
      return { items, nextCursor: formatCursor([place.shard, last.openedPosition, listedCount]) }
    }
  }
  return { items, nextCursor: undefined }
}

export async function readBalances(kysely: Kysely<ReadSchema>, shard: number): Promise<readonly AccountBalance[]> {
  assertWhole('shard', shard)
  const at = BigInt(shard)
  const wallets = await kysely.selectFrom('wallet_balance').selectAll().where('shard', '=', at).execute()
  const holds = kysely.selectFrom('hold').select(['id', 'amount_microcredits']).where('shard', '=', at)
  const network = await kysely.selectFrom('network_balance').selectAll().where('shard', '=', at).execute()
  const balances = [
    ...wallets.flatMap(walletAccounts),
    ...(await holds.where('ended_position', 'is', null).execute()).map(row =>
      named(holdAccount(row.id as `0x${string}`), row.amount_microcredits),
    ),
    ...network.map(row => named(row.account as AccountName, row.amount_microcredits)),
  ]
  return balances.sort((a, b) => (a.account < b.account ? -1 : 1))
}

type WalletMoment = { readonly balance: WalletBalance; readonly holdCount: number }

/** What a wallet had in one shard after an event. */
async function stateAt(
  kysely: Kysely<ReadSchema>,
  wallet: Address,
  { shard, position }: ShardPosition,
): Promise<WalletMoment> {
  const row = await kysely
    .selectFrom('statement_entry')
    .select([
      'available_after_microcredits',
      'held_after_microcredits',
      'payable_after_microcredits',
      'hold_count_after',
    ])
    .where('wallet', '=', wallet)
    .where('shard', '=', BigInt(shard))
    .where('position', '<=', BigInt(position))
    .orderBy('position', 'desc')
    .orderBy('entry_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return { balance: nothing, holdCount: 0 }
  const balance = {
    availableMicrocredits: row.available_after_microcredits,
    heldMicrocredits: row.held_after_microcredits,
    payableMicrocredits: row.payable_after_microcredits,
  }
  return { balance, holdCount: Number(row.hold_count_after) }
}

/** Holds that were open after an event, newest first. */
async function openHolds(
  kysely: Kysely<ReadSchema>,
  payer: Address,
  { shard, position }: ShardPosition,
  count: number,
  beforePosition = position + 1,
): Promise<readonly HoldRecord[]> {
  const rows = await kysely
    .selectFrom('hold')
    .selectAll()
    .where('payer', '=', payer)
    .where('shard', '=', BigInt(shard))
    .where('opened_position', '<', BigInt(Math.min(beforePosition, position + 1)))
    .where(where => where.or([where('ended_position', 'is', null), where('ended_position', '>', BigInt(position))]))
    .orderBy('opened_position', 'desc')
    .limit(count)
    .execute()
  return rows.map(toHold)
}

/** The accounts of a wallet, as the ledger has them: it begins each with the first credits. */
function walletAccounts(row: Selectable<ReadSchema['wallet_balance']>): readonly AccountBalance[] {
  const wallet = row.wallet as Address
  const balances = [named(walletAccount(wallet), row.available_microcredits)]
  if (row.payable_microcredits !== 0n) balances.push(named(payableAccount(wallet), row.payable_microcredits))
  return balances
}

function named(account: AccountName, amountMicrocredits: bigint): AccountBalance {
  return { account, amountMicrocredits }
}

function add(a: WalletBalance, b: WalletBalance): WalletBalance {
  return {
    availableMicrocredits: a.availableMicrocredits + b.availableMicrocredits,
    heldMicrocredits: a.heldMicrocredits + b.heldMicrocredits,
    payableMicrocredits: a.payableMicrocredits + b.payableMicrocredits,
  }
}
