import { bytesToHex, type Hex, leafPlace } from '@deparrow/ledger'
import { ledgerCrypto } from '../crypto/ledger-crypto.ts'
import { demandKinds } from '../disputes/answer.ts'
import { answerKept } from '../disputes/answer-kept.ts'
import { answerReceipt } from '../disputes/answer-receipt.ts'
import type { Answer, OrderClaim, Question } from '../disputes/calls.ts'
import { acceptanceHere } from './acceptance-here.ts'
import type { WatchCase } from './case.ts'
import { type Fault, fault } from './faults.ts'
import { seeAccount, seeValue } from './look-up.ts'
import { dueOf, type NodeJob, receiptClaimOf } from './node-job.ts'
import { pushMarginSeconds } from './plan-pushes.ts'
import type { EpochView } from './view.ts'
import { type ReceiptGround, type Want, wantHold, wantKept, wantReceipt, wantStatement } from './wants.ts'

const halfMask = 2n ** 64n - 1n

/** What is asked for a node, and what of it an epoch owes for certain. */
export type NodeExamination = { readonly faults: readonly Fault[]; readonly searches: readonly Want[] }

/**
 * A node's duties towards one epoch: that the holds stand under which it works, in full, or ended rightly; and that its receipts are paid. What the epoch
 * has is looked into only where it is not what the journal gives. Asks for nothing that this journal answers.
 */
export function examineJobs(watched: WatchCase): NodeExamination {
  const parts = (watched.view.jobs ?? []).map(job => examineJob(watched, job))
  return { faults: parts.flatMap(({ faults }) => faults), searches: parts.flatMap(({ searches }) => searches) }
}

/** Demands for the jobs that may be asked about when there is no journal to say how they stand. */
export function blindKepts(view: EpochView): readonly Want[] {
  const kept = (view.jobs ?? []).filter(job => isToBeKept(view, job))
  return kept.map(job => wantKept(view.posted.epoch, bytesToHex(leafPlace(ledgerCrypto, job.order.payer)), job))
}

type Part = NodeExamination

const nothing: Part = { faults: [], searches: [] }
const searching = (searches: readonly Want[]): Part => ({ faults: [], searches })
const wrong = (...faults: readonly Fault[]): Part => ({ faults, searches: [] })

function examineJob(watched: WatchCase, job: NodeJob): Part {
  const payer = seePayer(watched, job)
  const kept = isToBeKept(watched.view, job) ? examineKept(watched, job, payer) : nothing
  const paid = job.receipt === undefined ? nothing : examinePay(watched, job, payer)
  return { faults: [...kept.faults, ...paid.faults], searches: [...kept.searches, ...paid.searches] }
}

/** The contract's `demandKept`: certified up to the epoch's position or before it closed, and running, or perhaps pushed in time and left out. */
function isToBeKept({ posted, leftOutSince, parameters }: EpochView, { order, paper }: NodeJob): boolean {
  const expires = Number(paper.certificate.message.expires)
  const pushedBefore = parameters.inboxAgeSeconds + pushMarginSeconds
  const mayLeaveOut = leftOutSince !== undefined && leftOutSince + pushedBefore <= expires
  const isBefore = order.assignedAtMs / 1_000n < BigInt(posted.closedAt)
  const isReached = order.position <= BigInt(posted.journalPosition) || isBefore
  return isReached && (expires > posted.closedAt || mayLeaveOut)
}

/** What the epoch has of a job's order at its payer: its closing hold and its debit. */
type SeenPayer =
  | { readonly wants: readonly Want[] }
  | {
      readonly held: bigint | undefined
      readonly debit: bigint
      /** With what shows the debit, once the statement stands on chain. */
      readonly ground: ReceiptGround | undefined
    }

function seePayer(watched: WatchCase, { order, paper }: NodeJob): SeenPayer {
  const loss = paper.certificate.message.amountMicrocredits
  const account = seeAccount(watched, watched.archive.placeOf(order.payer), loss)
  if ('wants' in account) return account
  const hold = seeValue(watched, account, 'holds', order.orderDigest, loss)
  if ('wants' in hold) return hold
  const entry = seeValue(watched, account, 'entries', order.orderDigest, loss)
  if ('wants' in entry) return entry
  const debit = (entry.value ?? 0n) & halfMask
  const { stated } = account
  const ground = stated && debit > 0n ? ({ kind: 'debited', payer: stated, proof: entry.proof } as const) : undefined
  return { held: hold.value, debit, ground }
}

