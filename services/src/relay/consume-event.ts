import { type AccountName, chainHash, decodeEvent, type Hex, type LedgerCrypto, zeroHash } from '@deparrow/ledger'
import type { DeliveredEvent } from './event-bus.port.ts'

/**
 * What a consumer keeps. Its place (position, hash, cursor) and what it made of the events belong in one atomic write: kept
 * apart, a crash between the two counts an event twice or not at all.
 */
export type ConsumerState = {
  /** Last position that was counted, 0 for none. */
  position: number
  /** Chain hash after it. */
  hash: Hex
  /** Where to go on reading; only a hint, the position decides. */
  cursor: string | undefined
  /** Balances after that position in µcr, without accounts that never moved. */
  readonly balances: Map<AccountName, bigint>
}

export function initialConsumerState(): ConsumerState {
  return { position: 0, hash: zeroHash, cursor: undefined, balances: new Map() }
}

/**
 * The rule for consumers, for one event: what was counted is skipped, what comes next is checked against the hash chain and
 * counted, anything else stops the consumer. The state changes wholly or, when it throws, not at all. Throws
 * {@link JournalGapError}, {@link OtherHistoryError}, and `StoreDamagedError` when the payload is no event.
 */
export function consumeEvent(
  state: ConsumerState,
  event: DeliveredEvent,
  crypto: Pick<LedgerCrypto, 'keccak256'>,
): void {
  if (event.position <= state.position) {
    if (event.position === state.position && event.hash !== state.hash) throw new OtherHistoryError(event)
    state.cursor = event.cursor
    return
  }
  if (event.position !== state.position + 1) throw new JournalGapError(state.position, event.position)
  if (chainHash(crypto, state.hash, event.payload) !== event.hash) throw new OtherHistoryError(event)
  const { entries } = decodeEvent(event)
  for (const { account, amountMicrocredits } of entries) {
    state.balances.set(account, (state.balances.get(account) ?? 0n) + amountMicrocredits)
  }
  state.position = event.position
  state.hash = event.hash
  state.cursor = event.cursor
}

/** Thrown when events are missing. Going on would give wrong balances; the missing ones are in the journal. */
export class JournalGapError extends Error {
  override readonly name = 'JournalGapError'
  constructor(afterPosition: number, foundPosition: number) {
    super(`after position ${afterPosition} comes ${foundPosition}: events are missing`)
  }
}

/** Thrown when an event does not continue the hash chain of what was counted before it. */
export class OtherHistoryError extends Error {
  override readonly name = 'OtherHistoryError'
  constructor({ position }: { position: number }) {
    super(`the event at position ${position} does not continue the events before it`)
  }
}
