import type { Hex, Message } from '@deparrow/ledger'
import type { DebitEvidenceOf, HoldEvidenceOf, HoldEvidenceStruct } from './evidence.ts'
import {
  type AuthorityStruct,
  type EntryProofStruct,
  type MessageName,
  type MessageStruct,
  messageStruct,
  messageTypes,
} from './structs.ts'

const word = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const address = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`

/** A message whose fields all differ. */
export function sampleMessage(name: MessageName): Message {
  const values = messageTypes[name].fields.map(({ name: field, type }, index) => {
    const value = index + 1
    if (type === 'address') return [field, address(value)]
    if (type === 'bytes32') return [field, word(value)]
    if (type === 'address[]') return [field, [address(value), address(value + 1)]]
    if (type === 'string[]') return [field, ['wasm', 'docker']]
    if (type === 'string') return [field, 'wasm']
    return [field, type === 'uint64' ? BigInt(value) : value]
  })
  return Object.fromEntries(values)
}

const sample = (name: MessageName): MessageStruct => messageStruct(name, sampleMessage(name))

const entry = (byte: number): EntryProofStruct => ({
  isEmpty: false,
  key: word(byte),
  value: BigInt(byte),
  siblings: `0x${'ab'.repeat(48)}`,
})

const nothing: EntryProofStruct = { isEmpty: true, key: word(0), value: 0n, siblings: '0x' }
const lanes = { opening: entry(0x21), closing: entry(0x22) }
const signature: Hex = `0x${'51'.repeat(65)}`
const permissionSignature: Hex = `0x${'52'.repeat(65)}`
const authority: AuthorityStruct = { signature, permission: sample('SpendPermission'), permissionSignature }

const holdOf = (order: 'JobOrder' | 'EscrowOrder'): HoldEvidenceStruct => ({
  order: sample(order),
  authority,
  origin: { isStanding: true, openingHold: entry(0x23), lanes },
})

/** One of each kind of debit. */
export const debitSamples: readonly DebitEvidenceOf[] = [
  { kind: 'transfer', fields: { message: sample('Transfer'), authority, lanes } },
  { kind: 'purchase', fields: { message: sample('Purchase'), authority, lanes } },
  { kind: 'redemption', fields: { message: sample('IouRedemption'), signature, lanes } },
  { kind: 'withdrawal', fields: { message: sample('Withdrawal'), signature, lanes } },
  {
    kind: 'job',
    fields: {
      hold: holdOf('JobOrder'),
      receipt: sample('UsageReceipt'),
      receiptSignature: signature,
      closingHold: nothing,
    },
  },
  {
    kind: 'escrow',
    fields: {
      hold: holdOf('EscrowOrder'),
      capture: sample('EscrowCapture'),
      captureAuthority: authority,
      closingHold: nothing,
    },
  },
  { kind: 'instruction', fields: { message: sample('PayoutInstruction'), signature, journalPosition: 77n } },
  { kind: 'row', fields: { part: 3, index: 5, row: `0x${'77'.repeat(24)}`, siblings: [word(0x31), word(0x32)] } },
  { kind: 'forced', fields: { index: 9n } },
]

/** One of each kind of hold. */
export const holdSamples: readonly HoldEvidenceOf[] = [
  { kind: 'job', fields: holdOf('JobOrder') },
  { kind: 'escrow', fields: holdOf('EscrowOrder') },
]
