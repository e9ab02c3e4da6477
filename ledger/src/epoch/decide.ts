import type { Address } from '../hex.ts'
import { payableAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { accept, type Decision, type DecisionContext, refuse } from '../journal/decision.ts'
import type { EpochBooks, PayoutRow } from '../journal/event.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { balanceOf, type LedgerState, noPayouts } from '../journal/state.ts'
import { type Leaf, leavesRoot } from './leaves.ts'

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
 * hold. One epoch at a time: the next closes when this one is final. Refusals in order: `EPOCH_OUT_OF_ORDER`, `EPOCH_PENDING`,
 * `PAYEE_UNKNOWN`.
 */
export function closeEpoch(context: DecisionContext, { epoch }: CommandOf<'CloseEpoch'>): Decision {
  const { state } = context
  const parent = state.lastEpoch?.epoch ?? 0
  if (epoch !== parent + 1) return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch: parent + 1, epoch })
  if (state.lastEpochFinal !== parent) return refuse({ code: 'EPOCH_PENDING', epoch: parent })
  const rows = payoutRows(state)
  if ('code' in rows) return refuse(rows)
  const leaves = leavesRoot(context.crypto, leavesOf(state))
  const books: EpochBooks = {
    epoch,
    parent,
    inboxCut: state.inboxCount,
    journalPosition: state.position,
    journalHash: state.hash,
    burnMicrocredits: balanceOf(state, 'burn'),
    leavesRoot: leaves.root,
    leavesTotalMicrocredits: leaves.totalMicrocredits,
    rows,
  }
  return accept({ type: 'EpochClosed', data: books, entries: [] })
}

/** The epoch's burn has happened on chain. Refusals in order: `EPOCH_OUT_OF_ORDER`, `COMMAND_CONFLICT`. */
export function recordEpochFinal(context: DecisionContext, command: CommandOf<'RecordEpochFinal'>): Decision {
  const { epoch, burnMicrocredits, place } = command
  const expectedEpoch = context.state.lastEpochFinal + 1
  if (epoch !== expectedEpoch || context.state.lastEpoch?.epoch !== epoch) {
    return refuse({ code: 'EPOCH_OUT_OF_ORDER', expectedEpoch, epoch })
  }
  if (burnMicrocredits !== context.state.lastEpoch.burnMicrocredits) {
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

function payoutRows(state: Readonly<LedgerState>): readonly PayoutRow[] | LedgerRefusal {
  const rows: PayoutRow[] = []
  for (const [wallet, account] of state.payouts) {
    if (account.scheduledMicrocredits === account.postedMicrocredits) continue
    if (account.payeeId === undefined) return { code: 'PAYEE_UNKNOWN', wallet }
    rows.push({
      id: account.payeeId,
      wallet,
      incrementMicrocredits: account.scheduledMicrocredits - account.postedMicrocredits,
      cumulativeMicrocredits: account.scheduledMicrocredits,
      previousEpoch: account.lastEpoch,
    })
  }
  return rows.sort((a, b) => a.id - b.id)
}

/** All leaves: each wallet with its holds, and the treasury and rewards budgets. Wallets that never held anything have none. */
export function leavesOf(state: Readonly<LedgerState>): readonly Leaf[] {
  const wallets = new Set<Address>([...state.held.keys(), ...state.nonces.keys(), ...state.nodes.keys()])
  for (const account of state.balances.keys()) {
    if (account.startsWith('wallet:')) wallets.add(account.slice('wallet:'.length) as Address)
  }
  const budgets = (['treasury', 'rewards'] as const).map(account => ({
    account,
    availableMicrocredits: balanceOf(state, account),
    heldMicrocredits: 0n,
    nonces: [],
    receiptSequence: 0n,
  }))
  return [...budgets, ...[...wallets].map(wallet => leafOf(state, wallet))]
}

function leafOf(state: Readonly<LedgerState>, wallet: Address): Leaf {
  const lanes = [...(state.nonces.get(wallet) ?? [])].sort(([a], [b]) => a - b)
  return {
    account: wallet,
    availableMicrocredits: balanceOf(state, `wallet:${wallet}`),
    heldMicrocredits: state.held.get(wallet) ?? 0n,
    nonces: lanes.map(([lane, nonce]) => ({ lane, nonce })),
    receiptSequence: state.nodes.get(wallet)?.lastSequence ?? 0n,
  }
}
