import type { Address } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

const refusalSelections = {
  Malformed: '... on Malformed { code message field }',
  InvalidSignature: '... on InvalidSignature { code message expectedSigner }',
  InsufficientCredits: '... on InsufficientCredits { code message required available }',
  PriceAboveMaximum: '... on PriceAboveMaximum { code message price maximum }',
  Refused: '... on Refused { code message }',
} as const

/** The selection of the refusals that a union of the schema can hold; GraphQL allows no fragment on any other type. */
export function selectRefusals(...types: readonly (keyof typeof refusalSelections)[]): string {
  return types.map(type => refusalSelections[type]).join(' ')
}

/**
 * Why something was not done. `code` is stable, `message` says what to do. The other fields are there when the code has them:
 * amounts are µcr.
 */
export type Refusal = {
  readonly code: string
  readonly message: string
  readonly field?: string
  readonly expectedSigner?: Address
  readonly requiredMicrocredits?: bigint
  readonly availableMicrocredits?: bigint
  readonly priceMicrocredits?: bigint
  readonly maximumMicrocredits?: bigint
}

/** What was done, or why not. */
export type Answer<T> = ({ readonly ok: true } & T) | RefusedAnswer

export type RefusedAnswer = { readonly ok: false; readonly refusal: Refusal }

/** An answer that refuses. */
export function refuse(refusal: Refusal): RefusedAnswer {
  return { ok: false, refusal }
}

/** Reads a union member that carries `code` and `message`; `undefined` when the member is no refusal. */
export function readRefusal(member: Fields): Refusal | undefined {
  if (typeof member['code'] !== 'string') return undefined
  return {
    code: read.text(member, 'code').slice(0, 64),
    message: read.text(member, 'message').slice(0, 1_000),
    ...present('field', optional(read.text, member, 'field')),
    ...present('expectedSigner', optional(read.address, member, 'expectedSigner')),
    ...present('requiredMicrocredits', optional(read.amount, member, 'required')),
    ...present('availableMicrocredits', optional(read.amount, member, 'available')),
    ...present('priceMicrocredits', optional(read.amount, member, 'price')),
    ...present('maximumMicrocredits', optional(read.amount, member, 'maximum')),
  }
}

function present<K extends string, T>(key: K, value: T | null): { readonly [P in K]?: T } {
  return value === null ? {} : ({ [key]: value } as { readonly [P in K]?: T })
}
