import type { Answer, Demand } from './demands.ts'
import { forfeit } from './direct-proofs.ts'
import { type Due, judge, needStanding } from './judge.ts'
import { questionOf } from './questions.ts'
import { needPending } from './settlement.ts'
import { type Epoch, epochOf, need, type OpenDemand, pay, Refused, type State } from './state.ts'

/** Opens a demand on a pending epoch: while its window runs, or after an answered demand that it follows. */
export function openDemand(
  state: State,
  caller: string,
  id: number,
  demand: Demand,
  follows: number | undefined,
  now: number,
): number {
  const epoch = epochOf(state, id)
  need(state, 'always', !state.isExit, 'ExitSwitched')
  needPending(state, epoch, now)
  const depth = follows === undefined ? 1 : depthAfter(state, id, demandOf(state, follows), now)
  const isInWindow = follows !== undefined || now < epoch.postedAt + state.params.windowSeconds
  need(state, 'demand-in-window', isInWindow, 'WindowClosed', { id })
  needStanding(state, epoch, demand)
  const isStated = demand.kind === 'statement' && epoch.statements.has(demand.account)
  need(state, 'always', !isStated, 'StatementKnown', { id })
  const question = questionOf(state, epoch, demand)
  const known = state.questions.get(question)
  need(state, 'always', known === undefined, 'DemandKnown', { number: known })
  pay(state, caller, -state.params.demandBond)
  const number = state.demands.length
  state.questions.set(question, number)
  state.demands.push({
    id: number,
    epoch: id,
    asker: caller,
    demand,
    openedAt: now,
    depth,
    status: 'Open',
    isAskerRight: false,
    answeredAt: 0,
  })
  // An answer may take A, and another A is for what follows it.
  const { answerSeconds } = state.params
  if (!state.without.has('time-to-follow-up')) epoch.finalAt = Math.max(epoch.finalAt, now + 2 * answerSeconds)
  return number
}

/**
 * Shows that a demand has fewer before it than it was opened with: whoever asks a thing late in a row cannot so keep it from somebody for
 * whom it comes early.
 */
export function rank(state: State, number: number, follows: number | undefined, now: number): void {
  const open = demandOf(state, number)
  const isFollowable = open.status === 'Answered' && now < open.answeredAt + state.params.answerSeconds
  need(state, 'always', open.status === 'Open' || isFollowable, 'NotAFollowUp', { number })
  const epoch = epochOf(state, open.epoch)
  const depth = follows === undefined ? 1 : depthAfter(state, open.epoch, demandOf(state, follows), now)
  const isInWindow = follows !== undefined || now < epoch.postedAt + state.params.windowSeconds
  need(state, 'rank-in-window', isInWindow, 'WindowClosed', { id: open.epoch })
  need(state, 'rank-lowers', depth < open.depth, 'RoundNotLower', { number, depth })
  open.depth = depth
}

function depthAfter(state: State, id: number, before: OpenDemand, now: number): number {
  need(state, 'always', before.epoch === id && before.status === 'Answered', 'NotAFollowUp', { id: before.id })
  need(state, 'always', now < before.answeredAt + state.params.answerSeconds, 'FollowUpTooLate', { id: before.id })
  const { rowMax } = state.params
  need(state, 'rows-in-limit', before.depth < rowMax, 'FollowUpsExhausted', { rowMax })
  return before.depth + 1
}

/** Takes the poster's answer if the judge accepts it; the demand's bond goes to the poster. */
export function answerDemand(state: State, caller: string, number: number, answer: Answer, now: number): void {
  const open = demandOf(state, number)
  need(state, 'always', caller === state.poster, 'CallerNotPoster')
  need(state, 'always', open.status === 'Open', 'DemandNotOpen', { number })
  need(state, 'always', now <= open.openedAt + state.params.answerSeconds, 'AnswerTooLate', { number })
  const epoch = epochOf(state, open.epoch)
  const due = judgeWhole(state, epoch, open.demand, answer)
  if (due !== undefined) {
    state.bond -= due.amount
    pay(state, due.account, due.amount)
  }
  open.status = 'Answered'
  open.answeredAt = now
  open.isAskerRight = due !== undefined
  pay(state, open.isAskerRight ? open.asker : state.poster, state.params.demandBond)
}

/** A statement that is shown with a refused answer does not stand. */
function judgeWhole(state: State, epoch: Epoch, demand: Demand, answer: Answer): Due | undefined {
  const stood = [...epoch.statements]
  try {
    return judge(state, epoch, demand, answer)
  } catch (error) {
    epoch.statements.clear()
    for (const [account, statement] of stood) epoch.statements.set(account, statement)
    throw error
  }
}

/** Ends a demand that was not answered in time, and with it the epoch. */
export function timeOut(state: State, number: number, now: number): void {
  const open = demandOf(state, number)
  need(state, 'always', open.status === 'Open', 'DemandNotOpen', { number })
  need(state, 'always', now > open.openedAt + state.params.answerSeconds, 'AnswerStillPossible', { number })
  open.status = 'TimedOut'
  pay(state, open.asker, state.params.demandBond)
  forfeit(state, epochOf(state, open.epoch), open.asker)
}

function demandOf(state: State, number: number): OpenDemand {
  const open = state.demands[number]
  if (open === undefined) throw new Refused('DemandUnknown', { number })
  return open
}
