import { bytesToHex, concatBytes, type Hex, hexToBytes, isHexOf, uintToBytes } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { Domain, Field, FieldValue, Message, MessageType } from './types.ts'

export const domainName = 'DEparrow'

export const domainVersion = '1'

/** The `EIP712Domain` fields that are present, in the order that EIP-712 fixes. */
export const domainFields = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
] as const

const text = new TextEncoder()

/**
 * The 32 bytes that a wallet signs: `keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(message))`.
 * @see https://eips.ethereum.org/EIPS/eip-712#specification
 */
export function typedDataDigest(
  crypto: Pick<LedgerCrypto, 'keccak256'>,
  domain: Domain,
  type: MessageType,
  message: Message,
): Hex {
  const prefix = Uint8Array.of(0x19, 0x01)
  return bytesToHex(
    crypto.keccak256(concatBytes(prefix, domainSeparator(crypto, domain), structHash(crypto, type, message))),
  )
}

/** The separator of the last domain that was asked for: a process signs for one network. */
let lastSeparator: { readonly domain: Domain; readonly hash: Uint8Array } | undefined

const typeHashes = new WeakMap<MessageType, Uint8Array>()

function domainSeparator(crypto: Pick<LedgerCrypto, 'keccak256'>, domain: Domain): Uint8Array {
  const { chainId, verifyingContract } = domain
  const last = lastSeparator?.domain
  if (lastSeparator !== undefined && last?.chainId === chainId && last.verifyingContract === verifyingContract) {
    return lastSeparator.hash
  }
  const hash = hashDomain(crypto, domain)
  lastSeparator = { domain: { chainId, verifyingContract }, hash }
  return hash
}

function hashDomain(crypto: Pick<LedgerCrypto, 'keccak256'>, domain: Domain): Uint8Array {
  const typeText = `EIP712Domain(${domainFields.map(field => `${field.type} ${field.name}`).join(',')})`
  return crypto.keccak256(
    concatBytes(
      crypto.keccak256(text.encode(typeText)),
      crypto.keccak256(text.encode(domainName)),
      crypto.keccak256(text.encode(domainVersion)),
      uintToBytes(BigInt(domain.chainId), 32),
      concatBytes(new Uint8Array(12), hexToBytes(domain.verifyingContract)),
    ),
  )
}

/** EIP-712's `hashStruct(message)`, which binds no domain. */
export function structHash(crypto: Pick<LedgerCrypto, 'keccak256'>, type: MessageType, message: Message): Uint8Array {
  const words = type.fields.map(field => encodeField(crypto, field, message[field.name]))
  return crypto.keccak256(concatBytes(typeHash(crypto, type), ...words))
}

function typeHash(crypto: Pick<LedgerCrypto, 'keccak256'>, type: MessageType): Uint8Array {
  const known = typeHashes.get(type)
  if (known !== undefined) return known
  const typeText = `${type.name}(${type.fields.map(field => `${field.type} ${field.name}`).join(',')})`
  const hash = crypto.keccak256(text.encode(typeText))
  typeHashes.set(type, hash)
  return hash
}

function encodeField(crypto: Pick<LedgerCrypto, 'keccak256'>, field: Field, value: FieldValue | undefined): Uint8Array {
  if (value === undefined) throw new TypedDataFieldError(field.name)
  switch (field.type) {
    case 'address':
      return concatBytes(new Uint8Array(12), encodeHex(field, value, 20))
    case 'bytes32':
      return encodeHex(field, value, 32)
    case 'bool':
      if (typeof value !== 'boolean') throw new TypedDataFieldError(field.name)
      return uintToBytes(value ? 1n : 0n, 32)
    case 'string':
      if (typeof value !== 'string') throw new TypedDataFieldError(field.name)
      return crypto.keccak256(text.encode(value))
    case 'uint8':
      return encodeUint(field, value, 8)
    case 'uint32':
      return encodeUint(field, value, 32)
    case 'uint64':
      return encodeUint(field, value, 64)
    case 'address[]':
      return encodeList(crypto, { name: field.name, type: 'address' }, value)
    case 'string[]':
      return encodeList(crypto, { name: field.name, type: 'string' }, value)
  }
}

/** An array is the hash of its encoded members, one after another (EIP-712, definition of `encodeData`). */
function encodeList(crypto: Pick<LedgerCrypto, 'keccak256'>, member: Field, value: FieldValue): Uint8Array {
  if (!Array.isArray(value)) throw new TypedDataFieldError(member.name)
  return crypto.keccak256(concatBytes(...value.map(item => encodeField(crypto, member, item))))
}

function encodeHex(field: Field, value: FieldValue, byteCount: number): Uint8Array {
  if (!isHexOf(value, byteCount)) throw new TypedDataFieldError(field.name)
  return hexToBytes(value)
}

function encodeUint(field: Field, value: FieldValue, bitCount: number): Uint8Array {
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
  if (!isInteger || BigInt(value) < 0n || BigInt(value) >> BigInt(bitCount) !== 0n) {
    throw new TypedDataFieldError(field.name)
  }
  return uintToBytes(BigInt(value), 32)
}

/** Thrown when code hashes a message with a field that is not of its type; messages from outside are parsed before they get here. */
export class TypedDataFieldError extends Error {
  override readonly name = 'TypedDataFieldError'
  constructor(field: string) {
    super(`the field ${field} of the message is missing or not of its type`)
  }
}
