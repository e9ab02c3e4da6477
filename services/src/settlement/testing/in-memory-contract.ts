import { decodeRows } from '@deparrow/contracts/rows'
import type { Address, InboxKind } from '@deparrow/ledger'
import type { ChainCancelReason, ChainEpoch, EpochHeader, SettlementCall, SettlementLog } from '../token-chain.port.ts'
import {
  answerDemand,
  type DemandBody,
  type DemandState,
  expireDemand,
  noDemands,
  openDemandsOf,
  stateAccount,
} from './in-memory-demands.ts'

export type LogBody = SettlementLog extends infer L ? (L extends unknown ? Omit<L, 'place'> : never) : never

type PostedEpoch = {
  header: EpochHeader
  rowsPosted: number
  payoutsMicrocredits: bigint
  completedAtSeconds: number | undefined
  isCancelled: boolean
  /** Where payees stood before its rows, so that taking them back leaves nothing behind. */
  cumulativeBefore?: Map<Address, bigint>
  openedAtSeconds?: number
  /** Demands put its finality off until then. */
  heldUntilSeconds?: number
}

/** What the settlement contract keeps, as far as the follower and the poster see it. Plain data, so that blocks can copy it. */
export type ContractState = DemandState & {
  nonce: number
  inbox: bigint[]
  payees: Address[]
  epochs: PostedEpoch[]
  finalEpoch: number
  claimed: Map<Address, bigint>
  cumulative: Map<Address, bigint>
  bondWei: bigint
  isExitStarted: boolean
}

export const windowSeconds = 2

/** What each epoch locks of the poster's bond, in wei. */
export const epochBondWei = 10n ** 18n

const lagSecondsMax = 86_400

const partsPeriodSeconds = 3_600

/** What no epoch has locked. */
export function freeBondWei(state: ContractState, nowSeconds: number): bigint {
  const locking = new Set<ChainEpoch['status']>(['open', 'pending', 'final'])
  const locked = state.epochs.filter((_, index) => locking.has(statusOf(state, index + 1, nowSeconds))).length
  const lockedWei = BigInt(locked) * epochBondWei
  return state.bondWei > lockedWei ? state.bondWei - lockedWei : 0n
}

/** Takes an epoch back, as guardian or evidence do: an open one lapses, a pending one goes with all that descend from it. */
export function cancel(
  state: ContractState,
  epoch: number,
  reason: ChainCancelReason,
  nowSeconds: number,
): readonly LogBody[] {
  const status = statusOf(state, epoch, nowSeconds)
  if (status === 'open') return lapseOpen(state)
  if (status !== 'pending') throw new ContractRevert('EpochNotPending')
  const lapsed = lapseOpen(state)
  for (let id = state.epochs.length; id >= epoch; id--) takeBack(state, id)
  return [
    ...lapsed,
    { type: 'epochCancelled', epoch, lastEpoch: state.epochs.length, headEpoch: headOf(state), reason },
  ]
}

function lapseOpen(state: ContractState): readonly LogBody[] {
  const last = state.epochs.length
  const posted = state.epochs[last - 1]
  if (posted === undefined || posted.completedAtSeconds !== undefined || posted.isCancelled) return []
  takeBack(state, last)
  return [{ type: 'epochLapsed', epoch: last }]
}

function takeBack(state: ContractState, epoch: number): void {
  const posted = state.epochs[epoch - 1]
  if (posted === undefined || posted.isCancelled) return
  posted.isCancelled = true
  for (const [payee, cumulative] of posted.cumulativeBefore ?? []) state.cumulative.set(payee, cumulative)
}

export function emptyContract(): ContractState {
  return {
    nonce: 0,
    inbox: [],
    payees: [],
    epochs: [],
    finalEpoch: 0,
    claimed: new Map(),
    cumulative: new Map(),
    bondWei: 1_000n * epochBondWei,
    isExitStarted: false,
    ...noDemands(),
  }
}

