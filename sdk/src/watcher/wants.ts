import { type Hex, zeroHash } from '@deparrow/ledger'
import { encodeAbiParameters, keccak256 } from 'viem'
import type { StatementStruct } from '../disputes/account-view.ts'
import { demandKinds, revealedTrees } from '../disputes/answer.ts'
import type { Question, ReceiptClaim } from '../disputes/calls.ts'
import type { EntryProofStruct } from '../disputes/structs.ts'
import type { NodeJob } from './node-job.ts'
import type { WatchCall } from './plan.ts'
import type { AcceptanceStruct } from './view.ts'

/** A question that the watcher wants asked, and what it is worth to ask it. */
export type Want = {
  readonly id: Hex
  readonly question: Question
  /** Whether the watcher knows no answer: the epoch is cancelled unless the poster has what the journal lacks. */
  readonly isDecisive: boolean
  /** What an account would lose by it; more is asked first. */
  readonly lossMicrocredits: bigint
  /** The call that asks it as one that follows another demand, or none by zero. */
  readonly call: (follows: Hex) => WatchCall
}

type Weight = Pick<Want, 'isDecisive' | 'lossMicrocredits'>

/** A message of a movement as the contracts' `MovementKind` numbers it, ABI encoded. */
export type MovementMessage = { readonly kind: number; readonly message: Hex }

const search = (lossMicrocredits: bigint): Weight => ({ isDecisive: false, lossMicrocredits })
const decisive = (lossMicrocredits: bigint): Weight => ({ isDecisive: true, lossMicrocredits })

const questionParameter = {
  type: 'tuple',
  components: [
    { name: 'epoch', type: 'uint64' },
    { name: 'kind', type: 'uint8' },
    { name: 'place', type: 'bytes32' },
    { name: 'key', type: 'bytes32' },
    { name: 'value', type: 'uint256' },
  ],
} as const

const orderClaimParameter = {
  name: 'order',
  type: 'tuple',
  components: [
    { name: 'orderDigest', type: 'bytes32' },
    { name: 'payer', type: 'address' },
    { name: 'node', type: 'address' },
    { name: 'attempt', type: 'uint32' },
    { name: 'position', type: 'uint64' },
    { name: 'assignedAtMs', type: 'uint64' },
    { name: 'laneKey', type: 'bytes32' },
    { name: 'nonce', type: 'uint64' },
  ],
} as const

const receiptClaimParameter = {
  type: 'tuple',
  components: [
    orderClaimParameter,
    { name: 'receiptDigest', type: 'bytes32' },
    { name: 'payoutWallet', type: 'address' },
    { name: 'dueMicrocredits', type: 'uint64' },
    { name: 'isPushed', type: 'bool' },
  ],
} as const

/** The contract's `idOf`. */
export function demandIdOf(question: Question): Hex {
  return keccak256(encodeAbiParameters([questionParameter], [question]))
}

/** Asks for the four levels below a path; `place` is zero for the epoch's leaves. */
export function wantReveal(
  epoch: number,
  place: Hex,
  tree: (typeof revealedTrees)[number],
  { path, bits }: { readonly path: Hex; readonly bits: number },
  loss: bigint,
): Want {
  const number = revealedTrees.indexOf(tree)
  const value = (BigInt(number) << 8n) | BigInt(bits)
  return want(question(epoch, 'reveal', place, path, value), search(loss), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandReveal',
    args: [at, place, number, path, bits, follows],
  }))
}

export function wantStatement(epoch: number, place: Hex, loss: bigint): Want {
  return want(question(epoch, 'statement', place), search(loss), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandStatement',
    args: [at, place, follows],
  }))
}

/** A statement that cannot balance. */
export function wantWrongStatement(epoch: number, place: Hex, loss: bigint): Want {
  return { ...wantStatement(epoch, place, loss), isDecisive: true }
}

export function wantEntry(epoch: number, place: Hex, key: Hex, loss: bigint): Want {
  return want(question(epoch, 'entry', place, key), decisive(loss), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandEntry',
    args: [at, place, key, follows],
  }))
}

export function wantHold(epoch: number, place: Hex, key: Hex, loss: bigint): Want {
  return want(question(epoch, 'hold', place, key), decisive(loss), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandHold',
    args: [at, place, key, follows],
  }))
}