function examineKept(watched: WatchCase, job: NodeJob, payer: SeenPayer): Part {
  const { archive, epoch } = watched
  const { order, certified, paper } = job
  const place = archive.placeOf(order.payer)
  const amount = paper.certificate.message.amountMicrocredits
  if (!('wants' in payer) && (payer.debit > 0n || payer.held === amount)) return nothing
  const answer = answerKept(archive, questionOf(watched, 'kept', place, order), order, certified)
  if (hasEnded(watched, job, answer)) return nothing
  if ('wants' in payer) return searching(payer.wants)
  if (payer.held !== undefined && payer.held < amount) {
    const message = `epoch ${epoch} holds ${payer.held} of ${amount} µcr for job ${order.orderDigest}`
    return wrong(fault(wantHold(epoch, place, order.orderDigest, amount - payer.held), 'HOLD_WRONG', message))
  }
  if (payer.held !== undefined) return nothing
  const message = `epoch ${epoch} has dropped the hold of job ${order.orderDigest}, under which ${order.node} works`
  return wrong(fault(wantKept(epoch, place, job), 'NOT_KEPT', message))
}

/** Whether the journal has what shows that the hold ended rightly; whatever the epoch says, it can be answered with that. */
function hasEnded(watched: WatchCase, { order, paper }: NodeJob, answer: Answer): boolean {
  if ('cannotAnswer' in answer) return false
  if (answer.functionName === 'answerKeptByEnd' || answer.functionName === 'answerKeptByRelease') return true
  if (answer.functionName !== 'answerKeptByReceipt') return false
  const payer = watched.ownAt(watched.archive.placeOf(order.payer))
  const settled = payer.entry(order.orderDigest)?.evidence
  const receipt = settled?.kind === 'job' ? settled.receipt.message : undefined
  return receipt !== undefined && dueOf(paper, receipt, receipt.endedAtMs) === 0n
}

function examinePay(watched: WatchCase, job: NodeJob, payer: SeenPayer): Part {
  const found = groundOf(watched, job, payer)
  if (found === undefined) return nothing
  const { ground, untilMs } = found
  const claim = receiptClaimOf(job, untilMs, ground?.kind === 'pushed')
  if (claim === undefined || job.receipt === undefined) return nothing
  const { archive, epoch } = watched
  const { order } = job
  const place = archive.placeOf(job.paper.certificate.message.payoutWallet)
  const account = seeAccount(watched, place, claim.dueMicrocredits)
  const entry =
    'wants' in account ? account : seeValue(watched, account, 'entries', order.orderDigest, claim.dueMicrocredits)
  const credit = 'wants' in entry ? 0n : (entry.value ?? 0n) >> 64n
  if (credit >= claim.dueMicrocredits) return nothing
  const answer = answerReceipt(archive, questionOf(watched, 'receipt', place, order), claim)
  if (!('cannotAnswer' in answer) && endedAnswers.has(answer.functionName)) return nothing
  if ('wants' in entry) return searching(entry.wants)
  const message = `epoch ${epoch} credits ${credit} of ${claim.dueMicrocredits} µcr for job ${order.orderDigest}`
  // The contract wants to see the debit in a statement that stands.
  const statement = wantStatement(epoch, archive.placeOf(order.payer), claim.dueMicrocredits)
  if (ground === undefined) return wrong(fault(statement, 'RECEIPT_UNPAID', message))
  return wrong(fault(wantReceipt(epoch, place, claim, job.receipt.evidence, ground), 'RECEIPT_UNPAID', message))
}

/** Answers to a demanded receipt that the node has given the poster itself, or that say that it came too late. */
const endedAnswers: ReadonlySet<string> = new Set([
  'answerReceiptByEnd',
  'answerReceiptByRelease',
  'answerReceiptByOther',
])

/** The first ground on which this epoch owes a receipt's pay, and up to when running time counts; without `ground` the payer has to be stated first. */
function groundOf(
  watched: WatchCase,
  { receipt }: NodeJob,
  payer: SeenPayer,
): { readonly ground: ReceiptGround | undefined; readonly untilMs: bigint } | undefined {
  const { parent } = watched.view
  const item = watched.itemsHere().find(({ kind, digest }) => kind === 'receipt' && digest === receipt?.digest)
  if (item?.arrivedAt !== undefined) return { ground: { kind: 'pushed' }, untilMs: BigInt(item.arrivedAt) * 1_000n }
  const acceptance = receipt && acceptanceHere(watched.view, receipt.digest)
  if (acceptance !== undefined) return { ground: { kind: 'accepted', acceptance }, untilMs: acceptance.acceptance.atMs }
  if ('wants' in payer || payer.debit === 0n) return undefined
  return { ground: payer.ground, untilMs: BigInt(parent.closedAt) * 1_000n }
}

function questionOf({ epoch }: WatchCase, kind: 'kept' | 'receipt', place: Hex, { orderDigest }: OrderClaim): Question {
  return { epoch: BigInt(epoch), kind: demandKinds.indexOf(kind), place, key: orderDigest, value: 0n }
}
