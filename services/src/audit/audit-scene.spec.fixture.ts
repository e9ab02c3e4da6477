import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { EventStore, StoredEvent } from '@deparrow/ledger'
import { ethersCrypto, InMemoryEventStore } from '@deparrow/ledger/testing'
import { InProcessEventBus } from '../adapters/bus/in-process-event-bus.ts'
import { openSqlite } from '../adapters/sql/sqlite-database.ts'
import { openSqliteFile } from '../adapters/sql/sqlite-file.ts'
import { temporaryFolder } from '../adapters/sql/temporary-folder.spec.fixture.ts'
import type { Wait } from '../poll-loop.ts'
import { KyselyReadModel } from '../read-model/kysely-read-model.ts'
import { foldInto } from '../read-model/rebuild.ts'
import type { DeliveredEvent } from '../relay/event-bus.port.ts'
import { JournalRelay } from '../relay/journal-relay.ts'
import {
  accept,
  alice,
  bob,
  jobOf,
  type Life,
  SettlementFixture,
  withdraw,
} from '../settlement/testing/settlement-fixture.ts'
import { until } from '../settlement/testing/until.ts'
import type { SettlementLog } from '../settlement/token-chain.port.ts'
import { type AuditOptions, auditOptionsAlone } from './audit-options.ts'
import type { AuditAlarm, AuditLeg, AuditLegReport } from './ledger-audit.port.ts'
import { type AuditSources, LedgerAudit } from './ledger-audit.ts'

const journal = 'test'

const credit = 1_000_000n

/** Pauses are a turn of the event loop. */
const turn: Wait = () => new Promise(resolve => setImmediate(resolve))

/** Nothing is waited for but turns of the event loop. */
const options: AuditOptions = { ...auditOptionsAlone, restartMs: 0, sweepIntervalMs: 0 }

/**
 * A whole network in miniature: a journal with deposits, a transfer, a hold, an epoch and a claim; its projections, its bus and its chain,
 * each of them as it is or as a test makes the audit see it.
 */
export class AuditScene {
  /** What the audit sees in the place of what is there. */
  distortStore = (events: readonly StoredEvent[]): readonly StoredEvent[] => events
  distortBus = (events: readonly DeliveredEvent[]): readonly DeliveredEvent[] => events
  distortLogs = (logs: readonly SettlementLog[]): readonly SettlementLog[] => logs
  /** DPC that the contract lacks. */
  missingWei = 0n
  readonly raised: AuditAlarm[] = []
  readonly resolved: AuditAlarm[] = []
  readonly audit: LedgerAudit
  private nonce = 100n

  private constructor(
    readonly fixture: SettlementFixture,
    readonly life: Life,
    readonly readModel: KyselyReadModel,
    readonly readModelPath: string,
    readonly bus: InProcessEventBus,
    readonly relay: JournalRelay,
    private readonly store: EventStore,
    change: (sources: AuditSources) => AuditSources,
    own: Partial<AuditOptions>,
  ) {
    this.audit = new LedgerAudit({
      sources: change(this.sources()),
      crypto: ethersCrypto,
      clock: fixture.clock,
      wait: turn,
      options: { ...options, ...own },
      alarms: { raised: alarm => this.raised.push(alarm), resolved: alarm => this.resolved.push(alarm) },
    })
  }

  /** Everything is projected, published and on chain; the audit has not begun. */
  static async open(
    t: TestContext,
    change = (sources: AuditSources) => sources,
    own: Partial<AuditOptions> = {},
  ): Promise<AuditScene> {
    const fixture = new SettlementFixture()
    const life = await fixture.start()
    await liveThrough(fixture, life)
    const path = join(temporaryFolder(t), 'read.sqlite')
    const readModel = await KyselyReadModel.open(openSqlite(path))
    const store = new InMemoryEventStore(fixture.journal)
    const bus = new InProcessEventBus()
    const relay = new JournalRelay({ store, bus, shard: journal, wait: turn })
    const scene = new AuditScene(fixture, life, readModel, path, bus, relay, store, change, own)
    t.after(() => scene.close())
    relay.start()
    await scene.project()
    return scene
  }

  get head(): number {
    return this.life.ledger.head().position
  }

  leg(leg: AuditLeg): AuditLegReport {
    return this.audit.report().legs.find(report => report.leg === leg) as AuditLegReport
  }

  /** Folds into the projections what the journal has and they have not. */
  async project(): Promise<void> {
    await foldInto(this.readModel, (position, limit) => this.life.ledger.events(position, limit))
  }

  /** Changes the projections behind the ledger's back. */
  alterProjections(sql: string): void {
    const file = openSqliteFile(this.readModelPath)
    file.exec(sql)
    file.close()
  }

  /** One more event: a transfer from Alice to Bob. */
  async transfer(amountMicrocredits = 1n): Promise<void> {
    const transfer = alice.transfer({ to: bob.address, amountMicrocredits, nonce: this.nonce++ })
    await accept(this.life.ledger, { type: 'TransferCredits', transfer })
  }

  async untilAgreed(): Promise<void> {
    await until(
      () => this.audit.report().isOk && this.audit.report().legs.every(leg => !leg.isConfigured || this.isAtHead(leg)),
    )
  }

  async untilAlarm(leg: AuditLeg): Promise<AuditAlarm> {
    await until(() => this.leg(leg).alarm !== undefined)
    return this.leg(leg).alarm as AuditAlarm
  }

  private isAtHead({ position, lagEvents }: AuditLegReport): boolean {
    return position === this.head && lagEvents === 0
  }

  private sources(): AuditSources {
    const { store, bus, readModel, fixture } = this
    const scene = this
    return {
      store: {
        head: shard => store.head(shard),
        read: async (shard, after, limit) => this.distortStore(await store.read(shard, after, limit)),
      },
      journals: [journal],
      readModel,
      bus: {
        async *follow(shard, cursor, signal) {
          for await (const page of bus.follow(shard, cursor, signal)) yield scene.distortBus(page)
        },
      },
      chain: {
        deploymentBlock: () => fixture.chain.deploymentBlock(),
        confirmedBlock: () => fixture.chain.confirmedBlock(),
        block: number => fixture.chain.block(number),
        logs: async (from, to) => this.distortLogs(await fixture.chain.logs(from, to)),
        contractWei: async number => (await fixture.chain.contractWei(number)) - this.missingWei,
      },
    }
  }

  private async close(): Promise<void> {
    await this.audit.stop()
    await this.relay.stop()
    await this.bus.close()
    await this.readModel.close()
  }
}

/** Deposits, a transfer, a hold that stays open, a withdrawal, its epoch, and a claim. */
async function liveThrough(fixture: SettlementFixture, life: Life): Promise<void> {
  fixture.chain.arrive({ account: alice.address, amount: 5n * credit }, { account: bob.address, amount: 5n * credit })
  await life.follower.poll()
  const transfer = alice.transfer({ to: bob.address, amountMicrocredits: 7n, nonce: 50n })
  await accept(life.ledger, { type: 'TransferCredits', transfer })
  const { order } = jobOf(bob, alice)
  await accept(life.ledger, { type: 'OpenHold', order })
  await withdraw(life.ledger, alice, 2n * credit, 51n)
  await fixture.run(life, 10)
  fixture.chain.claim(alice.address)
  await life.follower.poll()
}
