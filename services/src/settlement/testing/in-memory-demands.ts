import type { Address, Hex } from '@deparrow/ledger'
import { type AnswerCall, type AskedDemand, demandKinds } from '@deparrow/sdk/disputes'
import type { DemandLog, OrderClaim, SignedCertificate } from '../demand-chain.port.ts'
import { ContractRevert, type ContractState, cancel, type LogBody, statusOf } from './in-memory-contract.ts'

type Question = AskedDemand['question']

/** A demand as the contract keeps it. */
export type KeptDemand = {
  readonly id: Hex
  readonly question: Question
  readonly deadlineSeconds: number
  state: 'open' | 'answered' | 'expired'
}

/** What the dispute contracts keep, as far as the poster sees it. */
export type DemandState = {
  readonly demands: Map<Hex, KeptDemand>
  /** `epoch:place` of each statement that stands. */
  readonly stated: Set<string>
  /** Demands whose answers the judge refuses, with its error. */
  readonly refused: Map<Hex, string>
}

/** What is asked in a test; the rest is filled in. */
export type Asked = Partial<Omit<AskedDemand, 'question'>> & {
  readonly kind: (typeof demandKinds)[number]
  readonly place?: Hex
  readonly key?: Hex
  readonly value?: bigint
  readonly asker?: Address
  readonly round?: number
}

/** A log of demands, and which epoch it is about. */
export type DemandBody = { readonly aboutEpoch: number } & (DemandLog extends infer L
  ? L extends unknown
    ? Omit<L, 'place'>
    : never
  : never)

/** A: long enough for some blocks, each of which takes a second. */
export const answerSeconds = 60

const nothing: Hex = `0x${'00'.repeat(32)}`
const somebody: Address = `0x${'a5'.repeat(20)}`

export function noDemands(): DemandState {
  return { demands: new Map(), stated: new Set(), refused: new Map() }
}

export function openDemandsOf(state: ContractState, epoch: number): number {
  return [...state.demands.values()].filter(({ question, state: stands }) => {
    return stands === 'open' && question.epoch === BigInt(epoch)
  }).length
}

/** Opens a demand on a pending epoch, which is held back until A after the demand's deadline. */
export function openDemand(
  state: ContractState,
  epoch: number,
  asked: Asked,
  nowSeconds: number,
): readonly DemandBody[] {
  if (statusOf(state, epoch, nowSeconds) !== 'pending') throw new ContractRevert('EpochNotPending')
  const {
    kind,
    place = nothing,
    key = nothing,
    value = 0n,
    asker = somebody,
    round = 1,
    receipt,
    kept,
    certificate,
  } = asked
  const question = { epoch: BigInt(epoch), kind: demandKinds.indexOf(kind), place, key, value }
  const id = idOf(state.demands.size)
  const deadlineSeconds = nowSeconds + answerSeconds
  state.demands.set(id, { id, question, deadlineSeconds, state: 'open' })
  const posted = state.epochs[epoch - 1]
  if (posted !== undefined) posted.heldUntilSeconds = deadlineSeconds + answerSeconds
  const opened: DemandBody = { aboutEpoch: epoch, type: 'demanded', id, asker, question, round, deadlineSeconds }
  const claims: DemandBody[] = []
  if (receipt !== undefined) claims.push({ aboutEpoch: epoch, type: 'receiptClaimed', id, claim: receipt })
  if (kept !== undefined) {
    const shown = certificate ?? certificateOf(kept)
    claims.push({ aboutEpoch: epoch, type: 'orderClaimed', id, claim: kept, certificate: shown })
  }
  return [opened, ...claims]
}

/** States an account, as the poster does before it answers. */
export function stateAccount(state: ContractState, answer: AnswerCall, nowSeconds: number): readonly DemandBody[] {
  if (answer.functionName !== 'state' && answer.functionName !== 'answerStatement')
    throw new ContractRevert('NoSuchCall')
  const [epoch, place] = answer.args
  requirePending(state, Number(epoch), nowSeconds)
  if (state.stated.has(`${epoch}:${place}`)) return []
  state.stated.add(`${epoch}:${place}`)
  return [{ aboutEpoch: Number(epoch), type: 'stated', account: place }]
}

export function answerDemand(
  state: ContractState,
  id: Hex,
  answer: AnswerCall,
  nowSeconds: number,
): readonly DemandBody[] {
  const demand = requireOpen(state, id)
  const { epoch, kind } = demand.question
  if (nowSeconds > demand.deadlineSeconds) throw new ContractRevert('DemandLate')
  requirePending(state, Number(epoch), nowSeconds)
  const isOther = answer.args[0] !== epoch || !functionsOf[demandKinds[kind] ?? 'leaf'].test(answer.functionName)
  if (isOther) throw new ContractRevert('DemandNotOpen')
  const judged = state.refused.get(id)
  if (judged !== undefined) throw new ContractRevert(judged)
  const stated = answer.functionName === 'answerStatement' ? stateAccount(state, answer, nowSeconds) : []
  if (answer.stated !== undefined && !state.stated.has(`${epoch}:${answer.stated}`)) {
    throw new ContractRevert('StatementDiffers')
  }
  demand.state = 'answered'
  return [...stated, { aboutEpoch: Number(epoch), type: 'ended', id }]
}

/** Ends a demand that came to its deadline, and its epoch. */
export function expireDemand(state: ContractState, id: Hex, nowSeconds: number): readonly (DemandBody | LogBody)[] {
  const demand = requireOpen(state, id)
  if (nowSeconds <= demand.deadlineSeconds) throw new ContractRevert('DemandStillAnswerable')
  const epoch = Number(demand.question.epoch)
  const logs = cancel(state, epoch, 'disputed', nowSeconds)
  demand.state = 'expired'
  return [{ aboutEpoch: epoch, type: 'ended', id }, ...logs]
}

const functionsOf: Readonly<Record<Asked['kind'], RegExp>> = {
  leaf: /^answerLeaf$/,
  statement: /^answerStatement$/,
  reveal: /^answer(Leaves)?Reveal$/,
  entry: /^answerEntry$/,
  hold: /^answerHold$/,
  lane: /^answerLane$/,
  credit: /^answerCredit$/,
  forced: /^answerForced$/,
  kept: /^answerKept/,
  receipt: /^answerReceipt/,
}

/** One under which nothing is due, for a question that asks for none. */
function certificateOf({ orderDigest, node, attempt, position }: OrderClaim): SignedCertificate {
  const order = { hold: orderDigest, orderDigest, node, payoutWallet: node, attempt, position }
  const terms = { amountMicrocredits: 0n, expires: 0n, assignedAtMs: 0n, pricingDigest: nothing }
  return { certificate: { ...order, ...terms }, certificateSignature: '0x' }
}

function requireOpen(state: ContractState, id: Hex): KeptDemand {
  const demand = state.demands.get(id)
  if (demand?.state !== 'open') throw new ContractRevert('DemandNotOpen')
  return demand
}

function requirePending(state: ContractState, epoch: number, nowSeconds: number): void {
  if (statusOf(state, epoch, nowSeconds) !== 'pending') throw new ContractRevert('EpochNotPending')
}

function idOf(count: number): Hex {
  return `0xde${count.toString(16).padStart(62, '0')}`
}
