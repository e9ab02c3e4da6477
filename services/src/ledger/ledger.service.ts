import type { JournalLedger } from '@deparrow/ledger'
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import type { ReadModel } from '../read-model/read-model.port.ts'
import { JOURNAL, READ_MODEL } from '../tokens.ts'
import { ReadModelFeed } from './read-model-feed.ts'

/** How often the ledger looks whether a hold has expired; the expiry itself is dated at its exact time. */
const expiryPollMs = 200

const backoffMaxMs = 5_000

/** Ends holds at their time also when nobody sends a command, and folds every durable event into the read model. */
@Injectable()
export class LedgerService implements OnModuleInit, OnApplicationShutdown {
  private readonly feed: ReadModelFeed
  private readonly expiries: PollLoop

  constructor(
    @Inject(JOURNAL) private readonly journal: JournalLedger,
    @Inject(READ_MODEL) private readonly readModel: ReadModel,
  ) {
    this.feed = new ReadModelFeed(this.journal, this.readModel)
    const step = () => this.journal.expireHolds()
    this.expiries = new PollLoop({ step, wait: waitOnTimer, intervalMs: expiryPollMs, backoffMaxMs })
  }

  async onModuleInit(): Promise<void> {
    await this.feed.start()
    this.expiries.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.expiries.stop()
    await this.feed.stop()
  }

  /** Why the read model is behind, by the error's name; `undefined` while it follows. */
  readModelError(): string | undefined {
    const { lastError } = this.feed
    return lastError instanceof Error ? lastError.name : undefined
  }
}
