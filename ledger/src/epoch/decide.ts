import { allowDebit, moveOut } from '../account/wallet-debit.ts'
import type { Address } from '../hex.ts'
import { payableAccount, walletAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import {
  accept,
  acceptPart,
  type Decision,
  type DecisionContext,
  type DraftEvent,
  refuse,
} from '../journal/decision.ts'
import type { EpochBooks, PayoutRow } from '../journal/event.ts'
import { balanceOf, type LedgerState, noPayouts } from '../journal/state.ts'
import { nextSettlement } from '../receipt/decide.ts'
import { unpostedOf } from './state-leaves.ts'

/** Receipts that are settled in the write that closes an epoch: more would make it larger than every store takes. */
export const settledAtOnceMax = 256

type CommandOf<T extends LedgerCommand['type']> = Extract<LedgerCommand, { type: T }>

/**
 * Keeps the id under which the contract knows a payee. Refusals in order: `PAYEE_ID_CONFLICT`, `COMMAND_CONFLICT` (the id is that of
 * another payee, which would be paid in its place).
 */
export function recordPayee(context: DecisionContext, { wallet, id }: CommandOf<'RecordPayee'>): Decision {
  const known = context.state.payouts.get(wallet)?.payeeId
  if (known !== undefined) return refuse({ code: 'PAYEE_ID_CONFLICT', wallet, id: known })
  if (context.state.payees.has(id))
    return refuse({ code: 'COMMAND_CONFLICT', commandId: `payee:${wallet}`, field: 'id' })
  return accept({ type: 'PayeeRegistered', data: { wallet, id }, entries: [] })
}

/**
 * Closes the books over everything before this event: what each payee gets, what is burnt, and the root of what all accounts
 * hold. A payout to a wallet that has no payee id yet gets no row: it stays payable, counts as held in the wallet's leaf, and is in
 * the first epoch after the id is known, so that no wallet can keep the others waiting. What wallets have asked of the contract is paid out first,
 * each whole or all that is available, and before that every receipt that waits is settled, so that no epoch has a receipt without its pay. One epoch
 * at a time: the next closes when this one is final or cancelled. Refusals in order: `RECEIPT_PENDING` (more than {@link settledAtOnceMax} wait: ask again
 * when they are settled; or a hold whose time is over waits for the inbox, which no epoch may show as open), `EPOCH_OUT_OF_ORDER`, `EPOCH_PENDING`.
 */
export function closeEpoch(context: DecisionContext, { epoch }: CommandOf<'CloseEpoch'>): Decision {
  const { state } = context
  const parent = state.lastEpoch?.epoch ?? 0
  const expectedEpoch = state.lastEpochNumber + 1
  const [waiting] = state.unsettled
  if (waiting !== undefined && state.unsettled.size > settledAtOnceMax)
    return refuse({ code: 'RECEIPT_PENDING', orderDigest: waiting })
  if (context.awaited !== undefined) return refuse({ code: 'RECEIPT_PENDING', orderDigest: context.awaited })
  if (epoch !== expectedEpoch) return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch, epoch })
  if (state.lastEpochFinal !== parent) return refuse({ code: 'EPOCH_PENDING', epoch: parent })
  const settlement = nextSettlement(context)
  if (settlement !== undefined) return acceptPart(settlement)
  const forced = forcedPayouts(state)
  if (forced.length > 0) return acceptPart(...forced)
  const leaves = context.epochTree.close(state, epoch)
  const books: EpochBooks = {
    epoch,
    parent,
    inboxCut: state.inboxCount,
    journalPosition: state.position,
    journalHash: state.hash,
    burnMicrocredits: balanceOf(state, 'burn'),
    leavesRoot: leaves.root,
    leavesTotalMicrocredits: leaves.totalMicrocredits,
    rows: payoutRows(state),
  }
  return accept({ type: 'EpochClosed', data: books, entries: [] })
}

