import type { Clock, Ledger } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import { CLOCK, LEDGER, SETTLEMENT_CHAIN, SETTLEMENT_OPTIONS } from '../tokens.ts'
import { type ChainAlarm, ChainFollower, JournalNotOpenError } from './chain-follower.ts'
import { requireChainOf } from './chain-identity.ts'
import { type DemandAlarm, DemandAnswerer } from './demand-answerer.ts'
import { EpochPoster, type PosterProblem } from './epoch-poster.ts'
import { JournalArchive } from './journal-archive.ts'
import { feedJournal } from './journal-feed.ts'
import { JournalIndex } from './journal-index.ts'
import { PaidRows } from './paid-rows.ts'
import type { PosterAlarm, PosterPause } from './poster-step.ts'
import { PublicSettlement } from './public-settlement.ts'
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
  /** Whether the exit has started: nothing is posted any more, for good, and claims go on. */
  readonly isExitStarted: boolean
  /** Demands on the pending epoch that are open, and those of them that will cost the epoch unless somebody looks. */
  readonly openDemands: number
  readonly demandAlarms: readonly DemandAlarm[]
  /** Block time in seconds at which the first of them is due. */
  readonly demandDeadlineSeconds: number | undefined
  /** Why there is no archive to answer from, by the error's name. */
  readonly archiveProblem: string | undefined
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
  private readonly rows = new PaidRows()
  private readonly archive = new JournalArchive(ledgerCrypto)
  private readonly answerer: DemandAnswerer
  private readonly logger = new Logger('Settlement')
  private readonly reported = new Set<string>()
  private readonly loops: { readonly follow: PollLoop; readonly post: PollLoop }
  private stopFeed: (() => void) | undefined

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_CHAIN) private readonly chain: SettlementChain,
    @Inject(CLOCK) clock: Clock,
    @Inject(SETTLEMENT_OPTIONS) options: SettlementOptions,
  ) {
    const { index, archive } = this
    const { blocksPerRequestMax, pollIntervalMs: intervalMs, backoffMaxMs } = options
    this.follower = new ChainFollower({ ledger, chain, index, blocksPerRequestMax })
    const isChainKnown = () => this.follower.isVerified
    this.answerer = new DemandAnswerer({ chain, index, archive, options, isChainKnown })
    this.poster = new EpochPoster({
      ledger,
      chain,
      index,
      clock,
      options,
      isChainDoubtful: () => this.follower.followed === undefined || this.follower.chainAlarm !== undefined,
      isExitStarted: () => this.follower.isExitStarted === true,
      answerer: this.answerer,
    })
    const loop = (step: () => Promise<void>) => new PollLoop({ step, wait: waitOnTimer, intervalMs, backoffMaxMs })
    this.loops = { follow: loop(() => this.follower.poll()), post: loop(() => this.post()) }
    const { postedTransactions } = this.follower
    const followedBlock = () => this.follower.followed?.number
    const isChainInDoubt = () => this.follower.chainAlarm !== undefined
    const shown = new PublicSettlement({
      index,
      rows: this.rows,
      archive,
      demands: () => this.answerer.demands,
      status: () => statusOf(this.health()),
    })
    const parts = { index, chain, clock, postedTransactions, followedBlock, isChainInDoubt }
    this.view = new JournalSettlementView({ ...parts, public: shown })
  }

  /** Starts following. Throws `WrongChainError` when the journal belongs to another chain; a chain that is away is waited for. */
  async onModuleInit(): Promise<void> {
    this.stopFeed = await feedJournal(this.ledger, event => {
      this.index.apply(event)
      this.rows.apply(event)
      this.archive.apply(event)
    })
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

  private async post(): Promise<void> {
    try {
      await this.poster.tick()
    } finally {
      this.report()
    }
  }

  /** Says once what somebody has to look at: a demand that will cost its epoch, an epoch that is not posted, and the end of all epochs. */
  private report(): void {
    const { isExitStarted, demandAlarms, posterAlarm } = this.health()
    const exit = isExitStarted ? ['the exit has started: no epoch is posted any more; claims go on'] : []
    const lines = new Set([...exit, ...describePosterAlarm(posterAlarm), ...demandAlarms.map(describeAlarm)])
    for (const line of lines) if (!this.reported.has(line)) this.logger.error(line)
    this.reported.clear()
    for (const line of lines) this.reported.add(line)
  }

  health(): SettlementHealth {
    const { chainAlarm, followed } = this.follower
    const { posterAlarm, pause: posterPause, problem } = this.poster
    const { demands, alarms: demandAlarms } = this.answerer
    const isExitStarted = this.follower.isExitStarted === true
    const followerError = errorName(this.loops.follow.lastError)
    const posterError = errorName(this.loops.post.lastError)
    return {
      isReady:
        followed !== undefined &&
        !chainAlarm &&
        !posterAlarm &&
        demandAlarms.length === 0 &&
        !isExitStarted &&
        followerError === undefined &&
        posterError === undefined,
      followedBlock: followed?.number,
      chainAlarm,
      posterAlarm,
      posterPause,
      problem,
      isExitStarted,
      openDemands: demands.length,
      demandAlarms,
      demandDeadlineSeconds: demands[0]?.deadlineSeconds,
      archiveProblem: this.archive.problem,
      followerError,
      posterError,
      lastEpoch: this.index.lastEpoch,
      lastFinalEpoch: this.index.lastFinalEpoch,
    }
  }
}

function statusOf({ isReady, isExitStarted, lastEpoch, lastFinalEpoch, ...health }: SettlementHealth) {
  const { chainAlarm, demandAlarms, posterAlarm, posterPause } = health
  const problem = chainAlarm ?? posterAlarm ?? demandAlarms[0] ?? posterPause
  return { isReady, isExitStarted, problem: problem?.code, lastEpoch, lastFinalEpoch }
}

function describeAlarm(alarm: DemandAlarm): string {
  if (alarm.code === 'DEMANDS_DIFFER') {
    return `epoch ${alarm.epoch} has ${alarm.counted} open demands, of which the logs show ${alarm.found}`
  }
  const due = new Date(alarm.deadlineSeconds * 1_000).toISOString()
  return `the demand ${alarm.demand} is not answered and due at ${due}: ${alarm.reason}`
}

function describePosterAlarm(alarm: PosterAlarm | undefined): readonly string[] {
  switch (alarm?.code) {
    case 'EPOCH_UNPROVABLE':
      return [`epoch ${alarm.epoch} is not posted, because the journal does not give what it says: ${alarm.problem}`]
    // Without amounts, which change with each block and would be told each time.
    case 'POSTER_COIN_LOW':
      return ['the poster’s account has too little coin for the gas of an epoch and of answers: add to it']
    default:
      return []
  }
}

function errorName(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? error.name : String(error)
}
