import type { Address, Hex } from '@deparrow/ledger'
import { type Hold, readHold } from '../api/hold.ts'
import { operations } from '../api/operations.ts'
import { type Fields, optional, read } from '../api/read.ts'
import { type Balance, type Reward, readReward, readStatementPage, type StatementPage } from '../api/wallet.ts'
import { askOwn, askOwnWallet, type ListPage, pageVariables } from './own-reads.ts'
import type { WalletContext } from './wallet-context.ts'

/** A moment: after the event at a position of the wallet's journal, or after the last event that is not later than a time. */
export type Moment = { readonly position: bigint } | { readonly time: Date }

/** What is left out does not narrow; filters are joined by "and", the members of a list by "or". */
export type StatementFilter = {
  readonly events?: readonly string[]
  readonly accounts?: readonly ('wallet' | 'hold' | 'payable')[]
  readonly from?: Date
  /** Events at this time are left out. */
  readonly until?: Date
  readonly counterparty?: Address
  /** Digest of a job's order, an escrow's order or an IOU. */
  readonly subject?: Hex
}

export type StatementRequest = ListPage & {
  readonly before?: bigint
  readonly filter?: StatementFilter
  /** The answer knows the journal up to here, such as the position of a {@link Movement}; else `NOT_YET_VISIBLE`. */
  readonly atLeastPosition?: bigint
}

/** What the wallet had, and the last event of each journal that counts. */
export type BalanceAsOf = Omit<Balance, 'address'> & {
  readonly places: readonly { readonly shard: number; readonly position: bigint }[]
}

export type HoldRequest = ListPage & { readonly asOf?: Moment; readonly kind?: 'job' | 'escrow' }

export type HoldPage = { readonly holds: readonly Hold[]; readonly nextCursor: string | null }

export type RewardPage = { readonly rewards: readonly Reward[]; readonly nextCursor: string | null }

/** What moved in the wallet, newest first. A filter needs, and opens, a session. */
export async function readStatement(context: WalletContext, request: StatementRequest = {}): Promise<StatementPage> {
  const { before, filter, atLeastPosition, ...page } = request
  const variables = {
    address: context.address,
    before: textOf(before),
    filter: filter === undefined ? null : filterVariables(filter),
    at: textOf(atLeastPosition),
    ...pageVariables(page),
  }
  const ask = filter === undefined ? context.ask : (document: string, own: Fields) => askOwn(context, document, own)
  const data = await ask(operations.statement, variables)
  return readStatementPage(read.object(read.object(data, 'wallet'), 'statement'))
}

/** What the wallet had at a moment. Throws `GATEWAY_ERROR` with `NOT_YET_VISIBLE` for a position that is not reached. */
export async function readBalanceAsOf(context: WalletContext, at: Moment): Promise<BalanceAsOf> {
  const wallet = await askOwnWallet(context, operations.balanceAsOf, { asOf: momentVariables(at), at: null })
  const balance = read.object(wallet, 'balance')
  return {
    availableMicrocredits: read.amount(balance, 'available'),
    heldMicrocredits: read.amount(balance, 'held'),
    payableMicrocredits: read.amount(balance, 'payable'),
    places: read.objects(balance, 'places').map(place => ({
      shard: read.integer(place, 'shard'),
      position: read.amount(place, 'position'),
    })),
  }
}

/** The wallet's holds and escrows that were open at a moment, or are now, newest first. */
export async function readHolds(context: WalletContext, request: HoldRequest = {}): Promise<HoldPage> {
  const { asOf, kind, ...page } = request
  const moment = asOf === undefined ? null : momentVariables(asOf)
  const variables = { asOf: moment, kind: kind ?? null, at: null, ...pageVariables(page) }
  const found = read.object(await askOwnWallet(context, operations.holds, variables), 'holds')
  return { holds: read.objects(found, 'holds').map(readHold), nextCursor: optional(read.text, found, 'nextCursor') }
}

/** Grants and bonuses of the wallet, newest first. */
export async function readRewards(context: WalletContext, page: ListPage = {}): Promise<RewardPage> {
  const found = read.object(await askOwnWallet(context, operations.rewards, pageVariables(page)), 'rewards')
  return {
    rewards: read.objects(found, 'rewards').map(readReward),
    nextCursor: optional(read.text, found, 'nextCursor'),
  }
}

function momentVariables(moment: Moment): Fields {
  return 'position' in moment ? { position: String(moment.position) } : { time: moment.time.toISOString() }
}

function filterVariables({ from, until, ...filter }: StatementFilter): Fields {
  return { ...filter, from: from?.toISOString() ?? null, until: until?.toISOString() ?? null }
}

function textOf(position: bigint | undefined): string | null {
  return position === undefined ? null : String(position)
}
