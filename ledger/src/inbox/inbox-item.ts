import type { Address, Hex } from '../hex.ts'
import type { SignedUsageReceipt } from '../receipt/usage-receipt.ts'

/** What the contract's inbox can hold; the position in this list is the contract's number. All but the last three bring µcr. */
export const inboxKinds = [
  'deposit',
  'genesisTreasury',
  'genesisRewards',
  'emission',
  'forcedWithdrawal',
  'revocation',
  'receipt',
] as const

export type InboxKind = (typeof inboxKinds)[number]

/** What an item says beside its account and its amount. Each kind has its own fields and no others. */
export type InboxDetail = {
  /** `emission`: the final epoch for whose burnt fees it was minted. */
  readonly epoch?: number
  /** `forcedWithdrawal`: what the caller asked for. */
  readonly askedMicrocredits?: bigint
  /** `revocation`: whose power over the account ends. */
  readonly delegate?: Address
  /** `revocation`: of the permission that ends, with all older ones. */
  readonly nonce?: bigint
  /** `receipt`: the EIP-712 digest of the receipt that the node pushed. */
  readonly digest?: Hex
  /** `receipt`: the receipt itself, as the push showed it. */
  readonly receipt?: SignedUsageReceipt
}

/** The fields of {@link InboxDetail} that an item of a kind has. */
export const inboxDetails: Readonly<Record<InboxKind, readonly (keyof InboxDetail)[]>> = {
  deposit: [],
  genesisTreasury: [],
  genesisRewards: [],
  emission: ['epoch'],
  forcedWithdrawal: ['askedMicrocredits'],
  revocation: ['delegate', 'nonce'],
  receipt: ['digest', 'receipt'],
}

/** Kinds that tell something and bring nothing. */
export const isWithoutAmount: ReadonlySet<InboxKind> = new Set(['forcedWithdrawal', 'revocation', 'receipt'])
