/** Signed messages as the TypeScript packages make them, in the form that contracts take. */
import {
  acceptanceRootType,
  acceptanceType,
  assignmentReleaseType,
  type Domain,
  escrowCaptureType,
  escrowOrderType,
  type FieldType,
  type FieldValue,
  holdCertificateType,
  iouRedemptionType,
  iouType,
  jobOrderType,
  type Message,
  type MessageType,
  payoutInstructionType,
  pricingType,
  purchaseType,
  spendPermissionType,
  transferType,
  typedDataDigest,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { type Address, bytesToHex, type Hex, hexToBytes, keccak256, stringToHex } from 'viem'
import { privateKeyToAccount, sign } from 'viem/accounts'

/** Everything signed that contracts read. */
export const messageTypes: readonly MessageType[] = [
  jobOrderType,
  usageReceiptType,
  holdCertificateType,
  pricingType,
  assignmentReleaseType,
  acceptanceType,
  acceptanceRootType,
  transferType,
  purchaseType,
  escrowOrderType,
  escrowCaptureType,
  iouType,
  iouRedemptionType,
  withdrawalType,
  payoutInstructionType,
  spendPermissionType,
]

/** Solidity keeps the word `reference` to itself. */
const referenceNames: Readonly<Record<string, string>> = {
  Purchase: 'purchaseReference',
  EscrowOrder: 'escrowReference',
  Iou: 'iouReference',
}

/** The fields of the contracts' struct of a message: texts are their hashes. */
export function structFields({ name: typeName, fields }: MessageType): { name: string; type: string }[] {
  return fields.map(({ name, type }) => ({
    name: name === 'reference' ? (referenceNames[typeName] as string) : name,
    type: type.replace('string', 'bytes32'),
  }))
}

/** A message as the contracts' struct of its type. */
export function asStruct(messageType: MessageType, message: Message): Record<string, unknown> {
  const names = structFields(messageType).map(({ name }) => name)
  const words = messageType.fields.map(({ name, type }) => asWord(type, message[name] as FieldValue))
  return Object.fromEntries(names.map((name, index) => [name, words[index]]))
}

function asWord(type: FieldType, value: FieldValue): unknown {
  if (type === 'string') return hashText(value as string)
  return type === 'string[]' ? (value as readonly string[]).map(hashText) : value
}

export const hashText = (text: string): Hex => keccak256(stringToHex(text))

/** Somebody with a key, derived from a number so that a failing test can be run again as it was. */
export function actor(number: number) {
  const privateKey = keccak256(stringToHex(`actor ${number}`))
  const address = privateKeyToAccount(privateKey).address.toLowerCase() as Address
  const signDigest = (hash: Hex): Promise<Hex> => sign({ hash, privateKey, to: 'hex' })
  return { address, signDigest }
}

export type Actor = ReturnType<typeof actor>

/** The domain of all messages in specs that need no settlement contract. */
export const testDomain = { chainId: 31_337, verifyingContract: `0x${'5e'.repeat(20)}` } as const

/** A message's digest, the contracts' struct of it, and somebody's signature. */
export async function signMessage<Struct>(
  type: MessageType,
  message: Message,
  signer: Actor,
  domain: Domain = testDomain,
) {
  const digest = digestOf(type, message, domain)
  return { digest, message: asStruct(type, message) as Struct, signature: await signer.signDigest(digest) }
}

export const digestOf = (type: MessageType, message: Message, domain: Domain = testDomain): Hex =>
  typedDataDigest(ethersCrypto, domain, type, message)

/** The 65 bytes of a signature with one of them changed. */
export function withByte(signature: Hex, index: number, change: (byte: number) => number): Hex {
  const bytes = hexToBytes(signature)
  bytes[index] = change(bytes[index] as number)
  return bytesToHex(bytes)
}