/** Thrown by a call that the contract would revert. */
export class ContractRevert extends Error {
  override readonly name = 'ContractRevert'
  constructor(readonly code: string) {
    super(code)
  }
}

export function appendInbox(
  state: ContractState,
  kind: InboxKind,
  account: Address,
  amountMicrocredits: bigint,
): LogBody {
  state.inbox.push(amountMicrocredits)
  return { type: 'inboxItem', index: state.inbox.length - 1, kind, account, amountMicrocredits }
}

/** Runs a call of the poster; changes the state and answers the logs, or throws {@link ContractRevert} and changes nothing. */
export function execute(
  state: ContractState,
  call: SettlementCall,
  nowSeconds: number,
): readonly (LogBody | DemandBody)[] {
  const after = structuredClone(state)
  const logs = run(after, call, nowSeconds)
  Object.assign(state, after)
  return logs
}

function run(state: ContractState, call: SettlementCall, nowSeconds: number): readonly (LogBody | DemandBody)[] {
  if (state.isExitStarted && call.type !== 'registerPayees') throw new ContractRevert('ExitStarted')
  switch (call.type) {
    case 'registerPayees': {
      const fresh = call.accounts.filter(account => !state.payees.includes(account))
      return fresh.map(account => ({ type: 'payee', id: state.payees.push(account), account }))
    }
    case 'postEpoch': {
      if (call.header.parent !== headOf(state)) throw new ContractRevert('ParentNotHead')
      if (call.header.inboxCut > state.inbox.length) throw new ContractRevert('InboxCutInvalid')
      if (nowSeconds - call.header.closedAt > lagSecondsMax) throw new ContractRevert('ClosedAtTooOld')
      if (freeBondWei(state, nowSeconds) < epochBondWei) throw new ContractRevert('BondTooSmall')
      const { header } = call
      const lapsed = lapseOpen(state)
      const posted: PostedEpoch = {
        openedAtSeconds: nowSeconds,
        header,
        rowsPosted: 0,
        payoutsMicrocredits: 0n,
        completedAtSeconds: undefined,
        isCancelled: false,
      }
      return [
        ...lapsed,
        ...appendRows(state, [...state.epochs, posted], state.epochs.length + 1, call.rows, nowSeconds),
      ]
    }
    case 'postRows':
      if (statusOf(state, call.epoch, nowSeconds) !== 'open') throw new ContractRevert('EpochNotOpen')
      return appendRows(state, state.epochs.map(copy), call.epoch, call.rows, nowSeconds)
    case 'finalise': {
      if (statusOf(state, call.epoch, nowSeconds) !== 'final') throw new ContractRevert('EpochNotFinal')
      state.finalEpoch = call.epoch
      const burnMicrocredits = state.epochs[call.epoch - 1]?.header.burnMicrocredits ?? 0n
      return [{ type: 'epochFinal', epoch: call.epoch, burnMicrocredits }]
    }
    case 'state':
      return stateAccount(state, call.answer, nowSeconds)
    case 'answer':
      return answerDemand(state, call.demand, call.answer, nowSeconds)
    case 'expireDemand':
      return expireDemand(state, call.demand, nowSeconds)
  }
}

export function claim(state: ContractState, account: Address): LogBody {
  const cumulativeMicrocredits = state.cumulative.get(account) ?? 0n
  const paidMicrocredits = cumulativeMicrocredits - (state.claimed.get(account) ?? 0n)
  if (paidMicrocredits <= 0n) throw new ContractRevert('NothingToClaim')
  state.claimed.set(account, cumulativeMicrocredits)
  return { type: 'claim', account, paidMicrocredits, cumulativeMicrocredits }
}

/** DPC that the contract holds: what arrived less what final epochs burnt and what was claimed. */
export function heldMicrocredits({ inbox, epochs, finalEpoch, claimed }: ContractState): bigint {
  const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n)
  const burnt = epochs
    .slice(0, finalEpoch)
    .filter(epoch => !epoch.isCancelled && epoch.completedAtSeconds !== undefined)
  return sum(inbox) - sum(burnt.map(({ header }) => header.burnMicrocredits)) - sum(claimed.values())
}

