/** A game of the model as it is played again on the chain: every transaction with what it left behind. */
import { type GameSetup, play } from '../../model/game.ts'
import type { Action, Result } from '../../model/model.ts'
import { KeyRing } from '../../model/signatures.ts'
import { epochOf, type State } from '../../model/state.ts'
import { type Facts, factsOfModel } from './facts.ts'
import { Messages } from './messages.ts'
import { twinParams } from './names.ts'
import type { TwinChain } from './twin-chain.ts'

export type Step = {
  readonly caller: string
  readonly action: Action
  readonly now: number
  readonly result: Result
  /** What the chain must show after it; nothing after a refusal. */
  readonly facts?: Facts
  /** Each demand that was open before it and is not any more. */
  readonly closed: readonly number[]
  /** The epoch of the demand that it answers. */
  readonly epoch?: number
  /** Numbers on the chain of the items that no final epoch covers and that nobody deposited, when the exit begins. */
  readonly unearned?: readonly number[]
}

export type Recording = { readonly steps: readonly Step[]; readonly state: State; readonly messages: Messages }

/** Of refusals and of transactions that change nothing, so many of a kind are played again, and then one in so many. */
const SAME_MAX = 12
const SAME_EVERY = 40

/** Plays a game and keeps what is worth to be played again. */
export function record(chain: TwinChain, setup: Omit<GameSetup, 'witness'>, posterBond: number): Recording {
  const steps: Step[] = []
  const seen = new Map<string, number>()
  const open = new Set<number>()
  const keys = new KeyRing(key => messages.placeOf(key))
  const messages = new Messages(keys, chain.domain, now => chain.timeOf(now))
  let payees = 0
  const { state } = play({
    ...setup,
    keys,
    posterBond,
    params: { ...twinParams, ...setup.params },
    witness: ({ caller, action, now, result, state }) => {
      const kind = `${action.type} ${result.isAccepted ? 'accepted' : result.error}`
      const count = (seen.get(kind) ?? 0) + 1
      seen.set(kind, count)
      const isIdle = !result.isAccepted || (action.type === 'registerPayee' && state.payees.size === payees)
      payees = state.payees.size
      if (isIdle && count > SAME_MAX && count % SAME_EVERY !== 0) return
      if (!result.isAccepted) {
        steps.push({ caller, action, now, result, closed: [], ...answeredEpoch(state, action) })
        return
      }
      const closed = endedDemands(state, open)
      const facts = factsOfModel(chain, state, posterBond, now)
      const more = { ...answeredEpoch(state, action), ...besides(state, action) }
      steps.push({ caller, action, now, result, facts, closed, ...more })
    },
  })
  return { steps, state, messages }
}

function answeredEpoch(state: State, action: Action): Pick<Step, 'epoch'> {
  const epoch = action.type === 'answer' ? state.demands[action.demand]?.epoch : undefined
  return epoch === undefined ? {} : { epoch }
}

/** What the transactions on the chain need to know of a step beside its action. */
function besides(state: State, action: Action): Pick<Step, 'unearned'> {
  if (action.type === 'switchToExit') {
    const { cut } = epochOf(state, state.finalEpoch).header
    const isUnearned = (index: number) =>
      index >= cut && ['GenesisRewards', 'Emission'].includes(state.inbox[index]?.kind ?? '')
    return { unearned: [...state.inbox.keys()].filter(isUnearned).map(index => index + 1) }
  }
  return {}
}

/** The demands that have ended since the last look, which `open` remembers. */
function endedDemands(state: State, open: Set<number>): Step['closed'] {
  const closed: number[] = []
  for (const { id, status } of state.demands) {
    if (status === 'Open') open.add(id)
    else if (open.delete(id)) closed.push(id)
  }
  return closed
}
