import type { Address } from '../hex.ts'
import { payableAccount } from '../journal/account-name.ts'
import { isJudgedOnChain } from '../journal/config.ts'
import type { LedgerEvent } from '../journal/event.ts'
import { balanceOf, clearingBalance, type LedgerState, type PayoutAccount, type SignerLane } from '../journal/state.ts'
import { type DelegationKey, delegationKey } from '../permission/delegation.ts'
import { entriesOf } from './entry-tree.ts'
import { type Leaf, type LeafAccount, payablePrefix } from './leaves.ts'

type PayableAccount = Extract<LeafAccount, `payable:${string}`>

/** What an account's leaf says now; `undefined` for a wallet that never held or signed anything. */
export function leafOf(state: Readonly<LedgerState>, account: LeafAccount): Leaf | undefined {
  if (account === 'treasury' || account === 'rewards') return plainLeaf(state, account, balanceOf(state, account))
  if (account === 'clearing') return isSharded(state) ? plainLeaf(state, account, clearingBalance(state)) : undefined
  if (isPayable(account)) return payableLeaf(state, account)
  const isJudged = isJudgedOnChain(state.config)
  const availableMicrocredits = balanceOf(state, `wallet:${account}`)
  const heldMicrocredits = (state.held.get(account) ?? 0n) + (isJudged ? 0n : payoutWithoutPayee(state, account))
  const lanes = [...(state.nonces.get(account) ?? [])].sort((a, b) => a.lane - b.lane)
  const delegateNonces = delegateLanes(state, account)
  const node = state.nodes.get(account)
  const isUnsigned = lanes.length === 0 && delegateNonces.length === 0
  const isNothing = availableMicrocredits === 0n && heldMicrocredits === 0n && isUnsigned
  if (isNothing && node === undefined) return undefined
  return {
    account,
    availableMicrocredits,
    heldMicrocredits,
    nonces: lanes.map(({ lane, nonce }) => ({ lane, nonce })),
    ...(delegateNonces.length === 0 ? {} : { delegateNonces }),
    ...(isJudged && { holds: [...entriesOf(state.heldOrders.get(account))] }),
    receiptSequence: node?.lastSequence ?? 0n,
  }
}

/**
 * All leaves: each wallet with its holds, payouts that cannot be in a row for want of a payee id, the treasury and rewards budgets, and in a
 * ledger of several shards `clearing`.
 */
export function leavesOf(state: Readonly<LedgerState>): readonly Leaf[] {
  return [...accountsOf(state)].flatMap(account => leafOf(state, account) ?? [])
}

/** Every account that may have a leaf, once. One after another, because there may be millions. */
function* accountsOf(state: Readonly<LedgerState>): Generator<LeafAccount> {
  yield* ['treasury', 'rewards', 'clearing'] as const
  for (const account of state.balances.keys()) {
    if (account.startsWith('wallet:')) yield account.slice('wallet:'.length) as Address
  }
  const others = new Set<Address>()
  for (const wallets of [state.held, state.nonces, state.delegates, state.nodes, state.payouts]) {
    for (const wallet of wallets.keys()) {
      // A delegate's lanes count with its wallet, which is among `delegates`.
      if (!isDelegationKey(wallet) && !state.balances.has(`wallet:${wallet}`)) others.add(wallet)
    }
  }
  yield* others
  if (!isJudgedOnChain(state.config)) return
  for (const wallet of state.payouts.keys()) yield payableAccount(wallet)
}

/** The leaf that an account had in the last closed epoch. */
export function leafInLastEpoch(state: Readonly<LedgerState>, account: LeafAccount): Leaf | undefined {
  return state.leavesBefore.has(account) ? state.leavesBefore.get(account) : leafOf(state, account)
}

/** All leaves as the last closed epoch had them, one after another. */
export function* leavesInLastEpoch(state: Readonly<LedgerState>): Generator<Leaf> {
  for (const account of accountsOf(state)) {
    const leaf = state.leavesBefore.has(account) ? undefined : leafOf(state, account)
    if (leaf !== undefined) yield leaf
  }
  for (const leaf of state.leavesBefore.values()) if (leaf !== undefined) yield leaf
}

/** The leaf that an account had in the epoch on which the pending one builds. Once that is final, the one in it. */
export function leafInParent(state: Readonly<LedgerState>, account: LeafAccount): Leaf | undefined {
  const { leavesBeforePending: parent } = state
  return parent.has(account) ? parent.get(account) : leafInLastEpoch(state, account)
}

