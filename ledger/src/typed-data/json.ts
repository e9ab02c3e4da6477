import { isHexOf, lowerHex } from '../hex.ts'
import { domainFields, domainName, domainVersion } from './eip712.ts'
import type { Domain, Field, FieldValue, Message, MessageType } from './types.ts'

/** A message on the wire: every integer a decimal string, hexadecimal in any letter case. */
export type JsonMessage = Readonly<Record<string, string | boolean | readonly string[]>>

/** Longest `string` field that a message may carry, in UTF-16 units. */
export const textFieldLengthMax = 256

/** Members of an array field at most. */
export const listFieldLengthMax = 32

export type MessageParse<M extends Message> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly field: string; readonly problem: string }

/**
 * Reads a message from outside. Every field must be there, nothing else may be, and every value must fit its type; the
 * first field that does not is named.
 */
export function parseMessage<M extends Message>(type: MessageType, input: unknown): MessageParse<M> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, field: '', problem: `expected an object of type ${type.name}` }
  }
  const given = input as Record<string, unknown>
  const extra = Object.keys(given).find(name => type.fields.every(field => field.name !== name))
  if (extra !== undefined) return { ok: false, field: extra.slice(0, 64), problem: `is not a field of ${type.name}` }
  const message: Record<string, FieldValue> = {}
  for (const field of type.fields) {
    const value = parseField(field, given[field.name])
    if (value === undefined) return { ok: false, field: field.name, problem: `expected ${describeField(field)}` }
    message[field.name] = value
  }
  return { ok: true, message: message as M }
}

/** Writes a message for the wire; {@link parseMessage} reads it back to an equal value. */
export function formatMessage(type: MessageType, message: Message): JsonMessage {
  return Object.fromEntries(type.fields.map(field => [field.name, formatField(message[field.name])]))
}

/** The complete EIP-712 object that any wallet or library can hash and check, with integers as decimal strings. */
export function typedDataJson(domain: Domain, type: MessageType, message: Message): TypedDataJson {
  return {
    domain: {
      name: domainName,
      version: domainVersion,
      chainId: String(domain.chainId),
      verifyingContract: domain.verifyingContract,
    },
    types: { EIP712Domain: [...domainFields], [type.name]: [...type.fields] },
    primaryType: type.name,
    message: formatMessage(type, message),
  }
}

export type TypedDataJson = {
  readonly domain: { readonly name: string; readonly version: string; chainId: string; verifyingContract: string }
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>
  readonly primaryType: string
  readonly message: JsonMessage
}

function formatField(value: FieldValue | undefined): JsonMessage[string] {
  if (typeof value === 'boolean') return value
  return Array.isArray(value) ? value.map(String) : String(value)
}

function parseField(field: Field, value: unknown): FieldValue | undefined {
  switch (field.type) {
    case 'address':
      return isHexOf(value, 20) ? lowerHex(value) : undefined
    case 'bytes32':
      return isHexOf(value, 32) ? lowerHex(value) : undefined
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'string':
      return typeof value === 'string' && value.length <= textFieldLengthMax ? value : undefined
    case 'uint8':
      return parseUint(value, 8, Number)
    case 'uint32':
      return parseUint(value, 32, Number)
    case 'uint64':
      return parseUint(value, 64, BigInt)
    case 'address[]':
      return parseList({ name: field.name, type: 'address' }, value)
    case 'string[]':
      return parseList({ name: field.name, type: 'string' }, value)
  }
}

function parseList(member: Field, value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > listFieldLengthMax) return undefined
  const items = value.map(item => parseField(member, item))
  return items.every(item => typeof item === 'string') ? items : undefined
}

function parseUint<T>(value: unknown, bits: number, convert: (text: string) => T): T | undefined {
  const decimal = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  if (typeof decimal !== 'string' || !/^(?:0|[1-9]\d{0,19})$/.test(decimal)) return undefined
  return BigInt(decimal) < 1n << BigInt(bits) ? convert(decimal) : undefined
}

function describeField(field: Field): string {
  if (field.type === 'address') return '0x and 40 hexadecimal digits'
  if (field.type === 'bytes32') return '0x and 64 hexadecimal digits'
  if (field.type === 'bool') return 'true or false'
  if (field.type === 'string') return `text of at most ${textFieldLengthMax} characters`
  if (field.type === 'address[]') return `at most ${listFieldLengthMax} addresses`
  if (field.type === 'string[]') return `at most ${listFieldLengthMax} texts of ${textFieldLengthMax} characters`
  return `a decimal integer of type ${field.type}`
}
