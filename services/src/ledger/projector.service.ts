import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common'
import type { ReadModel } from '../read-model/read-model.port.ts'
import { JOURNAL_SOURCE, PROJECTED_SHARD, READ_MODEL } from '../tokens.ts'
import { type JournalSource, ReadModelFeed } from './read-model-feed.ts'

/** Folds every durable event of a journal into the read model, from start to shutdown. */
@Injectable()
export class ProjectorService implements OnModuleInit, OnApplicationShutdown {
  private readonly feed: ReadModelFeed

  constructor(
    @Inject(JOURNAL_SOURCE) journal: JournalSource,
    @Inject(READ_MODEL) readModel: ReadModel,
    @Optional() @Inject(PROJECTED_SHARD) shard?: number,
  ) {
    this.feed = new ReadModelFeed(journal, readModel, shard)
  }

  /** Answers when the read model holds all that the journal held at the call. */
  onModuleInit(): Promise<void> {
    return this.feed.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.feed.stop()
  }

  /** Why the read model is behind, by the error's name; `undefined` while it follows. */
  readModelError(): string | undefined {
    const { lastError } = this.feed
    if (lastError === undefined) return undefined
    return lastError instanceof Error ? lastError.name : String(lastError)
  }
}
