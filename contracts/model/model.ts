import type { Answer, Demand } from './demands.ts'
import { cancelWrong, type Wrong } from './direct-proofs.ts'
import { answerDemand, openDemand, rank, timeOut } from './disputes.ts'
import { switchToExit, takeDeposit, takeLeaf } from './exit.ts'
import { append, deposit, forceWithdrawal, pushReceipt, registerPayee, revoke } from './inbox.ts'
import type { Certificate, Receipt } from './messages.ts'
import { type Params, requireSound } from './params.ts'
import type { Rule } from './rules.ts'
import { cancelByGuardian, claim, finalise, postEpoch } from './settlement.ts'
import { KeyRing, type Signed } from './signatures.ts'
import { type Header, Refused, type State } from './state.ts'

/** One transaction. Whoever drives the contracts with the same list compares them step by step. */
export type Action =
  | { readonly type: 'deposit'; readonly amount: number }
  | { readonly type: 'forceWithdrawal'; readonly amount: number }
  | { readonly type: 'revoke'; readonly nonce: number }
  | {
      readonly type: 'pushReceipt'
      readonly receipt: Signed<Receipt>
      readonly certificate: Signed<Certificate>
    }
  | { readonly type: 'registerPayee'; readonly account: string }
  | { readonly type: 'postEpoch'; readonly header: Header }
  | { readonly type: 'cancel'; readonly epoch: number }
  | { readonly type: 'finalise'; readonly epoch: number }
  | { readonly type: 'claim'; readonly payee: string; readonly epoch: number }
  | { readonly type: 'openDemand'; readonly epoch: number; readonly demand: Demand; readonly follows?: number }
  | { readonly type: 'rank'; readonly demand: number; readonly follows?: number }
  | { readonly type: 'answer'; readonly demand: number; readonly answer: Answer }
  | { readonly type: 'timeOut'; readonly demand: number }
  | { readonly type: 'cancelWrong'; readonly epoch: number; readonly wrong: Wrong }
  | { readonly type: 'switchToExit' }
  | { readonly type: 'takeLeaf'; readonly account: string }
  | { readonly type: 'takeDeposit'; readonly index: number }

/** `value` is the id of what was made: an epoch or a demand. */
export type Result =
  | { readonly isAccepted: true; readonly value: number }
  | { readonly isAccepted: false; readonly error: string; readonly data: Readonly<Record<string, unknown>> }

export type Setup = {
  readonly params: Params
  readonly posterBond: number
  readonly genesisRewards: number
  readonly without?: ReadonlySet<Rule>
  readonly witness?: Witness
  /** Where signatures are remembered; new ones when there is none. */
  readonly keys?: KeyRing
}

/** Sees each transaction after it was applied, with the state that it left. */
export type Witness = (step: {
  readonly caller: string
  readonly action: Action
  readonly now: number
  readonly result: Result
  readonly state: State
}) => void

export const poster = 'poster'
export const guardian = 'guardian'
export const ledgerKey = 'ledger'

/** The contracts as they are deployed, at time 0: epoch 0 is final and empty. */
export function deploy({
  params,
  posterBond,
  genesisRewards,
  without = new Set(),
  witness,
  keys = new KeyRing(),
}: Setup): State {
  requireSound(params)
  const genesis: Header = { parent: 0, cut: 0, position: 0, closedAt: 0, burn: 0, leaves: new Map(), rows: [] }
  const state: State = {
    ...{ params, keys, without, poster, guardian, ledger: ledgerKey },
    ...{ inbox: [], pushedReceipts: new Map(), revocations: new Map(), revokedUpTo: new Map(), payees: new Map() },
    ...{
      epochs: new Map(),
      demands: [],
      questions: new Map(),
      claimed: new Map(),
      exited: new Set(),
      paidByBond: new Set(),
      purse: new Map(),
      received: new Map(),
    },
    ...{ head: 0, lastEpoch: 0, finalEpoch: 0, finalisedAt: 0, bond: posterBond, bondsBurnt: 0 },
    ...{ holdings: genesisRewards, isExit: false },
  }
  const epoch = { id: 0, header: genesis, postedAt: 0, payoutsTotal: 0, burnsTotal: 0, finalAt: 0 }
  state.epochs.set(0, { ...epoch, status: 'Finalised', statements: new Map() })
  append(state, 'GenesisRewards', '', genesisRewards, 0)
  if (witness !== undefined) witnesses.set(state, witness)
  return state
}

/** Applies one transaction at a time in seconds. A refused one leaves the state as it was and names the contract's error. */
export function apply(state: State, caller: string, action: Action, now: number): Result {
  const result = tryTo(state, caller, action, now)
  witnesses.get(state)?.({ caller, action, now, result, state })
  return result
}

const witnesses = new WeakMap<State, Witness>()

function tryTo(state: State, caller: string, action: Action, now: number): Result {
  try {
    return { isAccepted: true, value: Number(run(state, caller, action, now) ?? 0) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { isAccepted: false, error: error.code, data: error.data }
  }
}

function run(state: State, caller: string, action: Action, now: number): unknown {
  switch (action.type) {
    case 'deposit':
      return deposit(state, caller, action.amount, now)
    case 'forceWithdrawal':
      return forceWithdrawal(state, caller, action.amount, now)
    case 'revoke':
      return revoke(state, caller, action.nonce, now)
    case 'pushReceipt':
      return pushReceipt(state, action.receipt, action.certificate, now)
    case 'registerPayee':
      return registerPayee(state, action.account, now)
    case 'postEpoch':
      return postEpoch(state, caller, action.header, now)
    case 'cancel':
      return cancelByGuardian(state, caller, action.epoch, now)
    case 'finalise':
      return finalise(state, action.epoch, now)
    case 'claim':
      return claim(state, action.payee, action.epoch)
    case 'openDemand':
      return openDemand(state, caller, action.epoch, action.demand, action.follows, now)
    case 'rank':
      return rank(state, action.demand, action.follows, now)
    case 'answer':
      return answerDemand(state, caller, action.demand, action.answer, now)
    case 'timeOut':
      return timeOut(state, action.demand, now)
    case 'cancelWrong':
      return cancelWrong(state, caller, action.epoch, action.wrong, now)
    case 'switchToExit':
      return switchToExit(state, now)
    case 'takeLeaf':
      return takeLeaf(state, action.account)
    case 'takeDeposit':
      return takeDeposit(state, action.index)
  }
}
