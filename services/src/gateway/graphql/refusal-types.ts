import type { Address } from '@deparrow/ledger'

/** What each type of refusal in the schema says beside `code` and `message`; amounts in µcr, times in Unix ms. */
type RefusalFields = {
  readonly Malformed: { readonly field: string }
  readonly WrongShard: { readonly shard: number }
  readonly InvalidSignature: { readonly expectedSigner: Address }
  readonly DeadlinePassed: { readonly deadline: number }
  readonly DeadlineTooFar: { readonly latest: number }
  readonly ChangeTimeOutOfRange: { readonly earliest: number; readonly latest: number }
  readonly CommandConflict: { readonly conflictId: string; readonly field: string }
  readonly EscrowExceeded: { readonly held: bigint }
  readonly IouExceeded: { readonly outstanding: bigint }
  readonly PermissionExpired: { readonly delegate: Address; readonly expiredAt: number }
  readonly EngineNotAllowed: { readonly engine: string }
  readonly CounterpartyNotAllowed: { readonly counterparty: Address }
  readonly NonceUsed: { readonly lastNonce: bigint }
  readonly CapExceeded: {
    readonly cap: 'job' | 'hour' | 'day'
    readonly limit: bigint
    readonly used: bigint
    readonly requested: bigint
  }
  readonly InsufficientCredits: { readonly required: bigint; readonly available: bigint }
  readonly PriceAboveMaximum: { readonly price: bigint; readonly maximum: bigint }
  readonly GrantCapReached: { readonly limit: bigint; readonly granted: bigint }
  readonly RewardsExhausted: { readonly required: bigint; readonly available: bigint }
  readonly LinkFailed: { readonly index: number; readonly refusal: RefusalView }
  readonly Refused: unknown
}

export type RefusalType = keyof RefusalFields

/** A refusal as the schema's types say it; `message` tells what to do about it. */
export type RefusalView = {
  [T in RefusalType]: { readonly __typename: T; readonly code: string; readonly message: string } & RefusalFields[T]
}[RefusalType]

/** The refusals that the schema's unions hold, besides `Malformed` and `Refused`, which are in all of them. */
export const refusalsOf = {
  SubmitJobResult: [
    'InvalidSignature',
    'InsufficientCredits',
    'PriceAboveMaximum',
    'PermissionExpired',
    'EngineNotAllowed',
    'CounterpartyNotAllowed',
    'CapExceeded',
  ],
  CancelJobResult: ['InvalidSignature'],
  QuoteResult: [],
  MovementResult: [
    'WrongShard',
    'InvalidSignature',
    'DeadlinePassed',
    'DeadlineTooFar',
    'ChangeTimeOutOfRange',
    'CommandConflict',
    'EscrowExceeded',
    'IouExceeded',
    'PermissionExpired',
    'EngineNotAllowed',
    'CounterpartyNotAllowed',
    'NonceUsed',
    'CapExceeded',
    'InsufficientCredits',
    'GrantCapReached',
    'RewardsExhausted',
  ],
  LinkedResult: ['WrongShard', 'CommandConflict', 'LinkFailed'],
} as const satisfies Readonly<Record<string, readonly RefusalType[]>>

export type RefusingUnion = keyof typeof refusalsOf
