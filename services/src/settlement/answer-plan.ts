import type { Hex } from '@deparrow/ledger'
import {
  type Answer,
  type AnswerCall,
  answerTo,
  demandKinds,
  type EpochArchive,
  stateAccount,
} from '@deparrow/sdk/disputes'
import type { EpochDemands, OpenDemand } from './demand-reader.ts'
import { rowsPerPart } from './epoch-parts.ts'
import type { RefusedAnswers } from './refused-answers.ts'
import type { OutgoingCall, SettlementCall } from './token-chain.port.ts'

/**
 * Where the answer to an open demand stands. `waiting`: its turn comes, or its account is stated first. `sent`: the chain has not shown yet
 * what became of it. `dear`: a gas costs more than it may, and there is time. `unanswerable`, `refused`: there is no answer, or the contract does not
 * take it. `late`: nobody can answer it any more.
 */
export type AnswerState = 'waiting' | 'sent' | 'dear' | 'unanswerable' | 'refused' | 'late'

export type DemandStatus = Pick<OpenDemand, 'id' | 'asker' | 'question' | 'round' | 'deadlineSeconds'> & {
  readonly kind: (typeof demandKinds)[number] | undefined
  readonly state: AnswerState
  /** Of one that is unanswerable or refused: why. */
  readonly reason: string | undefined
}

/** What is known and allowed when answers are planned. */
export type AnswerMoment = {
  readonly archive: EpochArchive | undefined
  /** Why there is no archive. */
  readonly archiveProblem: string | undefined
  /** Time of the block by which it is decided. */
  readonly nowSeconds: number
  /** A. */
  readonly answerSeconds: number
  /** What a gas costs and may cost, in wei; without a limit what it takes. */
  readonly feePerGasWei: bigint
  readonly maxFeePerGasWei: bigint | undefined
  /** What the bond behind the epoch is worth, in wei of the coin that pays for gas; unknown when left out. */
  readonly epochBondWorthWei: bigint | undefined
  /** What the contract said to calls that it did not take, by demand or account. */
  readonly refusals: Pick<RefusedAnswers, 'get'>
  /** What became of demands when they were planned last; those that had no answer come last. */
  readonly before: ReadonlyMap<Hex, DemandStatus>
  /** Demands that the contract no longer knows as open, in a block that is not confirmed yet. */
  readonly overtaken: ReadonlySet<Hex>
}

export type AnswerPlan = { readonly calls: readonly OutgoingCall[]; readonly statuses: readonly DemandStatus[] }

/** Answers that are worked out at once, some milliseconds each. */
const answersAtOnceMax = 64

/** As many transactions of one account as nodes keep for it whatever else they have to keep. */
const callsAtOnceMax = 16

/**
 * What to send for the open demands: an answer for each, or first the statement that it stands on; the one that is due first comes first, and those
 * that had no answer that the contract takes come last, so that they take nobody's turn. From half of A on an answer may cost its share of what the
 * epoch's bond is worth. A demand that nobody can answer any more is ended A after its deadline, when nobody else has: until then it is its asker's
 * to end, for a reward, and the guardian's to cancel the epoch without loss of the bond.
 */
export function planAnswers({ open, stated }: EpochDemands, moment: AnswerMoment): AnswerPlan {
  const calls: OutgoingCall[] = []
  const stating = { stated, stating: new Set<Hex>(), archive: moment.archive }
  const statuses = new Map<Hex, DemandStatus>()
  const answerable = open.filter(({ deadlineSeconds }) => moment.nowSeconds <= deadlineSeconds)
  const turns = [
    ...answerable.filter(one => !isSetBack(one, moment)),
    ...answerable.filter(one => isSetBack(one, moment)),
  ]
  for (const demand of turns.slice(0, answersAtOnceMax)) {
    const answer = answerOf(demand, moment)
    statuses.set(demand.id, statusFor(demand, answer, moment))
    if (!('functionName' in answer) || isTooDear(demand, moment) || calls.length === callsAtOnceMax) continue
    const call = nextCall(demand, answer, stating)
    if (call !== undefined && isTurn(call, moment)) calls.push({ call, ...costOf(demand, open.length, moment) })
  }
  const lost = open.find(demand => isLost(demand, moment))
  if (calls.length === 0 && lost !== undefined && !isFeeAbove(moment)) {
    calls.push({ call: { type: 'expireDemand', demand: lost.id } })
  }
  const late = (demand: OpenDemand) => statusOf(demand, answerable.includes(demand) ? 'waiting' : 'late')
  const known = ({ id }: OpenDemand) => statuses.get(id) ?? moment.before.get(id)
  return { calls, statuses: open.map(demand => (answerable.includes(demand) && known(demand)) || late(demand)) }
}

