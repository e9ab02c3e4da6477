import type { AccountName, Address, EventOf, Hex, LedgerEvent } from '@deparrow/ledger'
import { holdAccount } from '@deparrow/ledger'
import type { Insertable } from 'kysely'
import type { ReadSchema } from './read-schema.ts'

/** A balance in the making. The wallet is the one whose statement shows the account, `undefined` for the network's own. */
export type AccountState = { readonly wallet: Address | undefined; readonly amountMicrocredits: bigint }

/** Rows that a run of events adds or changes. */
export type FoldedRows = {
  readonly accounts: ReadonlyMap<AccountName, AccountState>
  readonly endedAccounts: ReadonlySet<AccountName>
  readonly statementEntries: readonly Insertable<ReadSchema['statement_entry']>[]
  readonly settledJobs: readonly Insertable<ReadSchema['settled_job']>[]
  readonly epochs: readonly EventOf<'EpochClosed'>[]
  readonly finalities: readonly EventOf<'EpochFinalised'>[]
}

/** The accounts whose balances must be known before the events can be folded. */
export function accountsOf(events: readonly LedgerEvent[]): readonly AccountName[] {
  return [...new Set(events.flatMap(event => event.entries.map(entry => entry.account)))]
}

/** Folds events over the balances before them. `accounts` leaves out accounts that have never had an entry. */
export function foldEvents(
  events: readonly LedgerEvent[],
  accounts: ReadonlyMap<AccountName, AccountState>,
): FoldedRows {
  const after = new Map(accounts)
  const endedAccounts = new Set<AccountName>()
  const payers = payersOf(events)
  const ownerOf = (account: AccountName) => after.get(account)?.wallet ?? ownerByName(account, payers)
  const statementEntries = events.flatMap(event => {
    const rows = entryRows(event, after, ownerOf)
    const ended = endedHold(event)
    if (ended !== undefined) endedAccounts.add(holdAccount(ended))
    return rows
  })
  return {
    accounts: after,
    endedAccounts,
    statementEntries,
    settledJobs: events.filter(event => event.type === 'JobSettled').map(settledJobRow),
    epochs: events.filter(event => event.type === 'EpochClosed'),
    finalities: events.filter(event => event.type === 'EpochFinalised'),
  }
}

type OwnerOf = (account: AccountName) => Address | undefined

/** Adds the entries of one event to the balances and returns those that belong on a statement. */
function entryRows(event: LedgerEvent, balances: Map<AccountName, AccountState>, ownerOf: OwnerOf) {
  return event.entries.flatMap(({ account, amountMicrocredits }, entryIndex) => {
    const wallet = ownerOf(account)
    const balance = (balances.get(account)?.amountMicrocredits ?? 0n) + amountMicrocredits
    balances.set(account, { wallet, amountMicrocredits: balance })
    if (wallet === undefined) return []
    return {
      position: event.position,
      entry_index: entryIndex,
      wallet,
      account,
      at_ms: event.atMs,
      event: event.type,
      amount_microcredits: amountMicrocredits,
      balance_after_microcredits: balance,
      order_digest: orderDigestOf(event) ?? null,
    }
  })
}

function payersOf(events: readonly LedgerEvent[]): ReadonlyMap<AccountName, Address> {
  const opened = events.filter(event => event.type === 'HoldOpened')
  return new Map(opened.map(({ data }) => [holdAccount(data.orderDigest), data.order.message.payer]))
}

function ownerByName(account: AccountName, payers: ReadonlyMap<AccountName, Address>): Address | undefined {
  const [kind, rest] = account.split(':', 2)
  if (kind === 'wallet' || kind === 'payable') return rest as Address
  if (kind !== 'hold') return undefined
  const payer = payers.get(account)
  if (payer === undefined) throw new UnknownHoldError({ account })
  return payer
}

function orderDigestOf(event: LedgerEvent): Hex | undefined {
  return 'orderDigest' in event.data ? event.data.orderDigest : undefined
}

function endedHold(event: LedgerEvent): Hex | undefined {
  const isEnd = event.type === 'JobSettled' || event.type === 'HoldReleased' || event.type === 'HoldExpired'
  return isEnd ? event.data.orderDigest : undefined
}

function settledJobRow({ position, atMs, data }: EventOf<'JobSettled'>): Insertable<ReadSchema['settled_job']> {
  return {
    order_digest: data.orderDigest,
    position,
    at_ms: atMs,
    node: data.node,
    payout_wallet: data.payoutWallet,
    captured_microcredits: data.capturedMicrocredits,
    fee_microcredits: data.feeMicrocredits,
    earned_microcredits: data.earnedMicrocredits,
    released_microcredits: data.releasedMicrocredits,
  }
}

/** Thrown when an event moves credits of a hold that no event before it opened: the events are of no valid journal. */
export class UnknownHoldError extends Error {
  override readonly name = 'UnknownHoldError'
  constructor(options: { account: AccountName }) {
    super(`credits moved on ${options.account}, but no event opened that hold`)
  }
}
