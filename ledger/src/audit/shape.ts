import type { Field, Message, MessageType, Signed } from '../typed-data/types.ts'

/**
 * The one way in which a value is written in the journal, and how it is read back: a regular expression over the canonical text whose groups
 * `read` turns into the value. What matches and can be read is canonical, so that nothing has to be written a second time to compare.
 */
export type Shape<T> = {
  readonly source: string
  readonly groupCount: number
  /** Reads the groups from `at` on. Throws {@link ShapeError} for what a regular expression cannot tell, or not as fast. */
  read(groups: Groups, at: number): T
  /** What most members are, which an object then reads without a call. */
  readonly plain?: PlainMember
}

type PlainMember =
  | { readonly kind: 'hex'; readonly length: number; readonly digits: Uint8Array }
  | { readonly kind: 'count' | 'amount' }

export type Groups = readonly (string | undefined)[]

/** A member that may be missing. */
export type OptionalShape<T> = { readonly optional: Shape<T> }

export type Members = Readonly<Record<string, Shape<unknown> | OptionalShape<unknown>>>

/** Hexadecimal of so many bytes, in lower case. */
export function hex(byteCount: number): Shape<string> {
  return hexText(byteCount, lowerDigits)
}

/** Hexadecimal of so many bytes in any letter case, for what is not compared. */
export function hexAnyCase(byteCount: number): Shape<string> {
  return hexText(byteCount, anyDigits)
}

/** A character that stands for itself between quotation marks. */
const plainCharacter = '[!#-\\[\\]-~]'

/** A text of plain characters, of this length where one is given, that others look into. */
export function plain(length?: number): Shape<string> {
  const shape = textShape(`${plainCharacter}+`)
  if (length === undefined) return shape
  return {
    ...shape,
    read(groups, at) {
      const text = groups[at] as string
      if (text.length !== length) throw new ShapeError(`a text has ${text.length} characters instead of ${length}`)
      return text
    },
  }
}

/** A text that matches and needs no escapes. */
export function textShape(pattern: string): Shape<string> {
  return { source: `"(${pattern})"`, groupCount: 1, read: (groups, at) => groups[at] as string }
}

/** One text and no other. */
export function constant<T extends string>(text: T): Shape<T> {
  return { source: `"${text}"`, groupCount: 0, read: () => text }
}

/** Whole numbers from 0 that a double holds exactly. */
export const count: Shape<number> = {
  source: '(0|[1-9][0-9]*)',
  groupCount: 1,
  plain: { kind: 'count' },
  read: (groups, at) => readCount(groups[at] as string),
}

/** A bigint from 0. */
export const amount: Shape<bigint> = bigintShape('0|[1-9][0-9]*')

/** A bigint of either sign. */
export const signedAmount: Shape<bigint> = bigintShape('0|-?[1-9][0-9]*')

/** A text without escapes, and without the letter with which every text ends that would be read as a bigint. */
const plainText = /^"[\x20\x21\x23-\x5b\x5d-\x6d\x6f-\x7e]*"$/

/** True or false. */
export const flag: Shape<boolean> = {
  source: '(true|false)',
  groupCount: 1,
  read: (groups, at) => groups[at] === 'true',
}

/** Any text, written as JSON does. One that would be read as a bigint cannot stand in an event. */
export const text: Shape<string> = {
  source: '("(?:[^"\\\\]|\\\\.)*")',
  groupCount: 1,
  read(groups, at) {
    const given = groups[at] as string
    if (plainText.test(given)) return given.slice(1, -1)
    const value = parsed(given)
    if (JSON.stringify(value) !== given) throw new ShapeError('a text is not canonical')
    if (/^-?[0-9]+n$/.test(value as string)) throw new ShapeError('a text looks like a number')
    return value as string
  },
}

/** Any value; for what is rare and has many forms. */
export const anyJson: Shape<unknown> = {
  source: '([^]*)',
  groupCount: 1,
  read(groups, at) {
    const value = parsed(groups[at] as string)
    if (written(value) !== groups[at]) throw new ShapeError('a value is not canonical')
    return revived(value)
  },
}

export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { optional: shape }
}

/** An object with these members, which are written in the order of their names. One of them at least is never missing. */
export function object<T>(members: Members): Shape<T> {
  let groupCount = 0
  const fields = Object.keys(members)
    .sort()
    .map(name => {
      const member = members[name] as Members[string]
      const isOptional = 'optional' in member
      const shape = isOptional ? member.optional : member
      const field = { name, isOptional, shape, at: groupCount, ...plainOf(shape) }
      groupCount += shape.groupCount + (isOptional ? 1 : 0)
      return field
    })
  const firstNeeded = fields.findIndex(field => !field.isOptional)
  const source = fields.map(({ name, isOptional, shape }, index) => {
    const member = `"${name}":${shape.source}`
    if (index < firstNeeded) return `(${member},)?`
    if (index === firstNeeded) return member
    return isOptional ? `(,${member})?` : `,${member}`
  })
  return {
    source: `\\{${source.join('')}\\}`,
    groupCount,
    read(groups, at) {
      const value: Record<string, unknown> = {}
      for (let index = 0; index < fields.length; index++) {
        const field = fields[index] as (typeof fields)[number]
        const first = at + field.at
        const group = groups[first] as string
        if (field.isOptional) {
          if (group !== undefined) value[field.name] = field.shape.read(groups, first + 1)
        } else if (field.kind === 'hex') value[field.name] = readHex(group, field.length, field.digits)
        else if (field.kind === 'amount') value[field.name] = readAmount(group)
        else if (field.kind === 'count') value[field.name] = readCount(group)
        else value[field.name] = field.shape.read(groups, first)
      }
      return value as T
    },
  }
}

