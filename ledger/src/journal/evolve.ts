import { countedMicrocredits, countTurnover } from '../account/turnover.ts'
import { clearingReceived, clearingSent } from '../clearing/evolve.ts'
import { configChanged, configChangeScheduled } from '../config/evolve.ts'
import { addBurn, epochCancelled, epochClosed, epochFinalised } from '../epoch/evolve.ts'
import { keepLeavesBefore } from '../epoch/state-leaves.ts'
import { escrowCaptured, escrowExpired, escrowOpened, escrowReleased } from '../escrow/evolve.ts'
import type { Address, Hex } from '../hex.ts'
import { forcedPaid, inboxItemRecorded } from '../inbox/evolve.ts'
import { iouDefaulted, iouIssued, iouRedeemed } from '../iou/evolve.ts'
import { payoutInstructionType } from '../payout/withdrawal.ts'
import {
  heldUnder,
  permissionBehind,
  permissionGranted,
  permissionRevoked,
  spendReturned,
  spent,
} from '../permission/evolve.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { AnyUsageReceipt } from '../receipt/usage-receipt.ts'
import {
  creditsGranted,
  jobFeeCaused,
  nodeKnown,
  referralBonusPaid,
  referralRecorded,
  uptimeBonusPaid,
} from '../rewards/evolve.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import { hold, unhold, updatePayouts, useNonce } from './change-state.ts'
import { isJudgedOnChain, type Pricing } from './config.ts'
import { domainOf } from './decision.ts'
import type { EventOf, LedgerEvent } from './event.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import { balanceOf, type LedgerState, noPayouts } from './state.ts'
import { walletDebits } from './wallet-debits.ts'

/**
 * Brings the state to after an event. Total over the events that `decide` makes: it checks nothing but what would make the state
 * meaningless, and throws {@link LedgerInvariantError} there.
 */
export function evolve(
  state: LedgerState,
  event: LedgerEvent,
  hash: Hex,
  crypto: Pick<LedgerCrypto, 'keccak256'>,
): void {
  if (event.position !== state.position + 1)
    throw new LedgerInvariantError(`position ${event.position} after ${state.position}`)
  keepLeavesBefore(state, event)
  applyEntries(state, event)
  applyFact(state, event, crypto)
  if (event.clearing !== undefined) clearingSent(state, event.clearing)
  state.position = event.position
  state.hash = hash
  state.atMs = event.atMs
  if ('place' in event.data) state.lastPlace = event.data.place
  dropEndedExpiries(state)
}

/** Keeps an open hold, an open escrow or the pending change at the front of the queue, in a replay as in the writer. */
function dropEndedExpiries({ expiries, holds, escrows, pendingChange }: LedgerState): void {
  const isOpen = (id: Hex) => holds.has(id) || escrows.has(id) || id === pendingChange?.changeDigest
  for (let next = expiries.peek(); next !== undefined && !isOpen(next.id as Hex); next = expiries.peek()) expiries.pop()
}

function applyEntries(state: LedgerState, { type, entries }: LedgerEvent): void {
  let imbalance = 0n
  for (const { account, amountMicrocredits } of entries) {
    imbalance += account === 'reserve' ? amountMicrocredits : -amountMicrocredits
    const balance = balanceOf(state, account) + amountMicrocredits
    if (balance < 0n && !account.startsWith('clearing:'))
      throw new LedgerInvariantError(`${account} would be ${balance} µcr`)
    if (amountMicrocredits < 0n && walletDebits[type] === 'none' && account.startsWith('wallet:'))
      throw new LedgerInvariantError(`${type} may not take credits out of ${account}`)
    if (-amountMicrocredits >= countedMicrocredits && account.startsWith('wallet:'))
      countTurnover(state, account.slice('wallet:'.length) as Address, -amountMicrocredits)
    if (balance === 0n) state.balances.delete(account)
    else if (state.balances.has(account)) state.balances.set(account, balance)
    else state.balances.set(inOnePiece(account), balance)
  }
  if (imbalance !== 0n) throw new LedgerInvariantError(`entries are out of balance by ${imbalance} µcr`)
}

/** A name that was put together from parts keeps the parts in memory; with a million accounts that is 35 MB. */
function inOnePiece<T extends string>(name: T): T {
  return JSON.parse(`"${name}"`) as T
}

