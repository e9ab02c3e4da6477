import { type JournalLedger, leaseRenewMs } from '@deparrow/ledger'
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import { JOURNAL } from '../tokens.ts'
import { settleJobs } from './job-settler.ts'

/** How often the ledger looks whether a hold has expired; the expiry itself is dated at its exact time. */
const expiryPollMs = 200

/** Bonuses are for days that are over: a minute more or less is nothing. */
const bonusPollMs = 60_000

/** A start replays about as many events at most as were written between two looks, plus this. */
const snapshotEvents = 100_000

const snapshotPollMs = 60_000

const backoffMaxMs = 5_000

/**
 * Keeps the writer's lease, ends holds at their time also when nobody sends a command, settles the jobs whose receipts are journalled, and
 * pays the bonuses that are due.
 */
@Injectable()
export class LedgerService implements OnModuleInit, OnApplicationShutdown {
  private readonly expiries: PollLoop
  private readonly lease: PollLoop
  private readonly bonuses: PollLoop
  private readonly snapshots: PollLoop
  private snapshotPosition = 0
  private readonly logger = new Logger(LedgerService.name)
  private endSettling: (() => void) | undefined
  private readonly losing = Promise.withResolvers<void>()

  /** Resolves when the journal belongs to another writer, or this one had to close: it decides nothing more. */
  readonly lost = this.losing.promise

  constructor(@Inject(JOURNAL) private readonly journal: JournalLedger) {
    const step = () => this.journal.expireHolds()
    this.expiries = new PollLoop({ step, wait: waitOnTimer, intervalMs: expiryPollMs, backoffMaxMs })
    const save = () => this.saveSnapshotIfFar()
    this.snapshots = new PollLoop({
      step: save,
      wait: waitOnTimer,
      intervalMs: snapshotPollMs,
      backoffMaxMs: snapshotPollMs,
    })
    const renew = () => this.renewLease()
    const pay = () => this.payBonuses()
    this.bonuses = new PollLoop({ step: pay, wait: waitOnTimer, intervalMs: bonusPollMs, backoffMaxMs: bonusPollMs })
    this.lease = new PollLoop({ step: renew, wait: waitOnTimer, intervalMs: leaseRenewMs, backoffMaxMs: leaseRenewMs })
  }

  onModuleInit(): void {
    this.endSettling = settleJobs(this.journal, problem => this.logger.warn(problem))
    this.expiries.start()
    this.lease.start()
    this.bonuses.start()
    this.snapshots.start()
  }

  async onApplicationShutdown(): Promise<void> {
    this.endSettling?.()
    await this.expiries.stop()
    await this.bonuses.stop()
    await this.snapshots.stop()
    await this.lease.stop()
    await this.saveLastSnapshot()
  }

  /**
   * Keeps a snapshot of a long journal alone. A short one is read and checked whole by every start, which finds damage that a start from
   * a snapshot leaves to the audit.
   */
  private async saveSnapshotIfFar(): Promise<void> {
    const { position } = this.journal.head()
    if (position - this.snapshotPosition < snapshotEvents) return
    await this.journal.saveSnapshot()
    this.snapshotPosition = position
  }

  /** A snapshot only makes the next start faster: without it the journal is read from the last one. */
  private async saveLastSnapshot(): Promise<void> {
    try {
      await this.saveSnapshotIfFar()
    } catch (error) {
      this.logger.warn(`no snapshot was written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** A bonus that is refused now is due again later, or not at all: the ledger says so in `dueBonuses`. */
  private async payBonuses(): Promise<void> {
    await Promise.all(this.journal.dueBonuses().map(command => this.journal.submit(command)))
  }

  private async renewLease(): Promise<void> {
    if (!(await this.journal.renewLease())) this.losing.resolve()
  }
}
