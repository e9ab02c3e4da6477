import type { LedgerCrypto } from '@deparrow/ledger'
import { type ConsumerState, consumeEvent } from './consume-event.ts'
import type { EventBus } from './event-bus.port.ts'

export type ConsumerSource = {
  readonly bus: Pick<EventBus, 'follow'>
  readonly shard: string
  readonly crypto: Pick<LedgerCrypto, 'keccak256'>
}

/**
 * Reads on from a consumer's state until it has counted `position`, exactly that and nothing after it, so that its balances can
 * be compared with another fold at the same position; `Infinity` reads for ever. Resolves early when `signal` aborts. Throws
 * what the bus and {@link consumeEvent} throw; the state then holds what was counted, and the call can be repeated.
 */
export async function consumeTo(
  { bus, shard, crypto }: ConsumerSource,
  state: ConsumerState,
  position: number,
  signal: AbortSignal,
): Promise<void> {
  if (state.position >= position) return
  for await (const page of bus.follow(shard, state.cursor, signal)) {
    for (const event of page) {
      consumeEvent(state, event, crypto)
      if (state.position >= position) return
    }
  }
}
