import {
  type Address,
  escrowCaptureType,
  escrowOrderType,
  type Hex,
  iouRedemptionType,
  iouType,
  jobOrderType,
  type Message,
  type MessageType,
  payoutInstructionType,
  pricingType,
  purchaseType,
  type SpendPermission,
  spendPermissionType,
  transferType,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { type AbiParameter, keccak256, stringToHex } from 'viem'

/** A signed message as the contracts' struct of the same name has it: a text is its Keccak hash. */
export type MessageStruct = Readonly<Record<string, unknown>>

/** What stands where a key leads in a tree of entries: its own entry, another's, or nothing. `siblings` are 48 bytes each, from the root down. */
export type EntryProofStruct = {
  readonly isEmpty: boolean
  readonly key: Hex
  readonly value: bigint
  readonly siblings: Hex
}

export type LaneProofsStruct = { readonly opening: EntryProofStruct; readonly closing: EntryProofStruct }

/** Who signed for a wallet. Without `permissionSignature` the wallet itself. */
export type AuthorityStruct = {
  readonly signature: Hex
  readonly permission: MessageStruct
  readonly permissionSignature: Hex
}

export type OrderOriginStruct = {
  readonly isStanding: boolean
  readonly openingHold: EntryProofStruct
  readonly lanes: LaneProofsStruct
}

/** The message types that evidence has, by the names of their structs. */
export const messageTypes = {
  Transfer: transferType,
  Purchase: purchaseType,
  Iou: iouType,
  IouRedemption: iouRedemptionType,
  Withdrawal: withdrawalType,
  JobOrder: jobOrderType,
  UsageReceipt: usageReceiptType,
  EscrowOrder: escrowOrderType,
  EscrowCapture: escrowCaptureType,
  PayoutInstruction: payoutInstructionType,
  SpendPermission: spendPermissionType,
  Pricing: pricingType,
} as const satisfies Record<string, MessageType>

export type MessageName = keyof typeof messageTypes

/** Solidity keeps the word `reference` to itself. */
const referenceNames: Partial<Record<MessageName, string>> = {
  Purchase: 'purchaseReference',
  EscrowOrder: 'escrowReference',
  Iou: 'iouReference',
}

/** A message as the contracts take it. Throws `RangeError` when it lacks a field, as one of an older version does. */
export function messageStruct(name: MessageName, message: Message): MessageStruct {
  const words = messageTypes[name].fields.map(field => {
    const value = message[field.name]
    if (value === undefined) throw new RangeError(`a ${name} without ${field.name} is not of the contracts' version`)
    return [solidityName(name, field.name), wordOf(field.type, value)]
  })
  return Object.fromEntries(words)
}

/** Whether the message has every field that the contracts' struct has. */
export function isOfContracts(name: MessageName, message: object): boolean {
  return messageTypes[name].fields.every(field => field.name in message)
}

/** The ABI's description of a message's struct. */
export function messageParameter(name: MessageName, as: string): AbiParameter {
  const components = messageTypes[name].fields.map(field => ({
    name: solidityName(name, field.name),
    type: field.type.replace('string', 'bytes32'),
  }))
  return { name: as, type: 'tuple', components }
}

const nobody: Address = `0x${'00'.repeat(20)}`

/** In place of a permission where none is looked at. */
export const noPermission: SpendPermission = {
  wallet: nobody,
  delegate: nobody,
  jobMicrocreditsMax: 0n,
  hourMicrocreditsMax: 0n,
  dayMicrocreditsMax: 0n,
  counterparties: [],
  engines: [],
  expires: 0n,
  nonce: 0n,
}

function solidityName(message: MessageName, field: string): string {
  return field === 'reference' ? (referenceNames[message] ?? field) : field
}

function wordOf(type: string, value: Message[string]): unknown {
  if (type === 'string') return hashOf(value as string)
  return type === 'string[]' ? (value as readonly string[]).map(hashOf) : value
}

function hashOf(text: string): Hex {
  return keccak256(stringToHex(text))
}