/** All leaves as {@link leafInParent} has them, one after another. */
export function* leavesInParent(state: Readonly<LedgerState>): Generator<Leaf> {
  const { leavesBeforePending: parent } = state
  for (const leaf of leavesInLastEpoch(state)) if (!parent.has(leaf.account)) yield leaf
  for (const leaf of parent.values()) if (leaf !== undefined) yield leaf
}

/** Keeps the leaves that an event is about to change as they were in the last closed epoch. */
export function keepLeavesBefore(state: LedgerState, event: LedgerEvent): void {
  if (state.lastEpoch === undefined) return
  for (const account of touchedLeaves(state, event)) {
    if (!state.leavesBefore.has(account)) state.leavesBefore.set(account, leafOf(state, account))
  }
}

function touchedLeaves(state: Readonly<LedgerState>, event: LedgerEvent): readonly LeafAccount[] {
  const touched = event.entries.flatMap(({ account }) => accountOf(state, account) ?? [])
  switch (event.type) {
    case 'ReceiptReceived':
      return [...touched, event.data.receipt.message.node]
    case 'NodeRegistered':
      return [...touched, event.data.registration.message.node]
    case 'PayeeRegistered':
      return [...touched, isJudgedOnChain(state.config) ? payableAccount(event.data.wallet) : event.data.wallet]
    case 'CreditsGranted':
      return [...touched, event.data.grant.message.treasurer]
    case 'ConfigChangeScheduled':
      return [...touched, event.data.change.message.treasurer]
    case 'IouIssued':
      return [...touched, event.data.iou.message.debtor]
    default:
      return touched
  }
}

/** Whose leaf counts an account of the journal; an open hold counts in its payer's. */
function accountOf(state: Readonly<LedgerState>, name: string): LeafAccount | undefined {
  const [kind, rest = ''] = name.split(':', 2)
  if (kind === 'wallet') return rest as Address
  if (kind === 'payable') return isJudgedOnChain(state.config) ? payableAccount(rest as Address) : (rest as Address)
  if (kind === 'treasury' || kind === 'rewards' || kind === 'clearing') return kind
  if (kind !== 'hold') return undefined
  return state.holds.get(rest as Address)?.payer ?? state.escrows.get(rest as Address)?.wallet
}

/** By ascending lane, then signer. */
function delegateLanes(state: Readonly<LedgerState>, wallet: Address): SignerLane[] {
  const delegates = state.delegates.get(wallet) ?? []
  const lanes = delegates.flatMap(delegate => state.nonces.get(delegationKey(wallet, delegate)) ?? [])
  return lanes.sort((a, b) => a.lane - b.lane || (a.signer < b.signer ? -1 : 1))
}

function isDelegationKey(owner: Address | DelegationKey): owner is DelegationKey {
  return owner.includes(':')
}

function isSharded(state: Readonly<LedgerState>): boolean {
  return (state.config?.shardCount ?? 1) > 1
}

function plainLeaf(state: Readonly<LedgerState>, account: LeafAccount, availableMicrocredits: bigint): Leaf {
  const holds = isJudgedOnChain(state.config) && { holds: [] }
  return { account, availableMicrocredits, heldMicrocredits: 0n, nonces: [], ...holds, receiptSequence: 0n }
}

/** What waits for a row counts apart from its wallet; `undefined` when nothing does. */
function payableLeaf(state: Readonly<LedgerState>, account: PayableAccount): Leaf | undefined {
  const isJudged = isJudgedOnChain(state.config)
  const waiting = isJudged ? payoutWithoutPayee(state, account.slice(payablePrefix.length) as Address) : 0n
  return waiting === 0n ? undefined : plainLeaf(state, account, waiting)
}

function isPayable(account: LeafAccount): account is PayableAccount {
  return account.startsWith(payablePrefix)
}

function payoutWithoutPayee(state: Readonly<LedgerState>, wallet: Address): bigint {
  const account = state.payouts.get(wallet)
  return account === undefined || account.payeeId !== undefined ? 0n : unpostedOf(account)
}

export function unpostedOf(account: PayoutAccount): bigint {
  return account.scheduledMicrocredits - account.postedMicrocredits
}