export function wantLane(epoch: number, place: Hex, key: Hex): Want {
  return want(question(epoch, 'lane', place, key), decisive(0n), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandLane',
    args: [at, place, key, follows],
  }))
}

/** A deposit that the epoch covers and its parent does not. */
export function wantDeposit(epoch: number, place: Hex, key: Hex, index: number, amount: bigint): Want {
  return want(question(epoch, 'credit', place, key, amount), decisive(amount), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandDeposit',
    args: [at, BigInt(index), follows],
  }))
}

export function wantForced(epoch: number, place: Hex, key: Hex, index: number, asked: bigint): Want {
  return want(question(epoch, 'forced', place, key, asked), decisive(asked), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandForced',
    args: [at, BigInt(index), follows],
  }))
}

/** The credit of a movement whose debit the debtor's statement shows. `least` is that debit. */
export function wantCounterpart(
  epoch: number,
  credit: { readonly place: Hex; readonly key: Hex; readonly least: bigint },
  movement: MovementMessage,
  debtor: StatementStruct,
  proof: EntryProofStruct,
): Want {
  const { place, key, least } = credit
  return want(question(epoch, 'credit', place, key, least), decisive(least), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandCounterpart',
    args: [at, movement.kind, movement.message, debtor, proof, follows],
  }))
}

/** The credit of a message that the ledger has signed to have taken at a position of the epoch. */
export function wantAccepted(
  epoch: number,
  place: Hex,
  credit: {
    readonly key: Hex
    readonly amountMicrocredits: bigint
    readonly message: MovementMessage
    readonly acceptance: AcceptanceStruct
  },
): Want {
  const { key, amountMicrocredits: amount, message: movement, acceptance } = credit
  return want(question(epoch, 'credit', place, key, amount), decisive(amount), (at, follows) => ({
    contract: 'disputes',
    functionName: 'demandAccepted',
    args: [at, movement.kind, movement.message, acceptance, follows],
  }))
}

/** That an order's hold stands, or ended rightly. `place` is the payer's. */
export function wantKept(epoch: number, place: Hex, { order, certified, paper }: NodeJob): Want {
  const value = BigInt(keccak256(encodeAbiParameters([orderClaimParameter], [order])))
  const weight = decisive(paper.certificate.message.amountMicrocredits)
  return want(question(epoch, 'kept', place, order.orderDigest, value), weight, (at, follows) => ({
    contract: 'disputedReceipts',
    functionName: 'demandKept',
    args: [at, certified, follows],
  }))
}

/** On what ground a receipt is demanded. */
export type ReceiptGround =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'accepted'; readonly acceptance: AcceptanceStruct }
  | { readonly kind: 'debited'; readonly payer: StatementStruct; readonly proof: EntryProofStruct }

/** The pay of a receipt. `place` is the payout wallet's. */
export function wantReceipt(
  epoch: number,
  place: Hex,
  claim: ReceiptClaim,
  evidence: NonNullable<NodeJob['receipt']>['evidence'],
  ground: ReceiptGround,
): Want {
  const value = BigInt(keccak256(encodeAbiParameters([receiptClaimParameter], [claim])))
  const asked = question(epoch, 'receipt', place, claim.order.orderDigest, value)
  return want(asked, decisive(claim.dueMicrocredits), (at, follows) => {
    const contract = 'disputedReceipts'
    switch (ground.kind) {
      case 'pushed':
        return { contract, functionName: 'demandPushed', args: [at, evidence, follows] }
      case 'accepted':
        return { contract, functionName: 'demandAcceptedReceipt', args: [at, evidence, ground.acceptance, follows] }
      case 'debited':
        return { contract, functionName: 'demandDebited', args: [at, evidence, ground.payer, ground.proof, follows] }
    }
  })
}

type CallWithoutId = WatchCall extends infer Call ? (Call extends WatchCall ? Omit<Call, 'demand'> : never) : never

function want(asked: Question, weight: Weight, call: (epoch: bigint, follows: Hex) => CallWithoutId): Want {
  const id = demandIdOf(asked)
  return {
    id,
    question: asked,
    ...weight,
    call: follows => ({ ...call(asked.epoch, follows), demand: id }) as WatchCall,
  }
}

function question(epoch: number, kind: (typeof demandKinds)[number], place: Hex, key = zeroHash, value = 0n): Question {
  return { epoch: BigInt(epoch), kind: demandKinds.indexOf(kind), place, key, value }
}
