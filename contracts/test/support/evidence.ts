/** Evidence as judges take it: the kind in 32 bytes, then the ABI encoding of its struct in `src/types/DebitEvidence.sol`. */
import {
  escrowCaptureType,
  escrowOrderType,
  iouRedemptionType,
  jobOrderType,
  type MessageType,
  payoutInstructionType,
  purchaseType,
  spendPermissionType,
  transferType,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { concatHex, encodeAbiParameters, type Hex, numberToHex, parseAbiParameters } from 'viem'
import { structFields } from './messages.ts'

/** The numbers of `DebitKind`. */
export const DEBIT_KIND = {
  transfer: 0,
  purchase: 1,
  redemption: 2,
  withdrawal: 3,
  job: 4,
  escrow: 5,
  instruction: 6,
  row: 7,
  forcedWithdrawal: 8,
} as const

/** The numbers of `HoldKind`. */
export const HOLD_KIND = { job: 0, escrow: 1 } as const

const structOf = (type: MessageType): string => {
  const fields = structFields(type).map(field => `${field.type} ${field.name};`)
  return `struct ${type.name} { ${fields.join(' ')} }`
}

const structs = [
  ...[
    transferType,
    purchaseType,
    iouRedemptionType,
    withdrawalType,
    jobOrderType,
    usageReceiptType,
    escrowOrderType,
    escrowCaptureType,
    payoutInstructionType,
    spendPermissionType,
  ].map(structOf),
  'struct EntryProof { bool isEmpty; bytes32 key; uint128 value; bytes siblings; }',
  'struct LaneProofs { EntryProof opening; EntryProof closing; }',
  'struct Authority { bytes signature; SpendPermission permission; bytes permissionSignature; }',
  'struct OrderOrigin { bool isStanding; EntryProof openingHold; LaneProofs lanes; }',
  'struct JobHoldEvidence { JobOrder order; Authority authority; OrderOrigin origin; }',
  'struct EscrowHoldEvidence { EscrowOrder order; Authority authority; OrderOrigin origin; }',
]

const debitStructs: Readonly<Record<keyof typeof DEBIT_KIND, string>> = {
  transfer: 'Transfer message; Authority authority; LaneProofs lanes;',
  purchase: 'Purchase message; Authority authority; LaneProofs lanes;',
  redemption: 'IouRedemption message; bytes signature; LaneProofs lanes;',
  withdrawal: 'Withdrawal message; bytes signature; LaneProofs lanes;',
  job: 'JobHoldEvidence hold; UsageReceipt receipt; bytes receiptSignature; EntryProof closingHold;',
  escrow: 'EscrowHoldEvidence hold; EscrowCapture capture; Authority captureAuthority; EntryProof closingHold;',
  instruction: 'PayoutInstruction message; bytes signature; uint64 journalPosition;',
  row: 'uint32 part; uint32 index; bytes24 row; bytes32[] siblings;',
  forcedWithdrawal: 'uint64 index;',
}

function encode(name: string, kind: number, fields: string, value: unknown): Hex {
  // The parser remembers parameters by their text: each struct needs a name of its own.
  const signatures = [`${name} evidence`, `struct ${name} { ${fields} }`, ...structs]
  const parameters = parseAbiParameters(signatures as [string, ...string[]])
  return concatHex([numberToHex(kind, { size: 32 }), encodeAbiParameters(parameters, [value] as never)])
}

export const debitEvidence = (kind: keyof typeof DEBIT_KIND, value: object): Hex =>
  encode(`${kind}DebitEvidence`, DEBIT_KIND[kind], debitStructs[kind], value)

export const holdEvidence = (kind: keyof typeof HOLD_KIND, value: object): Hex => {
  const order = kind === 'job' ? 'JobOrder order;' : 'EscrowOrder order;'
  return encode(`${kind}StandingEvidence`, HOLD_KIND[kind], `${order} Authority authority; OrderOrigin origin;`, value)
}
