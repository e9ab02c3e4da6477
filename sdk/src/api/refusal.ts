import type { Address } from '@deparrow/ledger'
import { type Fields, optional, read } from './read.ts'

const refusalSelections = {
  Malformed: '... on Malformed { field }',
  WrongShard: '... on WrongShard { shard }',
  InvalidSignature: '... on InvalidSignature { expectedSigner }',
  DeadlinePassed: '... on DeadlinePassed { deadline }',
  DeadlineTooFar: '... on DeadlineTooFar { latest }',
  ChangeTimeOutOfRange: '... on ChangeTimeOutOfRange { earliest latest }',
  CommandConflict: '... on CommandConflict { conflictId field }',
  EscrowExceeded: '... on EscrowExceeded { held }',
  IouExceeded: '... on IouExceeded { outstanding }',
  PermissionExpired: '... on PermissionExpired { delegate expiredAt }',
  EngineNotAllowed: '... on EngineNotAllowed { engine }',
  CounterpartyNotAllowed: '... on CounterpartyNotAllowed { counterparty }',
  NonceUsed: '... on NonceUsed { lastNonce }',
  CapExceeded: '... on CapExceeded { cap limit used requested }',
  InsufficientCredits: '... on InsufficientCredits { required available }',
  PriceAboveMaximum: '... on PriceAboveMaximum { price maximum }',
  GrantCapReached: '... on GrantCapReached { limit granted }',
  RewardsExhausted: '... on RewardsExhausted { required available }',
} as const

export type RefusalTypeName = keyof typeof refusalSelections

/** The selection of the refusals that a union of the schema can hold; GraphQL allows no fragment on any other type. */
export function selectRefusals(...types: readonly RefusalTypeName[]): string {
  return ['... on Refusal { code message }', ...types.map(type => refusalSelections[type])].join(' ')
}

/**
 * Why something was not done. `code` is stable, `message` says what to do. The other fields are there when the code has them: amounts are
 * µcr, times RFC 3339.
 */
export type Refusal = {
  readonly code: string
  readonly message: string
  readonly field?: string
  readonly shard?: number
  readonly expectedSigner?: Address
  readonly deadline?: string
  readonly earliest?: string
  readonly latest?: string
  readonly expiredAt?: string
  readonly conflictId?: string
  readonly delegate?: Address
  readonly counterparty?: Address
  readonly engine?: string
  readonly lastNonce?: bigint
  /** Which cap of a permission would be passed. */
  readonly cap?: 'job' | 'hour' | 'day'
  readonly limitMicrocredits?: bigint
  readonly usedMicrocredits?: bigint
  readonly requestedMicrocredits?: bigint
  readonly grantedMicrocredits?: bigint
  readonly requiredMicrocredits?: bigint
  readonly availableMicrocredits?: bigint
  readonly heldMicrocredits?: bigint
  readonly outstandingMicrocredits?: bigint
  readonly priceMicrocredits?: bigint
  readonly maximumMicrocredits?: bigint
  /** Of linked commands: which one was refused, counted from 0, and why. */
  readonly index?: number
  readonly reason?: Refusal
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
    ...readAll(member, read.text, { field: 'field', deadline: 'deadline', earliest: 'earliest', latest: 'latest' }),
    ...readAll(member, read.text, { expiredAt: 'expiredAt', conflictId: 'conflictId', engine: 'engine' }),
    ...readAll(member, read.address, { expectedSigner: 'expectedSigner', delegate: 'delegate' }),
    ...readAll(member, read.address, { counterparty: 'counterparty' }),
    ...readAll(member, read.integer, { shard: 'shard', index: 'index' }),
    ...readAll(member, read.amount, amountNames),
    ...present('cap', capOf(member)),
    ...present('reason', reasonOf(member)),
  }
}

/** The names of amounts here, and in the schema. */
const amountNames = {
  lastNonce: 'lastNonce',
  limitMicrocredits: 'limit',
  usedMicrocredits: 'used',
  requestedMicrocredits: 'requested',
  grantedMicrocredits: 'granted',
  requiredMicrocredits: 'required',
  availableMicrocredits: 'available',
  heldMicrocredits: 'held',
  outstandingMicrocredits: 'outstanding',
  priceMicrocredits: 'price',
  maximumMicrocredits: 'maximum',
} as const

function capOf(member: Fields): NonNullable<Refusal['cap']> | null {
  return (['job', 'hour', 'day'] as const).find(cap => cap === member['cap']) ?? null
}

function reasonOf(member: Fields): Refusal | null {
  const refusal = optional(read.object, member, 'refusal')
  return refusal === null ? null : (readRefusal(refusal) ?? null)
}

/** The fields that are there, under the names that they have here. */
function readAll<K extends string, T>(
  member: Fields,
  reader: (fields: Fields, name: string) => T,
  names: Readonly<Record<K, string>>,
): { readonly [P in K]?: T } {
  const found: { [P in K]?: T } = {}
  for (const name of Object.keys(names) as K[]) {
    const value = optional(reader, member, names[name])
    if (value !== null) found[name] = value
  }
  return found
}

function present<K extends string, T>(key: K, value: T | null): { readonly [P in K]?: T } {
  return value === null ? {} : ({ [key]: value } as { readonly [P in K]?: T })
}