function applyFact(state: LedgerState, event: LedgerEvent, crypto: Pick<LedgerCrypto, 'keccak256'>): void {
  switch (event.type) {
    case 'LedgerOpened':
      state.config = event.data.config
      return
    case 'InboxItemRecorded':
      return inboxItemRecorded(state, event)
    case 'CreditsTransferred':
      return transferred(state, event)
    case 'ServiceBought':
      return spent(state, event.data.purchase.message, event.data, event.atMs)
    case 'HoldOpened':
      return holdOpened(state, event)
    case 'HoldAssigned':
      return holdAssigned(state, event)
    case 'HoldUnassigned':
      return holdUnassigned(state, event)
    case 'HoldReleased':
    case 'HoldExpired':
      return holdEnded(state, event.data.orderDigest, event.data.amountMicrocredits, event.position)
    case 'JobSettled':
      jobFeeCaused(state, event)
      addBurn(state, event.data.payoutWallet, burnOf(event.entries))
      noteSettlement(state, event.data.orderDigest, event.position)
      return holdEnded(state, event.data.orderDigest, event.data.releasedMicrocredits, event.position)
    case 'ReceiptReceived':
      return receiptReceived(state, event)
    case 'EscrowOpened':
      return escrowOpened(state, event)
    case 'EscrowCaptured':
      return escrowCaptured(state, event)
    case 'EscrowReleased':
      return escrowReleased(state, event)
    case 'EscrowExpired':
      return escrowExpired(state, event)
    case 'IouIssued':
      return iouIssued(state, event)
    case 'IouRedeemed':
      return iouRedeemed(state, event)
    case 'IouDefaulted':
      return iouDefaulted(state, event)
    case 'NodeRegistered':
      nodeKnown(state, event)
      return nodeRegistered(state, event)
    case 'PermissionGranted':
      return permissionGranted(state, event)
    case 'PermissionRevoked':
      return permissionRevoked(state, event)
    case 'ConfigChangeScheduled':
      return configChangeScheduled(state, event)
    case 'ConfigChanged':
      return configChanged(state, event)
    case 'CreditsGranted':
      return creditsGranted(state, event)
    case 'UptimeBonusPaid':
      return uptimeBonusPaid(state, event)
    case 'ReferralRecorded':
      return referralRecorded(state, event)
    case 'ReferralBonusPaid':
      return referralBonusPaid(state, event)
    case 'PayoutInstructed':
      return payoutInstructed(state, event, crypto)
    case 'PayoutScheduled':
      return payoutScheduled(state, event)
    case 'PayeeRegistered':
      state.payees.set(event.data.id, event.data.wallet)
      return updatePayouts(state, event.data.wallet, { payeeId: event.data.id })
    case 'EpochClosed':
      return epochClosed(state, event)
    case 'EpochFinalised':
      return epochFinalised(state, event)
    case 'EpochCancelled':
      return epochCancelled(state, event)
    case 'NodeStakeRecorded':
      return nodeStakeRecorded(state, event)
    case 'PayoutClaimed':
      return updatePayouts(state, event.data.wallet, { claimedMicrocredits: event.data.cumulativeMicrocredits })
    case 'ClearingReceived':
      return clearingReceived(state, event)
    case 'CommandsLinked':
    case 'CommandRefused':
      return
  }
}

function transferred(state: LedgerState, { data, atMs }: EventOf<'CreditsTransferred'>): void {
  spent(state, { ...data.transfer.message, wallet: data.transfer.message.from }, data, atMs)
}

function holdOpened(state: LedgerState, { data, atMs }: EventOf<'HoldOpened'>): void {
  const order = data.order.message
  state.holds.set(data.orderDigest, {
    orderDigest: data.orderDigest,
    payer: order.payer,
    order,
    amountMicrocredits: order.maxPriceMicrocredits,
    expiresAtMs: data.expiresAtMs,
    assignment: undefined,
    attempts: 0,
    permission: permissionBehind(state, order.payer, data),
    under: heldUnder(data, atMs),
    pricing: pricingOf(state),
    received: undefined,
  })
  hold(state, order.payer, data.orderDigest, order.maxPriceMicrocredits)
  state.expiries.push(data.expiresAtMs, data.orderDigest)
  spent(state, { ...order, wallet: order.payer, amountMicrocredits: order.maxPriceMicrocredits }, data, atMs)
}

function holdAssigned(state: LedgerState, { data, atMs, position }: EventOf<'HoldAssigned'>): void {
  const hold = state.holds.get(data.orderDigest)
  if (hold === undefined) throw new LedgerInvariantError(`no hold ${data.orderDigest}`)
  const payoutWallet = state.nodes.get(data.node)?.payoutWallet
  if (payoutWallet === undefined) throw new LedgerInvariantError(`no node ${data.node}`)
  const assignment = { node: data.node, payoutWallet, attempt: data.attempt, sinceMs: atMs, position }
  state.holds.set(data.orderDigest, { ...hold, assignment, attempts: data.attempt })
}