/** A list of whatever length. `inner` is what its text may consist of, brackets left out; texts with brackets need their quotes seen. */
export function list<T>(item: Shape<T>, inner = '[^\\]]*'): Shape<readonly T[]> {
  const next = new RegExp(`${item.source}(,|$)`, 'y')
  return {
    source: `\\[(${inner})\\]`,
    groupCount: 1,
    read(groups, at) {
      const items: T[] = []
      const whole = groups[at] as string
      next.lastIndex = 0
      for (let isMore = whole !== ''; isMore; ) {
        const match = next.exec(whole)
        if (match === null) throw new ShapeError('a list is not canonical')
        items.push(item.read(match, 1))
        isMore = match[1 + item.groupCount] === ','
      }
      return items
    },
  }
}

/** A list of any texts. */
export const texts: Shape<readonly string[]> = list(text, '(?:[^"\\]]|"(?:[^"\\\\]|\\\\.)*")*')

/** A typed message with its signature, as {@link Signed} is written. */
export function signed(type: MessageType): Shape<Signed<Message>> {
  const members = Object.fromEntries(type.fields.map(field => [field.name, fieldShape(field)]))
  // What is no signature has no signer.
  return object({ message: object(members), signature: plain(2 + 2 * 65) })
}

/** A shape as a regular expression over a whole text. */
export function wholeText(shape: Shape<unknown>): RegExp {
  return new RegExp(`^${shape.source}$`)
}

function fieldShape({ type }: Field): Shape<unknown> {
  switch (type) {
    case 'address':
      return hex(20)
    case 'bytes32':
      return hex(32)
    case 'bool':
      return flag
    case 'string':
      return text
    case 'uint8':
    case 'uint32':
      return count
    case 'uint64':
      return amount
    case 'address[]':
      return list(hex(20))
    case 'string[]':
      return texts
  }
}

const lowerDigits = digitTable('0123456789abcdef')

const anyDigits = digitTable('0123456789abcdefABCDEF')

function digitTable(digits: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const digit of digits) table[digit.charCodeAt(0)] = 1
  return table
}

/**
 * The pattern takes any characters: digits and letters come in random order, which processors guess wrong at every second one where a pattern tells
 * them apart. A table does not.
 */
function hexText(byteCount: number, digits: Uint8Array): Shape<string> {
  const length = 2 + 2 * byteCount
  return {
    source: `"(0x${plainCharacter}+)"`,
    groupCount: 1,
    plain: { kind: 'hex', length, digits },
    read: (groups, at) => readHex(groups[at] as string, length, digits),
  }
}

/** Throws {@link ShapeError} unless the text is `0x` and nothing but these digits, and has this length. */
function readHex(text: string, length: number, digits: Uint8Array): string {
  if (text.length !== length) throw new ShapeError(`hexadecimal has ${text.length} characters instead of ${length}`)
  for (let index = 2; index < length; index++) {
    if (digits[text.charCodeAt(index)] !== 1) throw new ShapeError('hexadecimal has another character')
  }
  return text
}

/** Throws {@link ShapeError} unless the text, which begins with `0x`, is the lower-case hexadecimal of so many bytes. */
export function readLowerHex(text: string, byteCount: number): string {
  return readHex(text, 2 + 2 * byteCount, lowerDigits)
}

/** Digits of the largest number that an event may hold; that of a `uint64` has 20. */
const digitsMax = 40

function bigintShape(pattern: string): Shape<bigint> {
  return {
    source: `"(${pattern})n"`,
    groupCount: 1,
    plain: { kind: 'amount' },
    read: (groups, at) => readAmount(groups[at] as string),
  }
}

/** Throws {@link ShapeError} for more than a double holds exactly. */
export function readCount(digits: string): number {
  const value = Number(digits)
  if (value > Number.MAX_SAFE_INTEGER) throw new ShapeError('a number is too large')
  return value
}

/** Throws {@link ShapeError} for more digits than any amount has. */
export function readAmount(digits: string): bigint {
  if (digits.length < 16) return BigInt(Number(digits))
  if (digits.length > digitsMax) throw new ShapeError('a number is too large')
  return BigInt(digits)
}

function plainOf({ plain }: Shape<unknown>) {
  return plain?.kind === 'hex' ? plain : { kind: plain?.kind ?? 'other', length: 0, digits: lowerDigits }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new ShapeError('a value is no JSON')
  }
}

/** The canonical text of a value that JSON can hold. */
function written(value: unknown): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new ShapeError('a number is no whole one')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`
  const members = value as Record<string, unknown>
  const names = Object.keys(members).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${written(members[name])}`).join(',')}}`
}

/** Texts of digits and `n` are bigints, in one form each. */
function revived(value: unknown): unknown {
  if (typeof value === 'string') {
    if (!/^-?[0-9]+n$/.test(value)) return value
    const number = BigInt(value.slice(0, -1))
    if (`${number}n` !== value) throw new ShapeError('a number is not canonical')
    return number
  }
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revived(member)]))
}

/** Thrown when a text has not the one form in which its value is written. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}