/** The epoch's burn has happened on chain. Refusals in order: `EPOCH_OUT_OF_ORDER`, `COMMAND_CONFLICT`. */
export function recordEpochFinal(context: DecisionContext, command: CommandOf<'RecordEpochFinal'>): Decision {
  const { epoch, burnMicrocredits, place } = command
  const { lastEpoch, lastEpochFinal, lastEpochNumber } = context.state
  const isPending = lastEpoch !== undefined && lastEpoch.epoch > lastEpochFinal
  if (!isPending || lastEpoch.epoch !== epoch) {
    const expectedEpoch = isPending ? lastEpoch.epoch : lastEpochNumber + 1
    return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch, epoch })
  }
  if (burnMicrocredits !== lastEpoch.burnMicrocredits) {
    return refuse({ code: 'COMMAND_CONFLICT', commandId: `epoch-final:${epoch}`, field: 'burnMicrocredits' })
  }
  const burnt = [
    { account: 'reserve', amountMicrocredits: -burnMicrocredits },
    { account: 'burn', amountMicrocredits: -burnMicrocredits },
  ] as const
  return accept({
    type: 'EpochFinalised',
    data: { epoch, burnMicrocredits, place },
    entries: burnMicrocredits === 0n ? [] : burnt,
  })
}

/** DPC has left the contract for a payee. Refusal: `CLAIM_NOT_OWED`, when the contract paid what the journal does not owe. */
export function recordClaim(context: DecisionContext, command: CommandOf<'RecordClaim'>): Decision {
  const { wallet, paidMicrocredits, cumulativeMicrocredits, place } = command
  const account = context.state.payouts.get(wallet) ?? noPayouts
  const owedMicrocredits = account.postedMicrocredits - account.claimedMicrocredits
  const isNext = account.claimedMicrocredits + paidMicrocredits === cumulativeMicrocredits
  if (!isNext || paidMicrocredits <= 0n || paidMicrocredits > owedMicrocredits) {
    return refuse({ code: 'CLAIM_NOT_OWED', wallet, owedMicrocredits })
  }
  return accept({
    type: 'PayoutClaimed',
    data: { wallet, paidMicrocredits, cumulativeMicrocredits, place },
    entries: [
      { account: 'reserve', amountMicrocredits: -paidMicrocredits },
      { account: payableAccount(wallet), amountMicrocredits: -paidMicrocredits },
    ],
  })
}

/** What forced withdrawals are owed of what is available, by their order in the inbox. */
function forcedPayouts(state: Readonly<LedgerState>): readonly DraftEvent[] {
  const left = new Map<Address, bigint>()
  return [...state.forced].flatMap(([inboxIndex, { wallet, askedMicrocredits, paidMicrocredits }]) => {
    const available = left.get(wallet) ?? balanceOf(state, walletAccount(wallet))
    const owed = askedMicrocredits - paidMicrocredits
    const amountMicrocredits = owed < available ? owed : available
    left.set(wallet, available - amountMicrocredits)
    if (amountMicrocredits === 0n) return []
    const entries = moveOut(allowDebit(wallet, amountMicrocredits), payableAccount(wallet))
    return [{ type: 'PayoutScheduled', data: { wallet, amountMicrocredits, inboxIndex }, entries } as const]
  })
}

/** What an epoch that is closed now pays: a row for each payee that is owed what no epoch has posted, by ascending id. */
export function payoutRows(state: Readonly<LedgerState>): readonly PayoutRow[] {
  const rows: PayoutRow[] = []
  for (const [wallet, account] of state.payouts) {
    const incrementMicrocredits = unpostedOf(account)
    if (incrementMicrocredits === 0n || account.payeeId === undefined) continue
    rows.push({
      id: account.payeeId,
      wallet,
      incrementMicrocredits,
      cumulativeMicrocredits: account.scheduledMicrocredits,
      previousEpoch: account.lastEpoch,
    })
  }
  return rows.sort((a, b) => a.id - b.id)
}