function holdUnassigned(state: LedgerState, { data }: EventOf<'HoldUnassigned'>): void {
  const hold = state.holds.get(data.release.message.orderDigest)
  if (hold === undefined) throw new LedgerInvariantError(`no hold ${data.release.message.orderDigest}`)
  state.holds.set(hold.orderDigest, { ...hold, assignment: undefined })
}

function holdEnded(state: LedgerState, orderDigest: Hex, releasedMicrocredits: bigint, position: number): void {
  const ended = state.holds.get(orderDigest)
  if (ended === undefined) throw new LedgerInvariantError(`no hold ${orderDigest}`)
  state.holds.delete(orderDigest)
  state.unsettled.delete(orderDigest)
  unhold(state, ended.payer, orderDigest, ended.amountMicrocredits)
  spendReturned(state, ended.payer, ended.under, releasedMicrocredits)
  state.endedJobs.set(orderDigest, position)
}

function noteSettlement({ holds, settledAt, decided }: LedgerState, orderDigest: Hex, position: number): void {
  const digest = holds.get(orderDigest)?.received?.digest
  if (digest !== undefined && decided.has(digest)) settledAt.set(digest, position)
}

function receiptReceived(state: LedgerState, { data, atMs, commandId }: EventOf<'ReceiptReceived'>): void {
  const receipt = data.receipt.message
  const { node, sequence, orderDigest } = receipt
  const hold = state.holds.get(orderDigest)
  if (hold === undefined) throw new LedgerInvariantError(`no hold ${orderDigest}`)
  const received = { digest: commandId, receipt, atMs: countedUntilMs(state, receipt, atMs) }
  state.holds.set(orderDigest, { ...hold, received })
  state.unsettled.add(orderDigest)
  const registered = state.nodes.get(node)
  if (registered !== undefined && sequence > registered.lastSequence)
    state.nodes.set(node, { ...registered, lastSequence: sequence })
}

/** The contract counts a pushed receipt's time by the chain's clock, which may be ahead of the journal's. */
function countedUntilMs({ config }: LedgerState, { endedAtMs }: AnyUsageReceipt, atMs: number): number {
  return isJudgedOnChain(config) ? Math.max(atMs, Number(endedAtMs)) : atMs
}

function nodeRegistered(state: LedgerState, { data }: EventOf<'NodeRegistered'>): void {
  const { node, payoutWallet, nonce } = data.registration.message
  const lastSequence = state.nodes.get(node)?.lastSequence ?? 0n
  state.nodes.set(node, { payoutWallet, registrationNonce: nonce, lastSequence })
}

function payoutInstructed(
  state: LedgerState,
  { data }: EventOf<'PayoutInstructed'>,
  crypto: Pick<LedgerCrypto, 'keccak256'>,
): void {
  const instruction = data.instruction.message
  state.instructions.set(instruction.wallet, {
    instruction,
    digest: typedDataDigest(crypto, domainOf(state), payoutInstructionType, instruction),
    lastPaidAtMs: state.instructions.get(instruction.wallet)?.lastPaidAtMs,
  })
}

function payoutScheduled(state: LedgerState, { data, atMs }: EventOf<'PayoutScheduled'>): void {
  const { wallet, amountMicrocredits, withdrawal, inboxIndex } = data
  const account = state.payouts.get(wallet) ?? noPayouts
  updatePayouts(state, wallet, { scheduledMicrocredits: account.scheduledMicrocredits + amountMicrocredits })
  if (inboxIndex !== undefined) return forcedPaid(state, inboxIndex, amountMicrocredits)
  if (withdrawal !== undefined) return useNonce(state, wallet, withdrawal.message)
  const standing = state.instructions.get(wallet)
  if (standing !== undefined) state.instructions.set(wallet, { ...standing, lastPaidAtMs: atMs })
}

function nodeStakeRecorded(state: LedgerState, { data }: EventOf<'NodeStakeRecorded'>): void {
  const { node, ...stake } = data
  state.stakes.set(node, stake)
}

function burnOf(entries: LedgerEvent['entries']): bigint {
  return entries.find(({ account }) => account === 'burn')?.amountMicrocredits ?? 0n
}

function pricingOf({ config }: LedgerState): Pricing {
  if (config === undefined) throw new LedgerInvariantError('an event stands before the ledger is open')
  return config
}
