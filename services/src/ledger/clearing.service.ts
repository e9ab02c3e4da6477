import { type ClearingLedger, type EventStore, followClearing } from '@deparrow/ledger'
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import { JOURNAL, SHARD_JOURNALS } from '../tokens.ts'

/** Where the journals of a ledger's shards lie: one store, and each journal's name in it by the number of its shard. */
export type ShardJournals = {
  readonly store: Pick<EventStore, 'read' | 'waitBeyond'>
  readonly journals: readonly string[]
}

/** The shortest pause after a failure, doubled with each that follows. */
const retryMs = 100

const backoffMaxMs = 5_000

/**
 * Takes into one shard what all the others send to it, by their journals in the store. It remembers nothing: where to go on stands in the shard's
 * own journal, so that it may end at any point, run in two processes at once, and run apart from the writer over a `FollowingLedger`.
 */
@Injectable()
export class ClearingService implements OnModuleInit, OnApplicationShutdown {
  private readonly stopping = new AbortController()
  private readonly logger = new Logger(ClearingService.name)
  private readonly failures = new Map<number, unknown>()
  private loops: readonly PollLoop[] = []

  constructor(
    @Inject(JOURNAL) private readonly ledger: ClearingLedger,
    @Inject(SHARD_JOURNALS) private readonly shards: ShardJournals,
  ) {}

  /** Throws `RangeError` when the shard is not open: it does not know its number yet. */
  onModuleInit(): void {
    const own = this.ledger.config()?.shard
    if (own === undefined) throw new RangeError('a shard that is not open takes nothing from others')
    const others = [...this.shards.journals.keys()].filter(shard => shard !== own)
    this.loops = others.map(shard => this.loopFor(shard))
    for (const loop of this.loops) loop.start()
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort()
    await Promise.all(this.loops.map(loop => loop.stop()))
  }

  /** Why this shard is behind with another one, by the error's name; `undefined` while it follows, or tries to follow, all of them. */
  clearingError(): string | undefined {
    const [failure] = this.failures.values()
    return failure instanceof Error ? failure.name : undefined
  }

  private loopFor(fromShard: number): PollLoop {
    const step = () => this.follow(fromShard)
    return new PollLoop({ step, wait: waitOnTimer, intervalMs: retryMs, backoffMaxMs })
  }

  private async follow(fromShard: number): Promise<void> {
    this.failures.delete(fromShard)
    try {
      await followClearing({ ...this.shards, ledger: this.ledger }, fromShard, this.stopping.signal)
    } catch (error) {
      this.failures.set(fromShard, error)
      const reason = error instanceof Error ? error.message : String(error)
      this.logger.warn(`what shard ${fromShard} sends is not taken now: ${reason}`)
      throw error
    }
  }
}
