import type { EpochTree } from '../epoch/epoch-tree.ts'
import { type Address, type Hex, isHexOf } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { Domain, Field, FieldValue, Message, MessageType, Signed } from '../typed-data/types.ts'
import { isJudgedOnChain } from './config.ts'
import type { LedgerEvent, LedgerEventData } from './event.ts'
import type { LedgerRefusal } from './refusal.ts'
import { type LedgerState, laneCount, lastNonceOf } from './state.ts'

/**
 * Lanes that a signer may use: 0 to 1 023; where the contract judges, all signers of a wallet together. The last nonce of each is kept for ever,
 * looked for at every spend and hashed into the wallet's leaf, so that without a bound a delegate could make its wallet slow, one µcr a lane.
 */
export const lanesMax = 1_024

/** What a decision may look at: the state, the batch's time, pure cryptography, and what the command's signature says. */
export type DecisionContext = {
  readonly state: Readonly<LedgerState>
  readonly crypto: LedgerCrypto
  readonly nowMs: number
  readonly epochTree: EpochTree
  /** What the command's signer signed; `undefined` for a command that nobody signs. */
  readonly digest: Hex | undefined
  /** Whose key signed the command; `undefined` when nobody's did. */
  readonly signer: Address | undefined
  /** The order of a hold whose time is over, and whose receipt may still come from the inbox; `undefined` when there is none. */
  readonly awaited?: Hex | undefined
}

/** An event before it has a place in the journal. */
export type DraftEvent = LedgerEventData &
  Pick<LedgerEvent, 'entries' | 'clearing'> & {
    /** What it stands under when that is not the command that is decided: a receipt that another command brings, or settles. */
    readonly commandId?: string
  }

export type Decision =
  | {
      readonly accepted: true
      readonly events: readonly DraftEvent[]
      /** The rest is decided on the state after these events, under the same command. */
      readonly isPart?: true
    }
  | { readonly accepted: false; readonly refusal: LedgerRefusal }

export function accept(...events: readonly DraftEvent[]): Decision {
  return { accepted: true, events }
}

/** Events after which the same command is decided again. */
export function acceptPart(...events: readonly DraftEvent[]): Decision {
  return { accepted: true, events, isPart: true }
}

export function refuse(refusal: LedgerRefusal): Decision {
  return { accepted: false, refusal }
}

/** The domain of the ledger's typed data; throws before the ledger is open. */
export function domainOf(state: Readonly<LedgerState>): Domain {
  if (state.config === undefined) throw new LedgerNotOpenError()
  return { chainId: state.config.chainId, verifyingContract: state.config.settlement }
}

/** The digest of the signed command that is being decided. */
export function signedDigest({ digest }: DecisionContext): Hex {
  if (digest === undefined) throw new TypeError('a command without a signature has no digest')
  return digest
}

/**
 * `INVALID_SIGNATURE` unless the signature over the message was made by `signer`; `MALFORMED` when an address or hash is not in
 * lower case, because two spellings of one signed address would be two accounts.
 */
export function checkSignature(
  context: DecisionContext,
  type: MessageType,
  signed: Signed<Message>,
  signer: Address,
): LedgerRefusal | undefined {
  const malformed = checkSpelling(type, signed)
  if (malformed !== undefined) return malformed
  return context.signer === signer ? undefined : { code: 'INVALID_SIGNATURE', expectedSigner: signer }
}

/** `MALFORMED` when the signature is not 65 bytes, an address or hash is not in lower case, or the lane is beyond {@link lanesMax}. */
export function checkSpelling(type: MessageType, signed: Signed<Message>): LedgerRefusal | undefined {
  if (!isHexOf(signed.signature, 65)) {
    return { code: 'MALFORMED', field: 'signature', problem: 'expected 65 bytes of hexadecimal' }
  }
  if (Number(signed.message['lane'] ?? 0) >= lanesMax) {
    return { code: 'MALFORMED', field: 'lane', problem: `expected less than ${lanesMax}` }
  }
  const spelled = type.fields.find(field => isMixedCase(field, signed.message[field.name]))
  return spelled && { code: 'MALFORMED', field: spelled.name, problem: 'expected lower case' }
}

function isMixedCase({ type }: Field, value: FieldValue | undefined): boolean {
  if (type === 'address[]' && Array.isArray(value)) return value.some(hasCapital)
  return (type === 'address' || type === 'bytes32') && typeof value === 'string' && hasCapital(value)
}

function hasCapital(text: string): boolean {
  for (let index = 2; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x41 && code <= 0x5a) return true
  }
  return false
}

/** `MALFORMED` for a message of an earlier version's type, which the contract that judges this ledger's epochs cannot read. */
export function unjudgeable(
  { state }: DecisionContext,
  type: MessageType,
  judged: MessageType,
): LedgerRefusal | undefined {
  if (type === judged || !isJudgedOnChain(state.config)) return undefined
  const missing = judged.fields.find(field => !type.fields.some(({ name }) => name === field.name))
  return { code: 'MALFORMED', field: missing?.name ?? '', problem: 'expected, the type of 0.1.0 is not taken' }
}

/** Refuses a signature whose time is over, or lies more than `spanSecondsMax` ahead. `deadline` in Unix seconds. */
export function checkDeadline(deadline: bigint, nowMs: number, spanSecondsMax: number): LedgerRefusal | undefined {
  const deadlineMs = Number(deadline) * 1000
  if (deadlineMs <= nowMs) return { code: 'DEADLINE_PASSED', deadlineMs, nowMs }
  const latestMs = nowMs + spanSecondsMax * 1000
  return deadlineMs > latestMs ? { code: 'DEADLINE_TOO_FAR', deadlineMs, latestMs } : undefined
}

/**
 * `NONCE_USED` unless the nonce is above the last one in this lane of the wallet's signer: the wallet itself, or a delegate. `TOO_MANY_LANES` when
 * the lane is new and the wallet has all that can be shown on chain.
 */
export function checkNonce(
  state: Readonly<LedgerState>,
  wallet: Address,
  signer: Address,
  { lane, nonce }: { readonly lane: number; readonly nonce: bigint },
): LedgerRefusal | undefined {
  const lastNonce = lastNonceOf(state, wallet, signer, lane)
  if (lastNonce !== undefined) return nonce > lastNonce ? undefined : { code: 'NONCE_USED', nonce, lastNonce }
  const isFull = isJudgedOnChain(state.config) && laneCount(state, wallet) >= lanesMax
  return isFull ? { code: 'TOO_MANY_LANES', wallet, lanesMax } : undefined
}

/** Thrown when a command other than `OpenLedger` reaches a journal without its first event: a wiring mistake. */
export class LedgerNotOpenError extends Error {
  override readonly name = 'LedgerNotOpenError'
  constructor() {
    super('the journal has no LedgerOpened event; submit OpenLedger first')
  }
}
