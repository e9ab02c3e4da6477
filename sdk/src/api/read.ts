import { type Address, type Hex, isHexOf, lowerHex } from '@deparrow/ledger'
import { AnswerInvalidError } from '../errors.ts'

/** An object of an answer whose fields have not been checked yet. */
export type Fields = Readonly<Record<string, unknown>>

/** Each reader gives the field in its type or throws `ANSWER_INVALID` naming the field. */
export const read = {
  text: (fields: Fields, name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value : fail(name, 'a text')
  },
  integer: (fields: Fields, name: string): number => {
    const value = fields[name]
    return Number.isSafeInteger(value) ? (value as number) : fail(name, 'an integer')
  },
  flag: (fields: Fields, name: string): boolean => {
    const value = fields[name]
    return typeof value === 'boolean' ? value : fail(name, 'true or false')
  },
  /** A non-negative integer written as decimal text. */
  amount: (fields: Fields, name: string): bigint => {
    const value = fields[name]
    return typeof value === 'string' && /^\d{1,78}$/.test(value) ? BigInt(value) : fail(name, 'a decimal text')
  },
  signedAmount: (fields: Fields, name: string): bigint => {
    const value = fields[name]
    return typeof value === 'string' && /^-?\d{1,78}$/.test(value) ? BigInt(value) : fail(name, 'a decimal text')
  },
  /** In lower case, whatever its checksum. */
  address: (fields: Fields, name: string): Address => {
    const value = fields[name]
    return isHexOf(value, 20) ? lowerHex(value) : fail(name, 'an address')
  },
  hash: (fields: Fields, name: string): Hex => {
    const value = fields[name]
    return isHexOf(value, 32) ? lowerHex(value) : fail(name, 'a hash')
  },
  hex: (fields: Fields, name: string): Hex => {
    const value = fields[name]
    return typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(value)
      ? lowerHex(value)
      : fail(name, 'hexadecimal')
  },
  object: (fields: Fields, name: string): Fields => {
    const value = fields[name]
    return isFields(value) ? value : fail(name, 'an object')
  },
  objects: (fields: Fields, name: string): readonly Fields[] => {
    const value = fields[name]
    return Array.isArray(value) && value.every(isFields) ? value : fail(name, 'a list of objects')
  },
  texts: (fields: Fields, name: string): readonly string[] => {
    const value = fields[name]
    return Array.isArray(value) && value.every(item => typeof item === 'string') ? value : fail(name, 'a list of texts')
  },
} as const

/** Reads a field that may be null or left out. */
export function optional<T>(reader: (fields: Fields, name: string) => T, fields: Fields, name: string): T | null {
  return fields[name] === null || fields[name] === undefined ? null : reader(fields, name)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fail(name: string, expected: string): never {
  throw new AnswerInvalidError('the gateway', `the field ${name} is not ${expected}`)
}