function isSetBack({ id }: OpenDemand, { before, overtaken }: AnswerMoment): boolean {
  const state = before.get(id)?.state
  return state === 'unanswerable' || state === 'refused' || overtaken.has(id)
}

function statusFor(demand: OpenDemand, answer: Shown, moment: AnswerMoment): DemandStatus {
  if (!('functionName' in answer)) return statusOf(demand, 'unanswerable', answer.cannotAnswer)
  if (moment.overtaken.has(demand.id)) return statusOf(demand, 'sent')
  if (isTooDear(demand, moment)) return statusOf(demand, 'dear')
  const refusal = moment.refusals.get(demand.id) ?? (answer.stated && moment.refusals.get(answer.stated))
  return refusal === undefined ? statusOf(demand, 'waiting') : statusOf(demand, 'refused', refusal.code)
}

/** Whether a call was not refused before, or long enough ago. */
function isTurn(call: SettlementCall, { refusals, nowSeconds }: AnswerMoment): boolean {
  const subject = subjectOf(call)
  const refused = subject && refusals.get(subject)
  return refused === undefined || refused.retryAtSeconds <= nowSeconds
}

/** The demand or account that a call is about. */
export function subjectOf(call: SettlementCall | undefined): Hex | undefined {
  if (call?.type === 'state') return call.account
  return call?.type === 'answer' || call?.type === 'expireDemand' ? call.demand : undefined
}

type Shown = Answer | { readonly cannotAnswer: string }

/** An answer, or why there is none: in the words of the SDK, or the name of the error for evidence that does not encode. */
function answerOf(demand: OpenDemand, { archive, archiveProblem }: AnswerMoment): Shown {
  if (archive === undefined) return { cannotAnswer: archiveProblem ?? 'ARCHIVE_MISSING' }
  try {
    return answerTo(archive, demand, { rowsPerPart })
  } catch (error) {
    return { cannotAnswer: error instanceof Error ? error.name : String(error) }
  }
}

/** The answer, or what states its account first; `undefined` when that goes out already. */
function nextCall(
  demand: OpenDemand,
  answer: AnswerCall,
  { stated, stating, archive }: Stating,
): SettlementCall | undefined {
  const account = answer.stated
  if (account === undefined || stated.has(account)) {
    if (answer.functionName === 'answerStatement') stating.add(answer.args[1])
    return { type: 'answer', demand: demand.id, answer }
  }
  const statement = stating.has(account) ? undefined : archive && stateAccount(archive, account)
  stating.add(account)
  return statement && { type: 'state', account, answer: statement }
}

/** Accounts whose statements stand, and those that are stated by what goes out. */
type Stating = {
  readonly stated: ReadonlySet<Hex>
  readonly stating: Set<Hex>
  readonly archive: EpochArchive | undefined
}

function statusOf(demand: OpenDemand, state: AnswerState, reason?: string): DemandStatus {
  const { id, asker, question, round, deadlineSeconds } = demand
  return { id, asker, question, round, deadlineSeconds, kind: demandKinds[question.kind], state, reason }
}

function isDue({ deadlineSeconds }: OpenDemand, { nowSeconds, answerSeconds }: AnswerMoment): boolean {
  return (deadlineSeconds - nowSeconds) * 2 <= answerSeconds
}

function isTooDear(demand: OpenDemand, moment: AnswerMoment): boolean {
  return isFeeAbove(moment) && !isDue(demand, moment)
}

function isFeeAbove({ feePerGasWei, maxFeePerGasWei }: AnswerMoment): boolean {
  return maxFeePerGasWei !== undefined && feePerGasWei > maxFeePerGasWei
}

/** Nobody knows what a bond is worth to its owner unless it says so; a lost epoch costs everybody, so that then any price is right. */
function costOf(demand: OpenDemand, openCount: number, moment: AnswerMoment): Pick<OutgoingCall, 'costMaxWei'> {
  if (!isDue(demand, moment)) return {}
  const { epochBondWorthWei } = moment
  return { costMaxWei: epochBondWorthWei === undefined ? 'any' : epochBondWorthWei / BigInt(openCount) }
}

function isLost({ deadlineSeconds }: OpenDemand, { nowSeconds, answerSeconds }: AnswerMoment): boolean {
  return nowSeconds > deadlineSeconds + answerSeconds
}
