import { encodeSiblings, findEntry, type Hex, inboxKey, lowerHex, revealSubtree, type TreePath } from '@deparrow/ledger'
import { debitEvidenceOf, holdEvidenceOf, type RowsPosted } from './account-evidence.ts'
import { type AccountView, entryProof, leafProof, proveStatement, viewAccount } from './account-view.ts'
import { answerKept } from './answer-kept.ts'
import { answerReceipt } from './answer-receipt.ts'
import type { Answer, AnswerCall, AskedDemand, DisputesCall, Question } from './calls.ts'
import type { EpochArchive } from './epoch-archive.ts'
import { encodeDebitEvidence, encodeHoldEvidence } from './evidence.ts'

/** The contracts' `DemandKind`, by its numbers. */
export const demandKinds = [
  'leaf',
  'statement',
  'reveal',
  'entry',
  'hold',
  'lane',
  'credit',
  'forced',
  'kept',
  'receipt',
] as const

/** The contracts' `RevealedTree`, by its numbers. */
export const revealedTrees = ['entries', 'holds', 'lanes', 'leaves'] as const

const treeShift = 8n
const pathBitsMask = 0xffn

/**
 * The call that answers a demand about the pending epoch, out of the journal alone. When it names an account in `stated`, that account's statement
 * has to stand before. It costs the proofs, and for the first demand of an account the sorting of all that moved it.
 */
export function answerTo(archive: EpochArchive, demand: AskedDemand, posted: RowsPosted): Answer {
  const question = normal(demand.question)
  if (archive.asked === undefined || BigInt(archive.asked.books.epoch) !== question.epoch) {
    return { cannotAnswer: 'EPOCH_NOT_PENDING' }
  }
  const { epoch, place } = question
  switch (demandKinds[question.kind]) {
    case 'leaf':
      return disputes({ functionName: 'answerLeaf', args: [epoch, place, leafProof(archive, 'closing', place)] })
    case 'statement':
      return stateWith('answerStatement', archive, epoch, place)
    case 'reveal':
      return reveal(archive, question)
    case 'entry':
      return answerEntry(archive, question, posted)
    case 'hold':
      return answerHold(archive, question)
    case 'lane':
      return answerLane(archive, question)
    case 'credit':
      return answerCredit(archive, question)
    case 'forced':
      return answerForced(archive, question)
    case 'kept':
      return demand.kept === undefined
        ? { cannotAnswer: 'CLAIM_MISSING' }
        : answerKept(archive, question, demand.kept, demand.certificate)
    case 'receipt':
      return demand.receipt === undefined
        ? { cannotAnswer: 'CLAIM_MISSING' }
        : answerReceipt(archive, question, demand.receipt)
    default:
      return { cannotAnswer: 'KIND_UNKNOWN' }
  }
}

/** The call with which the poster states what moved an account in the pending epoch; `undefined` when none is pending. */
export function stateAccount(archive: EpochArchive, place: Hex): AnswerCall | undefined {
  if (archive.asked === undefined) return undefined
  return stateWith('state', archive, BigInt(archive.asked.books.epoch), lowerHex(place))
}

function stateWith(
  functionName: 'state' | 'answerStatement',
  archive: EpochArchive,
  epoch: bigint,
  place: Hex,
): AnswerCall {
  return disputes({ functionName, args: [epoch, place, proveStatement(archive, viewAccount(archive, place))] })
}

function reveal(archive: EpochArchive, { epoch, place, key, value }: Question): Answer {
  const pathBits = Number(value & pathBitsMask)
  const path: TreePath = { key, depth: pathBits }
  const tree = Number(value >> treeShift)
  if (revealedTrees[tree] === undefined) return { cannotAnswer: 'KIND_UNKNOWN' }
  if (revealedTrees[tree] === 'leaves') {
    const { siblings, frontier } = archive.revealLeaves(path)
    return disputes({
      functionName: 'answerLeavesReveal',
      args: [epoch, key, pathBits, encodeSiblings(siblings), frontier],
    })
  }
  const view = viewAccount(archive, place)
  const trees = [view.entries, view.closing.holds, view.closing.lanes]
  const { siblings, frontier } = revealSubtree(archive.crypto, trees[tree], path)
  return stated(view, {
    functionName: 'answerReveal',
    args: [epoch, place, tree, key, pathBits, view.statement, encodeSiblings(siblings), frontier],
  })
}

