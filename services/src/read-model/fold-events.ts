import type { AccountName, Address, EventOf, Hex, LedgerEvent } from '@deparrow/ledger'
import { type EventMovement, movementOf, otherParty } from './event-movement.ts'
import { foldIou } from './fold-ious.ts'
import { foldPermission, foldSpend } from './fold-permissions.ts'
import type { FoldState, OpenHoldState, WalletState } from './fold-state.ts'
import { emptyProjectionRows, type ProjectionRows } from './projection-rows.ts'
import type { AccountKind } from './read-records.ts'

/**
 * Folds events of one shard, in their order, into its state and returns the rows that they add. Throws {@link UnknownHoldError} or
 * `UnknownRecordError` for events of no valid journal; the state is then of no use.
 */
export function foldEvents(events: readonly LedgerEvent[], state: FoldState): ProjectionRows {
  const rows = emptyProjectionRows()
  for (const event of events) foldEvent(event, state, rows)
  return rows
}

function foldEvent(event: LedgerEvent, state: FoldState, rows: ProjectionRows): void {
  rows.times.set(event.atMs, event.position)
  if (event.type === 'HoldOpened' || event.type === 'EscrowOpened') openHold(event, state)
  const movement = movementOf(event, state)
  foldEntries(event, movement, state, rows)
  foldSpend(event, movement, state, rows)
  foldRewards(event, state, rows)
  if (movement.end !== undefined) endHold(event, movement.end, state, rows)
  foldPermission(event, state, rows)
  foldIou(event, state, rows)
  if (event.type === 'JobSettled') rows.settledJobs.push(settledJobRow(event, state))
  if (event.type === 'EpochClosed') rows.epochs.push(event)
  if (event.type === 'EpochFinalised') rows.finalities.push(event)
}

function openHold(event: EventOf<'HoldOpened'> | EventOf<'EscrowOpened'>, state: FoldState): void {
  const isJob = event.type === 'HoldOpened'
  const id = isJob ? event.data.orderDigest : event.data.escrow
  const amount = event.entries.find(entry => entry.account === `hold:${id}`)?.amountMicrocredits ?? 0n
  const payer = isJob ? event.data.order.message.payer : event.data.order.message.wallet
  state.holds.set(id, {
    row: {
      id,
      shard: state.shard,
      kind: isJob ? 'job' : 'escrow',
      payer,
      seller: isJob ? null : event.data.order.message.seller,
      amount_microcredits: amount,
      opened_position: event.position,
      opened_at_ms: event.atMs,
      expires_at_ms: isJob ? event.data.expiresAtMs : event.data.order.message.expires * 1_000n,
      permission: event.data.spend?.permission ?? null,
    },
    balanceMicrocredits: 0n,
  })
  walletOf(state, payer).holdCount += 1
}

/** Adds the entries of one event to the balances and keeps those that belong on a statement. */
function foldEntries(event: LedgerEvent, movement: EventMovement, state: FoldState, rows: ProjectionRows): void {
  for (const [entryIndex, { account, amountMicrocredits }] of event.entries.entries()) {
    const [kind, name] = splitAccount(account)
    if (kind === undefined) {
      state.accounts.set(account, (state.accounts.get(account) ?? 0n) + amountMicrocredits)
      rows.changed.accounts.add(account)
      continue
    }
    const hold = kind === 'hold' ? knownHold(state, name as Hex) : undefined
    const owner = (hold?.row.payer ?? name) as Address
    const wallet = walletOf(state, owner)
    if (hold !== undefined) {
      hold.balanceMicrocredits += amountMicrocredits
      rows.changed.holds.add(name as Hex)
      if (movement.end?.id === name) wallet.holdCount -= 1
    }
    wallet[totalOf[kind]] += amountMicrocredits
    rows.changed.wallets.add(owner)
    rows.statementEntries.push({
      wallet: owner,
      shard: state.shard,
      position: event.position,
      entry_index: entryIndex,
      at_ms: event.atMs,
      event: event.type,
      kind,
      subject: (kind === 'hold' ? name : movement.subject) ?? null,
      counterparty: otherParty(movement.parties, owner) ?? null,
      amount_microcredits: amountMicrocredits,
      hold_after_microcredits: hold?.balanceMicrocredits ?? null,
      available_after_microcredits: wallet.availableMicrocredits,
      held_after_microcredits: wallet.heldMicrocredits,
      payable_after_microcredits: wallet.payableMicrocredits,
      hold_count_after: wallet.holdCount,
    })
  }
}

const totalOf = {
  wallet: 'availableMicrocredits',
  hold: 'heldMicrocredits',
  payable: 'payableMicrocredits',
} as const satisfies Record<AccountKind, keyof WalletState>

/** The kind of an account of a wallet and what comes after it; no kind for the network's own accounts. */
function splitAccount(account: AccountName): readonly [AccountKind, string] | readonly [undefined] {
  if (account.startsWith('wallet:')) return ['wallet', account.slice(7)]
  if (account.startsWith('hold:')) return ['hold', account.slice(5)]
  return account.startsWith('payable:') ? ['payable', account.slice(8)] : [undefined]
}

function walletOf(state: FoldState, wallet: Address): WalletState {
  const known = state.wallets.get(wallet)
  if (known !== undefined) return known
  const created = { availableMicrocredits: 0n, heldMicrocredits: 0n, payableMicrocredits: 0n, holdCount: 0 }
  state.wallets.set(wallet, created)
  return created
}

function knownHold(state: FoldState, id: Hex): OpenHoldState {
  const hold = state.holds.get(id)
  if (hold === undefined) throw new UnknownHoldError({ account: `hold:${id}` })
  return hold
}

function endHold(
  event: LedgerEvent,
  { id, releasedMicrocredits }: NonNullable<EventMovement['end']>,
  state: FoldState,
  rows: ProjectionRows,
): void {
  const { row } = knownHold(state, id)
  rows.endedHolds.push({
    ...row,
    ended_position: event.position,
    ended_at_ms: event.atMs,
    end_event: event.type,
    released_microcredits: releasedMicrocredits,
  })
  state.holds.delete(id)
}

/** Credits that leave the rewards budget, to wallets of this shard or, by a clearing account, of others. */
function foldRewards(event: LedgerEvent, state: FoldState, rows: ProjectionRows): void {
  const isOut = event.entries.some(entry => entry.account === 'rewards' && entry.amountMicrocredits < 0n)
  if (!isOut) return
  const credits = [...event.entries, ...(event.clearing ?? []).flatMap(sent => sent.credits)]
  for (const [entryIndex, { account, amountMicrocredits }] of credits.entries()) {
    if (!account.startsWith('wallet:') || amountMicrocredits <= 0n) continue
    rows.rewards.push({
      wallet: account.slice('wallet:'.length),
      shard: state.shard,
      position: event.position,
      entry_index: entryIndex,
      at_ms: event.atMs,
      event: event.type,
      amount_microcredits: amountMicrocredits,
      // As JSON, because a text column takes no NUL.
      reason: event.type === 'CreditsGranted' ? JSON.stringify(event.data.grant.message.reason) : null,
    })
  }
}

function settledJobRow(
  { position, atMs, data }: EventOf<'JobSettled'>,
  { shard }: FoldState,
): ProjectionRows['settledJobs'][number] {
  return {
    order_digest: data.orderDigest,
    shard,
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
