import type { Clock, Ledger } from '@deparrow/ledger'
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import { CLOCK, LEDGER, SETTLEMENT_CHAIN, SETTLEMENT_OPTIONS } from '../tokens.ts'
import { type ChainAlarm, ChainFollower, JournalNotOpenError } from './chain-follower.ts'
import { requireChainOf } from './chain-identity.ts'
import { EpochPoster, type PosterProblem } from './epoch-poster.ts'
import { feedJournal } from './journal-feed.ts'
import { JournalIndex } from './journal-index.ts'
import type { PosterAlarm, PosterPause } from './poster-step.ts'
import type { SettlementOptions } from './settlement-options.ts'
import { JournalSettlementView } from './settlement-view.ts'
import { ChainUnavailableError, type SettlementChain } from './token-chain.port.ts'

/** How settlement stands, for readiness and metrics. */
export type SettlementHealth = {
  /** Whether the chain is followed and nothing stands in the way of epochs. */
  readonly isReady: boolean
  readonly followedBlock: bigint | undefined
  readonly chainAlarm: ChainAlarm | undefined
  readonly posterAlarm: PosterAlarm | undefined
  /** Why nothing goes out now; it ends by itself. */
  readonly posterPause: PosterPause | undefined
  /** The last transaction that is not confirmed. */
  readonly problem: PosterProblem | undefined
  /** Why the last poll or tick failed, by the error's name. */
  readonly followerError: string | undefined
  readonly posterError: string | undefined
  readonly lastEpoch: number
  readonly lastFinalEpoch: number
}

/** Runs the chain follower and the poster from start to shutdown. */
@Injectable()
export class SettlementService implements OnModuleInit, OnApplicationShutdown {
  readonly view: JournalSettlementView
  private readonly index = new JournalIndex()
  private readonly follower: ChainFollower
  private readonly poster: EpochPoster
  private readonly loops: { readonly follow: PollLoop; readonly post: PollLoop }
  private stopFeed: (() => void) | undefined

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_CHAIN) private readonly chain: SettlementChain,
    @Inject(CLOCK) clock: Clock,
    @Inject(SETTLEMENT_OPTIONS) options: SettlementOptions,
  ) {
    const { index } = this
    const { blocksPerRequestMax, pollIntervalMs: intervalMs, backoffMaxMs } = options
    this.follower = new ChainFollower({ ledger, chain, index, blocksPerRequestMax })
    this.poster = new EpochPoster({
      ledger,
      chain,
      index,
      clock,
      options,
      isChainDoubtful: () => this.follower.followed === undefined || this.follower.chainAlarm !== undefined,
    })
    const loop = (step: () => Promise<void>) => new PollLoop({ step, wait: waitOnTimer, intervalMs, backoffMaxMs })
    this.loops = { follow: loop(() => this.follower.poll()), post: loop(() => this.poster.tick()) }
    const { postedTransactions } = this.follower
    const followedBlock = () => this.follower.followed?.number
    const isChainInDoubt = () => this.follower.chainAlarm !== undefined
    this.view = new JournalSettlementView({ index, chain, clock, postedTransactions, followedBlock, isChainInDoubt })
  }

  /** Starts following. Throws `WrongChainError` when the journal belongs to another chain; a chain that is away is waited for. */
  async onModuleInit(): Promise<void> {
    this.stopFeed = await feedJournal(this.ledger, event => this.index.apply(event))
    const { config } = this.index
    if (config === undefined) throw new JournalNotOpenError()
    await requireChainOf(config, this.chain).catch((error: unknown) => {
      if (!(error instanceof ChainUnavailableError)) throw error
    })
    this.loops.follow.start()
    this.loops.post.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.loops.follow.stop(), this.loops.post.stop()])
    this.stopFeed?.()
  }

  health(): SettlementHealth {
    const { chainAlarm, followed } = this.follower
    const { posterAlarm, pause: posterPause, problem } = this.poster
    const followerError = errorName(this.loops.follow.lastError)
    return {
      isReady: followed !== undefined && !chainAlarm && !posterAlarm && followerError === undefined,
      followedBlock: followed?.number,
      chainAlarm,
      posterAlarm,
      posterPause,
      problem,
      followerError,
      posterError: errorName(this.loops.post.lastError),
      lastEpoch: this.index.lastEpoch,
      lastFinalEpoch: this.index.lastFinalEpoch,
    }
  }
}

function errorName(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? error.name : String(error)
}