function answerEntry(archive: EpochArchive, { epoch, place, key }: Question, posted: RowsPosted): Answer {
  const view = viewAccount(archive, place)
  const proof = entryProof(archive.crypto, view.entries, key)
  const entry = view.entry(key)
  const call = (evidence: Hex) =>
    stated(view, { functionName: 'answerEntry', args: [epoch, place, key, view.statement, proof, evidence] })
  if (entry === undefined || entry.debitMicrocredits === 0n) return call('0x')
  if (entry.evidence === undefined) return { cannotAnswer: 'EVIDENCE_MISSING' }
  const evidence = debitEvidenceOf(archive, view, key, entry.evidence, posted)
  return evidence === undefined ? { cannotAnswer: 'MESSAGE_TOO_OLD' } : call(encodeDebitEvidence(evidence))
}

function answerHold(archive: EpochArchive, { epoch, place, key }: Question): Answer {
  const view = viewAccount(archive, place)
  const proof = entryProof(archive.crypto, view.closing.holds, key)
  const call = (evidence: Hex) =>
    stated(view, { functionName: 'answerHold', args: [epoch, place, key, view.statement, proof, evidence] })
  if (findEntry(view.closing.holds, key) === undefined) return call('0x')
  const order = archive.orders.find(key)
  if (order === undefined) return { cannotAnswer: 'EVIDENCE_MISSING' }
  const evidence = holdEvidenceOf(archive, view, key, order)
  return evidence === undefined ? { cannotAnswer: 'MESSAGE_TOO_OLD' } : call(encodeHoldEvidence(evidence))
}

function answerLane(archive: EpochArchive, { epoch, place, key }: Question): AnswerCall {
  const view = viewAccount(archive, place)
  const [opening, closing] = [view.opening, view.closing].map(({ lanes }) =>
    entryProof(archive.crypto, lanes, key),
  ) as [ReturnType<typeof entryProof>, ReturnType<typeof entryProof>]
  return stated(view, { functionName: 'answerLane', args: [epoch, place, key, view.statement, opening, closing] })
}

function answerCredit(archive: EpochArchive, { epoch, place, key, value }: Question): Answer {
  const view = viewAccount(archive, place)
  if ((view.entry(key)?.creditMicrocredits ?? 0n) < value) return { cannotAnswer: 'CREDIT_TOO_SMALL' }
  const proof = entryProof(archive.crypto, view.entries, key)
  return stated(view, { functionName: 'answerCredit', args: [epoch, place, key, value, view.statement, proof] })
}

function answerForced(archive: EpochArchive, { epoch, place, key, value }: Question): Answer {
  const index = inboxIndexOf(archive, key)
  if (index === undefined) return { cannotAnswer: 'FORCED_UNKNOWN' }
  const view = viewAccount(archive, place)
  const debit = view.entry(key)?.debitMicrocredits ?? 0n
  if (debit < value && view.statement.closing.available > 0n) return { cannotAnswer: 'NOT_PAID' }
  const proof = entryProof(archive.crypto, view.entries, key)
  return stated(view, { functionName: 'answerForced', args: [epoch, BigInt(index), view.statement, proof] })
}

/** A demand names a forced withdrawal by its key; its index is one that the epoch covers and its parent does not. */
function inboxIndexOf({ asked, crypto }: EpochArchive, key: Hex): number | undefined {
  const cut = asked?.books.inboxCut ?? 0
  for (let index = asked?.parent?.inboxCut ?? 0; index < cut; index++) {
    if (inboxKey(crypto, index) === key) return index
  }
  return undefined
}

function stated(view: AccountView, call: WithoutContract): AnswerCall {
  return { ...disputes(call), stated: view.place }
}

type WithoutContract = DisputesCall extends infer Call
  ? Call extends DisputesCall
    ? Omit<Call, 'contract'>
    : never
  : never

function disputes(call: WithoutContract): AnswerCall {
  return { contract: 'disputes', ...call } as DisputesCall
}

/** Keys and places are compared as texts, which are in lower case. */
function normal(question: Question): Question {
  return { ...question, place: lowerHex(question.place), key: lowerHex(question.key) }
}
