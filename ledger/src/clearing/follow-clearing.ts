import { decodeEvent } from '../journal/codec.ts'
import { followJournal } from '../journal/follow-journal.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import type { EventStore, StoredEvent } from '../ports/event-store.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { ClearingDelivery, ClearingPlace } from './clearing.ts'

/** The ledger of the shard that takes: its own state says how far it has come with each of the others. */
export type ClearingLedger = Pick<Ledger, 'submit' | 'config'> & { clearingReceived(fromShard: number): ClearingPlace }

export type ClearingParts = {
  /** Where the journals of the other shards lie. */
  readonly store: Pick<EventStore, 'read' | 'waitBeyond'>
  /** The name of each shard's journal in the store, by the shard's number. */
  readonly journals: readonly string[]
  readonly ledger: ClearingLedger
}

/**
 * Takes what one other shard sends to this one: all that is in that shard's journal after the last sending that was taken, and then each as
 * it becomes durable, until `signal` aborts. It keeps nothing of its own, so that it may end anywhere, run twice, and begin again. Throws
 * {@link ClearingStalledError} when this shard refuses a sending, and what store and ledger throw.
 */
export async function followClearing(parts: ClearingParts, fromShard: number, signal: AbortSignal): Promise<void> {
  const { ledger, store, journals } = parts
  const toShard = ledger.config()?.shard
  const journal = journals[fromShard]
  if (toShard === undefined || journal === undefined) throw new RangeError(`there is no journal of shard ${fromShard}`)
  const { position } = ledger.clearingReceived(fromShard)
  for await (const page of followJournal(store, journal, position, signal)) {
    await takeAll(ledger, deliveriesOf(page, fromShard, toShard))
  }
}

/** What a run of a shard's events sends to another shard, in order. */
export function deliveriesOf(
  page: readonly StoredEvent[],
  fromShard: number,
  toShard: number,
): readonly ClearingDelivery[] {
  return page.filter(maySend).flatMap(stored => {
    const sent = decodeEvent(stored).clearing?.find(sending => sending.toShard === toShard)
    return sent === undefined ? [] : [{ ...sent, fromShard, fromPosition: stored.position, fromHash: stored.hash }]
  })
}

/** Spares decoding events that send nothing: the member's name stands in every payload that has it. */
function maySend({ payload }: StoredEvent): boolean {
  return payload.includes('"clearing":[')
}

/** All at once, in order, so that they go into one durable write. What was taken before is not taken again, however it is answered. */
async function takeAll(ledger: ClearingLedger, deliveries: readonly ClearingDelivery[]): Promise<void> {
  const answers = await Promise.all(deliveries.map(delivery => ledger.submit({ type: 'ReceiveClearing', ...delivery })))
  for (const [index, answer] of answers.entries()) {
    const delivery = deliveries[index]
    if (delivery === undefined || answer.status === 'accepted' || isBehind(answer.refusal)) continue
    throw new ClearingStalledError({ delivery, refusal: answer.refusal })
  }
}

/** Whether the sending was taken so long ago that the ledger has forgotten its answer. */
function isBehind(refusal: LedgerRefusal): boolean {
  return refusal.code === 'CLEARING_OUT_OF_ORDER' && refusal.sequence < refusal.expectedSequence
}

/** Thrown when a shard does not take what another one sent: the two journals do not belong together, or one was changed. */
export class ClearingStalledError extends Error {
  override readonly name = 'ClearingStalledError'
  readonly refusal: LedgerRefusal
  constructor({ delivery, refusal }: { delivery: ClearingDelivery; refusal: LedgerRefusal }) {
    const { fromShard, toShard, sequence, fromPosition } = delivery
    super(
      `shard ${toShard} refuses sending ${sequence} of shard ${fromShard}, at position ${fromPosition} there: ${refusal.code}`,
    )
    this.refusal = refusal
  }
}
