import { isHexOf, lowerHex } from '@deparrow/ledger'
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'
import { getAddress } from 'viem/utils'

/** Longer than any signature or hash, so that nothing absurd travels further. */
const hexLengthMax = 2 + 2 * 1_024

/** An unsigned 256-bit number has at most 78 digits; no amount or position has more than 20. */
const integerDigitsMax = 20

/** The values behind the schema's own scalars; input is read strictly, and what does not fit is named. */
export const scalars = {
  Address: textScalar('Address', parseAddress, value => getAddress(String(value))),
  Hex: textScalar('Hex', parseHex, String),
  BigInt: textScalar('BigInt', parseInteger, String),
  Microcredits: textScalar('Microcredits', parseInteger, String),
  DateTime: textScalar('DateTime', parseDateTime, value => new Date(Number(value)).toISOString()),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    parseValue: value => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  }),
}

function textScalar<T>(name: string, parse: (text: string) => T | undefined, serialize: (value: unknown) => string) {
  const read = (value: unknown): T => {
    const parsed = typeof value === 'string' ? parse(value) : undefined
    if (parsed === undefined) throw new GraphQLError(`expected ${expectations[name] ?? name}`)
    return parsed
  }
  return new GraphQLScalarType({
    name,
    serialize,
    parseValue: read,
    parseLiteral: node => read(node.kind === Kind.STRING ? node.value : undefined),
  })
}

const expectations: Readonly<Record<string, string>> = {
  Address: 'an address as text: 0x and 40 hexadecimal digits',
  Hex: 'text of 0x and an even number of hexadecimal digits',
  BigInt: 'a non-negative integer as a decimal text, such as "12"',
  Microcredits: 'microcredits as a decimal text, such as "1500000" for 1.5 credits',
  DateTime: 'an RFC 3339 time as text, such as "2026-01-31T12:00:00.000Z"',
}

function parseAddress(text: string) {
  return isHexOf(text, 20) ? lowerHex(text) : undefined
}

function parseHex(text: string) {
  return text.length <= hexLengthMax && /^0x(?:[0-9a-fA-F]{2})*$/.test(text) ? lowerHex(text) : undefined
}

function parseInteger(text: string): bigint | undefined {
  return text.length <= integerDigitsMax && /^(?:0|[1-9]\d*)$/.test(text) ? BigInt(text) : undefined
}

function parseDateTime(text: string): number | undefined {
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  const timeMs = isRfc3339 ? Date.parse(text) : Number.NaN
  return Number.isNaN(timeMs) ? undefined : timeMs
}
