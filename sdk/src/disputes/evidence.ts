import type { Hex } from '@deparrow/ledger'
import {
  type AbiParameter,
  concatHex,
  decodeAbiParameters,
  encodeAbiParameters,
  hexToBigInt,
  numberToHex,
  size,
  slice,
} from 'viem'
import {
  type AuthorityStruct,
  type EntryProofStruct,
  type LaneProofsStruct,
  type MessageStruct,
  messageParameter,
  type OrderOriginStruct,
} from './structs.ts'

/** The contracts' `DebitKind`, by its numbers. */
export const debitKinds = [
  'transfer',
  'purchase',
  'redemption',
  'withdrawal',
  'job',
  'escrow',
  'instruction',
  'row',
  'forced',
] as const

/** The contracts' `HoldKind`, by its numbers. */
export const holdKinds = ['job', 'escrow'] as const

export type DebitKind = (typeof debitKinds)[number]
export type HoldKind = (typeof holdKinds)[number]

type ByLane = { readonly message: MessageStruct; readonly lanes: LaneProofsStruct }

/** What allows a hold, in the fields of `JobHoldEvidence` and `EscrowHoldEvidence`. */
export type HoldEvidenceStruct = {
  readonly order: MessageStruct
  readonly authority: AuthorityStruct
  readonly origin: OrderOriginStruct
}

/** What allows a debit, in the fields of the structs of `DebitEvidence.sol`. */
export type DebitEvidenceStructs = {
  readonly transfer: ByLane & { readonly authority: AuthorityStruct }
  readonly purchase: ByLane & { readonly authority: AuthorityStruct }
  readonly redemption: ByLane & { readonly signature: Hex }
  readonly withdrawal: ByLane & { readonly signature: Hex }
  readonly job: {
    readonly hold: HoldEvidenceStruct
    readonly receipt: MessageStruct
    readonly receiptSignature: Hex
    readonly closingHold: EntryProofStruct
  }
  readonly escrow: {
    readonly hold: HoldEvidenceStruct
    readonly capture: MessageStruct
    readonly captureAuthority: AuthorityStruct
    readonly closingHold: EntryProofStruct
  }
  readonly instruction: { readonly message: MessageStruct; readonly signature: Hex; readonly journalPosition: bigint }
  readonly row: {
    readonly part: number
    /** In its part, from 0. */
    readonly index: number
    /** The 24 bytes of the row. */
    readonly row: Hex
    readonly siblings: readonly Hex[]
  }
  readonly forced: { readonly index: bigint }
}

/** Evidence of one kind. */
export type DebitEvidenceOf = {
  readonly [Kind in DebitKind]: { readonly kind: Kind; readonly fields: DebitEvidenceStructs[Kind] }
}[DebitKind]

export type HoldEvidenceOf = { readonly kind: HoldKind; readonly fields: HoldEvidenceStruct }

const kindBytes = 32

const entryProof = (name: string): AbiParameter =>
  tuple(name, [word('isEmpty', 'bool'), word('key', 'bytes32'), word('value', 'uint128'), word('siblings', 'bytes')])

const lanes = tuple('lanes', [entryProof('opening'), entryProof('closing')])

const authority = (name: string): AbiParameter =>
  tuple(name, [
    word('signature', 'bytes'),
    messageParameter('SpendPermission', 'permission'),
    word('permissionSignature', 'bytes'),
  ])

const origin = tuple('origin', [word('isStanding', 'bool'), entryProof('openingHold'), lanes])

const holdFields = {
  job: [messageParameter('JobOrder', 'order'), authority('authority'), origin],
  escrow: [messageParameter('EscrowOrder', 'order'), authority('authority'), origin],
} as const satisfies Record<HoldKind, readonly AbiParameter[]>

const debitFields: Readonly<Record<DebitKind, readonly AbiParameter[]>> = {
  transfer: [messageParameter('Transfer', 'message'), authority('authority'), lanes],
  purchase: [messageParameter('Purchase', 'message'), authority('authority'), lanes],
  redemption: [messageParameter('IouRedemption', 'message'), word('signature', 'bytes'), lanes],
  withdrawal: [messageParameter('Withdrawal', 'message'), word('signature', 'bytes'), lanes],
  job: [
    tuple('hold', holdFields.job),
    messageParameter('UsageReceipt', 'receipt'),
    word('receiptSignature', 'bytes'),
    entryProof('closingHold'),
  ],
  escrow: [
    tuple('hold', holdFields.escrow),
    messageParameter('EscrowCapture', 'capture'),
    authority('captureAuthority'),
    entryProof('closingHold'),
  ],
  instruction: [
    messageParameter('PayoutInstruction', 'message'),
    word('signature', 'bytes'),
    word('journalPosition', 'uint64'),
  ],
  row: [word('part', 'uint32'), word('index', 'uint32'), word('row', 'bytes24'), word('siblings', 'bytes32[]')],
  forced: [word('index', 'uint64')],
}

/** The bytes that `answerEntry` takes for a debit: the kind in 32 bytes, then the ABI encoding of its struct. Throws viem's errors when a field does not fit. */
export function encodeDebitEvidence({ kind, fields }: DebitEvidenceOf): Hex {
  return encoded(debitKinds.indexOf(kind), debitFields[kind], fields)
}

/** The bytes that `answerHold` takes. */
export function encodeHoldEvidence({ kind, fields }: HoldEvidenceOf): Hex {
  return encoded(holdKinds.indexOf(kind), holdFields[kind], fields)
}

/** Reads what {@link encodeDebitEvidence} wrote, as from an answer's calldata. Throws {@link EvidenceKindError}, and viem's errors for what does not decode. */
export function decodeDebitEvidence(bytes: Hex): DebitEvidenceOf {
  const kind = kindOf(debitKinds, bytes)
  return { kind, fields: decoded(debitFields[kind], bytes) } as DebitEvidenceOf
}

/** Reads what {@link encodeHoldEvidence} wrote. Throws as {@link decodeDebitEvidence} does. */
export function decodeHoldEvidence(bytes: Hex): HoldEvidenceOf {
  const kind = kindOf(holdKinds, bytes)
  return { kind, fields: decoded(holdFields[kind], bytes) as HoldEvidenceStruct }
}

function encoded(kind: number, fields: readonly AbiParameter[], value: object): Hex {
  return concatHex([numberToHex(kind, { size: kindBytes }), encodeAbiParameters([tuple('evidence', fields)], [value])])
}

function decoded(fields: readonly AbiParameter[], bytes: Hex): unknown {
  return decodeAbiParameters([tuple('evidence', fields)], slice(bytes, kindBytes))[0]
}

function kindOf<Kind extends string>(kinds: readonly Kind[], bytes: Hex): Kind {
  const kind = size(bytes) <= kindBytes ? undefined : kinds[Number(hexToBigInt(slice(bytes, 0, kindBytes)))]
  if (kind === undefined) throw new EvidenceKindError(bytes)
  return kind
}

function word(name: string, type: string): AbiParameter {
  return { name, type }
}

function tuple(name: string, components: readonly AbiParameter[]): AbiParameter {
  return { name, type: 'tuple', components }
}

/** Thrown when bytes do not begin with a kind of evidence. */
export class EvidenceKindError extends Error {
  override readonly name = 'EvidenceKindError'
  constructor(readonly evidence: Hex) {
    super(`evidence of ${size(evidence)} bytes does not begin with a kind that there is`)
  }
}
