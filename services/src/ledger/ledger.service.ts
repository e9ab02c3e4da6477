import { type Hex, type JournalLedger, type LedgerEvent, leaseRenewMs } from '@deparrow/ledger'
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { PollLoop, waitOnTimer } from '../poll-loop.ts'
import { JOURNAL } from '../tokens.ts'

/** How often the ledger looks whether a hold has expired; the expiry itself is dated at its exact time. */
const expiryPollMs = 200

/** Bonuses are for days that are over: a minute more or less is nothing. */
const bonusPollMs = 60_000

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
  private readonly logger = new Logger(LedgerService.name)
  private endSettling: (() => void) | undefined
  private readonly losing = Promise.withResolvers<void>()

  /** Resolves when the journal belongs to another writer, or this one had to close: it decides nothing more. */
  readonly lost = this.losing.promise

  constructor(@Inject(JOURNAL) private readonly journal: JournalLedger) {
    const step = () => this.journal.expireHolds()
    this.expiries = new PollLoop({ step, wait: waitOnTimer, intervalMs: expiryPollMs, backoffMaxMs })
    const renew = () => this.renewLease()
    const pay = () => this.payBonuses()
    this.bonuses = new PollLoop({ step: pay, wait: waitOnTimer, intervalMs: bonusPollMs, backoffMaxMs: bonusPollMs })
    this.lease = new PollLoop({ step: renew, wait: waitOnTimer, intervalMs: leaseRenewMs, backoffMaxMs: leaseRenewMs })
  }

  onModuleInit(): void {
    this.endSettling = this.journal.subscribe(events => this.settle(events))
    for (const orderDigest of this.journal.pendingSettlements()) this.settleJob(orderDigest)
    this.expiries.start()
    this.lease.start()
    this.bonuses.start()
  }

  async onApplicationShutdown(): Promise<void> {
    this.endSettling?.()
    await this.expiries.stop()
    await this.bonuses.stop()
    await this.lease.stop()
    await this.saveSnapshot()
  }

  /** A snapshot only makes the next start faster: without it the journal is read from the last one. */
  private async saveSnapshot(): Promise<void> {
    try {
      await this.journal.saveSnapshot()
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

  private settle(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      if (event.type === 'ReceiptReceived') this.settleJob(event.data.receipt.message.orderDigest)
    }
  }

  /** A settlement that cannot be written now comes with the next start, or at the hold's expiry. */
  private settleJob(orderDigest: Hex): void {
    this.journal.submit({ type: 'SettleJob', orderDigest }).catch((error: unknown) => {
      this.logger.warn(
        `job ${orderDigest} is not settled yet: ${error instanceof Error ? error.message : String(error)}`,
      )
    })
  }
}
