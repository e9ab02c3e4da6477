import { type Address, type Hex, hexToBytes, isHexOf, lowerHex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Field, FieldValue, Message, MessageType, Signed } from '../typed-data/types.ts'
import type { Entry } from './entry.ts'
import type { LedgerEventData } from './event.ts'
import type { LedgerRefusal } from './refusal.ts'
import type { LedgerState } from './state.ts'

/** What a decision may look at: the state, the batch's time and pure cryptography. */
export type DecisionContext = {
  readonly state: Readonly<LedgerState>
  readonly crypto: LedgerCrypto
  readonly nowMs: number
}

/** An event before it has a place in the journal. */
export type DraftEvent = LedgerEventData & { readonly entries: readonly Entry[] }

export type Decision =
  | { readonly accepted: true; readonly events: readonly DraftEvent[] }
  | { readonly accepted: false; readonly refusal: LedgerRefusal }

export function accept(...events: readonly DraftEvent[]): Decision {
  return { accepted: true, events }
}

export function refuse(refusal: LedgerRefusal): Decision {
  return { accepted: false, refusal }
}

/** The domain of the ledger's typed data; throws before the ledger is open. */
export function domainOf(state: Readonly<LedgerState>): Domain {
  if (state.config === undefined) throw new LedgerNotOpenError()
  return { chainId: state.config.chainId, verifyingContract: state.config.settlement }
}

export function digestOf(context: DecisionContext, type: MessageType, message: Message): Hex {
  return typedDataDigest(context.crypto, domainOf(context.state), type, message)
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
  if (!isHexOf(signed.signature, 65)) {
    return { code: 'MALFORMED', field: 'signature', problem: 'expected 65 bytes of hexadecimal' }
  }
  const spelled = type.fields.find(field => isMixedCase(field, signed.message[field.name]))
  if (spelled !== undefined) return { code: 'MALFORMED', field: spelled.name, problem: 'expected lower case' }
  const digest = typedDataDigest(context.crypto, domainOf(context.state), type, signed.message)
  const recovered = context.crypto.recoverSigner(hexToBytes(digest), signed.signature)
  return recovered === signer ? undefined : { code: 'INVALID_SIGNATURE', expectedSigner: signer }
}

function isMixedCase({ type }: Field, value: FieldValue | undefined): boolean {
  return (type === 'address' || type === 'bytes32') && typeof value === 'string' && lowerHex(value) !== value
}

/** Refuses a signature whose time is over, or lies more than `spanSecondsMax` ahead. `deadline` in Unix seconds. */
export function checkDeadline(deadline: bigint, nowMs: number, spanSecondsMax: number): LedgerRefusal | undefined {
  const deadlineMs = Number(deadline) * 1000
  if (deadlineMs <= nowMs) return { code: 'DEADLINE_PASSED', deadlineMs, nowMs }
  const latestMs = nowMs + spanSecondsMax * 1000
  return deadlineMs > latestMs ? { code: 'DEADLINE_TOO_FAR', deadlineMs, latestMs } : undefined
}

/** `NONCE_USED` unless the nonce is above the last one of the signer's lane. */
export function checkNonce(
  state: Readonly<LedgerState>,
  signer: Address,
  lane: number,
  nonce: bigint,
): LedgerRefusal | undefined {
  const lastNonce = state.nonces.get(signer)?.get(lane)
  return lastNonce === undefined || nonce > lastNonce ? undefined : { code: 'NONCE_USED', nonce, lastNonce }
}

/** Thrown when a command other than `OpenLedger` reaches a journal without its first event: a wiring mistake. */
export class LedgerNotOpenError extends Error {
  override readonly name = 'LedgerNotOpenError'
  constructor() {
    super('the journal has no LedgerOpened event; submit OpenLedger first')
  }
}