export function headOf(state: ContractState): number {
  return state.epochs.findLastIndex(epoch => epoch.completedAtSeconds !== undefined && !epoch.isCancelled) + 1
}

export function statusOf(state: ContractState, epoch: number, nowSeconds: number): ChainEpoch['status'] {
  const asked = state.epochs[epoch - 1]
  if (asked === undefined) return 'unknown'
  if (asked.isCancelled) return asked.completedAtSeconds === undefined ? 'lapsed' : 'cancelled'
  if (asked.completedAtSeconds === undefined) {
    return nowSeconds <= (asked.openedAtSeconds ?? 0) + partsPeriodSeconds ? 'open' : 'lapsed'
  }
  if (epoch <= state.finalEpoch) return 'finalised'
  const isHeldBack = nowSeconds < finalAtOf(asked) || openDemandsOf(state, epoch) > 0
  return isHeldBack ? 'pending' : 'final'
}

/** Block time in seconds before which an epoch cannot be final; 0 before its last part. */
export function finalAtOf({ completedAtSeconds, heldUntilSeconds = 0 }: PostedEpoch): number {
  return completedAtSeconds === undefined ? 0 : Math.max(completedAtSeconds + windowSeconds, heldUntilSeconds)
}

/** Takes back all that is not final and closes the contract to epochs. */
export function startExit(state: ContractState): readonly LogBody[] {
  state.isExitStarted = true
  const lapsed = lapseOpen(state)
  const [first, last] = [state.finalEpoch + 1, state.epochs.length]
  for (let id = last; id >= first; id--) takeBack(state, id)
  const inboxCut = state.epochs[state.finalEpoch - 1]?.header.inboxCut ?? 0
  return [
    ...lapsed,
    { type: 'epochCancelled', epoch: first, lastEpoch: last, headEpoch: state.finalEpoch, reason: 'exit' },
    { type: 'exitStarted', finalEpoch: state.finalEpoch, inboxCut },
  ]
}

function appendRows(
  state: ContractState,
  epochs: PostedEpoch[],
  epoch: number,
  encoded: `0x${string}`,
  nowSeconds: number,
): LogBody[] {
  const posted = epochs[epoch - 1]
  if (posted === undefined) throw new ContractRevert('EpochNotOpen')
  const rows = decodeRows(encoded)
  const payees = rows.map(row => state.payees[row.payeeId - 1])
  if (payees.includes(undefined)) throw new ContractRevert('RowPayeeUnknown')
  posted.rowsPosted += rows.length
  posted.payoutsMicrocredits += rows.reduce((sum, row) => sum + row.incrementMicrocredits, 0n)
  const isComplete = posted.rowsPosted === posted.header.rowCount
  if (isComplete) requireClosingBooks(state, epochs, posted.header)
  posted.cumulativeBefore ??= new Map()
  for (const [index, row] of rows.entries()) {
    const payee = payees[index] as Address
    posted.cumulativeBefore.set(payee, state.cumulative.get(payee) ?? 0n)
    state.cumulative.set(payee, row.cumulativeMicrocredits)
  }
  state.epochs = epochs
  if (!isComplete) return []
  posted.completedAtSeconds = nowSeconds
  return [{ type: 'epochPosted', epoch }]
}

function requireClosingBooks(state: ContractState, epochs: PostedEpoch[], header: EpochHeader): void {
  const arrived = state.inbox.slice(0, header.inboxCut).reduce((sum, amount) => sum + amount, 0n)
  const counted = epochs.filter(epoch => !epoch.isCancelled)
  const left = counted.reduce((sum, epoch) => sum + epoch.payoutsMicrocredits + epoch.header.burnMicrocredits, 0n)
  if (arrived !== header.leavesTotalMicrocredits + left) throw new ContractRevert('BooksDoNotClose')
}

function copy(epoch: PostedEpoch): PostedEpoch {
  return { ...epoch }
}
