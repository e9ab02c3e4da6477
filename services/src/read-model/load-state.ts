import type { AccountName, Address, Hex, LedgerEvent } from '@deparrow/ledger'
import type { Kysely, Selectable } from 'kysely'
import { movementOf } from './event-movement.ts'
import { delegationKey, emptyFoldState, type FoldState, type IouState, type PermissionState } from './fold-state.ts'
import type { ReadSchema } from './read-schema.ts'

/** Names in one `IN` list. */
const namesPerQuery = 500

/** What the tables of a shard hold of all that these events will change. */
export async function loadFoldState(
  kysely: Kysely<ReadSchema>,
  shard: number,
  events: readonly LedgerEvent[],
): Promise<FoldState> {
  const state = emptyFoldState(shard)
  const names = namesIn(events)
  await loadHolds(kysely, state, [...names.holds])
  for (const { row } of state.holds.values()) names.wallets.add(row.payer as Address)
  await loadWallets(kysely, state, [...names.wallets])
  await loadAccounts(kysely, state, [...names.accounts])
  await loadPermissions(kysely, state, [...names.permissions])
  await loadNewestPermissions(kysely, state, names.delegations)
  await loadIous(kysely, state, [...names.ious])
  return state
}

type Names = {
  readonly holds: Set<Hex>
  readonly wallets: Set<Address>
  readonly accounts: Set<AccountName>
  readonly permissions: Set<Hex>
  readonly delegations: Map<string, { readonly wallet: Address; readonly delegate: Address }>
  readonly ious: Set<Hex>
}

function namesIn(events: readonly LedgerEvent[]): Names {
  const names: Names = {
    holds: new Set(),
    wallets: new Set(),
    accounts: new Set(),
    permissions: new Set(),
    delegations: new Map(),
    ious: new Set(),
  }
  for (const event of events) {
    for (const { account } of event.entries) addAccount(names, account)
    if ('spend' in event.data && event.data.spend !== undefined) names.permissions.add(event.data.spend.permission)
    if (event.type === 'PermissionGranted') addDelegation(names, event.data.permission.message)
    if (event.type === 'PermissionRevoked') addDelegation(names, event.data.revocation.message)
    if (event.type === 'IouRedeemed') names.ious.add(event.data.redemption.message.iou)
    if (event.type === 'IouDefaulted') names.ious.add(event.data.declaration.message.iou)
    const { end } = movementOf(event, noRecords)
    if (end !== undefined) names.holds.add(end.id)
  }
  return names
}

const noRecords: Pick<FoldState, 'holds' | 'ious'> = { holds: new Map(), ious: new Map() }

function addAccount(names: Names, account: AccountName): void {
  const [kind, name] = account.split(':', 2)
  if (kind === 'wallet' || kind === 'payable') names.wallets.add(name as Address)
  else if (kind === 'hold') names.holds.add(name as Hex)
  else names.accounts.add(account)
}

function addDelegation(names: Names, { wallet, delegate }: { wallet: Address; delegate: Address }): void {
  names.delegations.set(delegationKey(wallet, delegate), { wallet, delegate })
}

async function loadHolds(kysely: Kysely<ReadSchema>, state: FoldState, ids: readonly Hex[]): Promise<void> {
  for (const part of chunk(ids)) {
    const rows = kysely.selectFrom('hold').selectAll().where('id', 'in', part).where('ended_position', 'is', null)
    for (const row of await rows.execute()) {
      state.holds.set(row.id as Hex, { row, balanceMicrocredits: row.amount_microcredits })
    }
  }
}

async function loadWallets(kysely: Kysely<ReadSchema>, state: FoldState, wallets: readonly Address[]): Promise<void> {
  for (const part of chunk(wallets)) {
    const rows = kysely.selectFrom('wallet_balance').selectAll().where('wallet', 'in', part)
    for (const row of await rows.where('shard', '=', BigInt(state.shard)).execute()) {
      state.wallets.set(row.wallet as Address, {
        availableMicrocredits: row.available_microcredits,
        heldMicrocredits: row.held_microcredits,
        payableMicrocredits: row.payable_microcredits,
        holdCount: Number(row.hold_count),
      })
    }
  }
}

async function loadAccounts(
  kysely: Kysely<ReadSchema>,
  state: FoldState,
  accounts: readonly AccountName[],
): Promise<void> {
  for (const part of chunk(accounts)) {
    const rows = kysely.selectFrom('network_balance').selectAll().where('account', 'in', part)
    for (const row of await rows.where('shard', '=', BigInt(state.shard)).execute()) {
      state.accounts.set(row.account as AccountName, row.amount_microcredits)
    }
  }
}

async function loadPermissions(kysely: Kysely<ReadSchema>, state: FoldState, digests: readonly Hex[]): Promise<void> {
  for (const part of chunk(digests)) {
    const rows = await kysely.selectFrom('permission').selectAll().where('digest', 'in', part).execute()
    for (const row of rows) state.permissions.set(row.digest as Hex, permissionState(row))
  }
}

async function loadNewestPermissions(
  kysely: Kysely<ReadSchema>,
  state: FoldState,
  delegations: Names['delegations'],
): Promise<void> {
  for (const [key, { wallet, delegate }] of delegations) {
    const row = await kysely
      .selectFrom('permission')
      .selectAll()
      .where('wallet', '=', wallet)
      .where('delegate', '=', delegate)
      .orderBy('granted_at_ms', 'desc')
      .orderBy('shard', 'desc')
      .orderBy('granted_position', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (row === undefined) continue
    state.newestPermissions.set(key, row.digest as Hex)
    if (!state.permissions.has(row.digest as Hex)) state.permissions.set(row.digest as Hex, permissionState(row))
  }
}

function permissionState(row: Selectable<ReadSchema['permission']>): PermissionState {
  return {
    row,
    endsAtMs: Number(row.ends_at_ms),
    spentMicrocredits: row.spent_microcredits,
    spendCount: Number(row.spend_count),
  }
}

async function loadIous(kysely: Kysely<ReadSchema>, state: FoldState, digests: readonly Hex[]): Promise<void> {
  for (const part of chunk(digests)) {
    const rows = kysely.selectFrom('iou').selectAll().where('digest', 'in', part).where('status', '=', 'open')
    for (const row of await rows.execute()) state.ious.set(row.digest as Hex, iouState(row))
  }
}

function iouState(row: Selectable<ReadSchema['iou']>): IouState {
  return {
    row,
    outstandingMicrocredits: row.outstanding_microcredits,
    defaultedAtMs: row.defaulted_at_ms === null ? undefined : Number(row.defaulted_at_ms),
    paidAtMs: undefined,
  }
}

function chunk<T>(items: readonly T[]): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += namesPerQuery) {
    parts.push(items.slice(start, start + namesPerQuery))
  }
  return parts
}
