import { type Address, homeShard, type Ledger } from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import type { ReadQueries } from '../../read-model/read-queries.port.ts'
import { LEDGER, READ_MODEL } from '../../tokens.ts'
import { notYetVisible, positionOf, reading } from './read-errors.ts'

/** Projections are milliseconds behind; who waits longer is better told so than kept. */
const waitMsMax = 2_000

/** Lets a reader see what it has written: waits until the answers of this process know a position of the journal. */
@Injectable()
export class VisibleJournal {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(READ_MODEL) private readonly reads: ReadQueries,
  ) {}

  /** The shard whose positions count for a wallet: its home. */
  shardOf(wallet: Address): number {
    return homeShard(wallet, this.ledger.config()?.shardCount ?? 1)
  }

  /**
   * Resolves when ledger and projections know the position of the wallet's journal, at once without one. Throws `NOT_YET_VISIBLE` with
   * the position that is reached when it has not come within two seconds, and `BAD_USER_INPUT` for what is no position.
   */
  async whenAt(wallet: Address, wanted: bigint | undefined): Promise<void> {
    if (wanted === undefined) return
    const position = positionOf('atLeastPosition', wanted)
    const shard = this.shardOf(wallet)
    await Promise.all([
      reading(() => this.reads.waitFor(position, { timeoutMs: waitMsMax, shard })),
      shard === this.ledger.config()?.shard ? this.#ledgerAt(position) : undefined,
    ])
  }

  /** A ledger that only follows the journal may be behind the projections. */
  #ledgerAt(position: number): Promise<void> {
    if (this.ledger.head().position >= position) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const end = this.ledger.subscribe(() => {
        if (this.ledger.head().position < position) return
        finish()
        resolve()
      })
      const timer = setTimeout(() => {
        finish()
        reject(notYetVisible(this.ledger.head().position))
      }, waitMsMax)
      const finish = () => {
        clearTimeout(timer)
        end()
      }
    })
  }
}
