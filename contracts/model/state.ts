import type { Demand } from './demands.ts'
import type { Params } from './params.ts'
import type { Rule } from './rules.ts'
import type { KeyRing } from './signatures.ts'

export type Leaf = {
  readonly available: number
  readonly held: number
  readonly lanes: ReadonlyMap<string, number>
  readonly holds: ReadonlyMap<string, number>
  readonly sequence: number
}
export const emptyLeaf: Leaf = { available: 0, held: 0, lanes: new Map(), holds: new Map(), sequence: 0 }
export const leafTotal = (leaf: Leaf) => leaf.available + leaf.held

export type Entry = { readonly credit: number; readonly debit: number }
export type Statement = { readonly opening: Leaf; readonly closing: Leaf; readonly entries: ReadonlyMap<string, Entry> }

export type InboxItem = {
  readonly kind: 'Deposit' | 'GenesisRewards' | 'Emission' | 'ForcedWithdrawal' | 'Revocation' | 'Receipt'
  readonly account: string
  readonly amount: number
  readonly total: number
  readonly at: number
  /** µcr asked for, nonce of a permission, or digest of a receipt. */
  readonly detail: number | string
}

export type Row = {
  readonly payee: string
  readonly increment: number
  readonly cumulative: number
  readonly previousEpoch: number
}

export type Header = {
  readonly parent: number
  readonly cut: number
  readonly position: number
  readonly closedAt: number
  readonly burn: number
  readonly leaves: ReadonlyMap<string, Leaf>
  readonly rows: readonly Row[]
}

export type EpochStatus = 'Pending' | 'Cancelled' | 'Finalised'
export type Epoch = {
  readonly id: number
  readonly header: Header
  readonly postedAt: number
  readonly payoutsTotal: number
  readonly burnsTotal: number
  finalAt: number
  status: EpochStatus
  readonly statements: Map<string, Statement>
}

export type OpenDemand = {
  readonly id: number
  readonly epoch: number
  readonly asker: string
  readonly demand: Demand
  readonly openedAt: number
  /** How many demands came before it in its row, itself included; a lower place may be shown for it. */
  depth: number
  status: 'Open' | 'Answered' | 'TimedOut' | 'Returned'
  /** Whether it was answered by paying out of the poster's bond, so that the asker has its own bond back. */
  isAskerRight: boolean
  answeredAt: number
}

/** Everything the contracts remember. Roots are the committed content itself, of which the judge sees only what an answer shows. */
export type State = {
  readonly params: Params
  readonly keys: KeyRing
  readonly without: ReadonlySet<Rule>
  readonly poster: string
  readonly guardian: string
  readonly ledger: string
  readonly inbox: InboxItem[]
  readonly pushedReceipts: Map<string, number>
  /** Index of each revocation, by wallet and nonce. */
  readonly revocations: Map<string, number>
  /** The highest nonce that each wallet has taken back. */
  readonly revokedUpTo: Map<string, number>
  /** When each payee was registered. */
  readonly payees: Map<string, { readonly at: number }>
  readonly epochs: Map<number, Epoch>
  readonly demands: OpenDemand[]
  /** The number of the demand that asks what the text says. */
  readonly questions: Map<string, number>
  readonly claimed: Map<string, number>
  readonly exited: Set<string>
  /** Orders and nodes that the poster's bond has paid. */
  readonly paidByBond: Set<string>
  /** What each party has put in and taken out as bonds, rewards and receipts paid by the bond; in µcr, from 0. */
  readonly purse: Map<string, number>
  /** DPC that each account has received from the contract. */
  readonly received: Map<string, number>
  head: number
  lastEpoch: number
  finalEpoch: number
  finalisedAt: number
  /** The poster's bond. Each epoch that waits to be finalised locks a part of it. */
  bond: number
  bondsBurnt: number
  holdings: number
  isExit: boolean
}

/** Thrown inside the model by a transition that the contract would revert; `apply` returns it. No Error: thousands are made a second. */
export class Refused {
  constructor(
    readonly code: string,
    readonly data: Readonly<Record<string, unknown>> = {},
  ) {}
}

/** Reverts with `code` unless the condition holds; a rule that the search leaves out always holds. */
export function need(state: State, rule: Rule | 'always', isMet: boolean, code: string, data = {}): undefined {
  if (isMet || (rule !== 'always' && state.without.has(rule))) return
  throw new Refused(code, data)
}

export function epochOf(state: State, id: number): Epoch {
  const epoch = state.epochs.get(id)
  if (epoch === undefined) throw new Refused('EpochUnknown', { id })
  return epoch
}

export function leafAt(epoch: Epoch, account: string): Leaf {
  return epoch.header.leaves.get(account) ?? emptyLeaf
}

export function pay(state: State, account: string, amount: number): void {
  state.purse.set(account, (state.purse.get(account) ?? 0) + amount)
}

export function send(state: State, account: string, amount: number): void {
  state.holdings -= amount
  state.received.set(account, (state.received.get(account) ?? 0) + amount)
}
