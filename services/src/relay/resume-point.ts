import type { EventStore, Hex } from '@deparrow/ledger'
import type { LedgerCloudEvent } from './event-bus.port.ts'

/**
 * The position after which publishing goes on: that of the bus's last event, if the journal has the same event there. Throws
 * {@link ForeignTopicError} when it has another one or none, because whatever came next would continue somebody else's history.
 */
export async function resumePosition(
  store: Pick<EventStore, 'read'>,
  shard: string,
  last: LedgerCloudEvent | undefined,
): Promise<number> {
  if (last === undefined) return 0
  const [stored] = await store.read(shard, last.position - 1, 1)
  if (stored?.position === last.position && stored.hash === last.hash && stored.payload === last.payload) {
    return last.position
  }
  throw new ForeignTopicError({ shard, position: last.position, busHash: last.hash, journalHash: stored?.hash })
}

/**
 * Thrown when what was published of a shard is not a part of its journal: the topic belongs to another ledger, the shards are
 * named in another order, or the journal was restored from a copy that is older than what was published.
 */
export class ForeignTopicError extends Error {
  override readonly name = 'ForeignTopicError'
  readonly position: number
  readonly busHash: Hex
  /** `undefined` when the journal ends before the position. */
  readonly journalHash: Hex | undefined
  constructor(found: { shard: string; position: number; busHash: Hex; journalHash: Hex | undefined }) {
    const journal = found.journalHash === undefined ? 'ends before it' : `has ${found.journalHash}`
    super(
      `shard ${found.shard} was published up to position ${found.position}, ${found.busHash}; its journal ${journal}`,
    )
    this.position = found.position
    this.busHash = found.busHash
    this.journalHash = found.journalHash
  }
}
