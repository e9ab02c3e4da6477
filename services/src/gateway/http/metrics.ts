import type { Ledger } from '@deparrow/ledger'
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Job } from '../../market/job.ts'
import type { Market } from '../../market/market.port.ts'
import { SettlementService } from '../../settlement/settlement.service.ts'
import { LEDGER, MARKET } from '../../tokens.ts'

/** From a millisecond to ten seconds, so that the promised 30 and 100 ms lie between buckets. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The figures of this process in Prometheus' text format. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly #registry = new Registry()
  readonly #submitToRunning = this.#histogram('deparrow_job_submit_to_running_seconds', 'From submission to running.')
  readonly #receiptToMinted = this.#histogram(
    'deparrow_job_receipt_to_minted_seconds',
    'From receipt to minted credits.',
  )
  readonly #http: Histogram<'method' | 'route' | 'status'>
  readonly #end: () => void

  constructor(
    @Inject(MARKET) market: Market,
    @Inject(LEDGER) ledger: Ledger,
    @Inject(SettlementService) settlement: SettlementService,
  ) {
    collectDefaultMetrics({ register: this.#registry })
    this.#http = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer HTTP requests.',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers: [this.#registry],
    })
    this.#gauge('deparrow_journal_position', 'Position of the last event in the journal.', gauge => {
      gauge.set(ledger.head().position)
    })
    this.#gauge('deparrow_holds_open', 'Jobs whose credits are set aside.', gauge => gauge.set(market.heldCount()))
    this.#gauge('deparrow_nodes_connected', 'Compute nodes that are connected.', gauge => {
      gauge.set(market.nodes().length)
    })
    this.#gauge('deparrow_epoch_last', 'The last epoch that is closed in the journal.', gauge => {
      gauge.set(settlement.health().lastEpoch)
    })
    this.#gauge('deparrow_epoch_final', 'The last epoch that is final on chain.', gauge => {
      gauge.set(settlement.health().lastFinalEpoch)
    })
    this.#gauge('deparrow_settlement_ready', '1 while the chain is followed and nothing stands in its way.', gauge => {
      gauge.set(settlement.health().isReady ? 1 : 0)
    })
    this.#jobsByStatus(market)
    this.#end = market.subscribe((job, before) => this.#observe(job, before))
  }

  onApplicationShutdown(): void {
    this.#end()
    this.#registry.clear()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  observeHttp(method: string, route: string, status: number, seconds: number): void {
    this.#http.observe({ method, route, status }, seconds)
  }

  #observe(job: Job, before: Job | undefined): void {
    if (before === undefined) return
    if (before.startedAtMs === undefined && job.startedAtMs !== undefined) {
      this.#submitToRunning.observe((job.startedAtMs - job.submittedAtMs) / 1000)
    }
    if (before.settledAtMs === undefined && job.settledAtMs !== undefined && job.receiptAtMs !== undefined) {
      this.#receiptToMinted.observe(Math.max(0, job.settledAtMs - job.receiptAtMs) / 1000)
    }
  }

  #jobsByStatus(market: Market): void {
    new Gauge({
      name: 'deparrow_jobs',
      help: 'Jobs by status.',
      labelNames: ['status'],
      registers: [this.#registry],
      async collect() {
        const counts = await market.countByStatus()
        for (const status of ['pending', 'running', 'completed', 'failed', 'cancelled'] as const) {
          this.set({ status }, counts[status] ?? 0)
        }
      },
    })
  }

  #gauge(name: string, help: string, collect: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: () => collect(gauge) })
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: secondsBuckets, registers: [this.#registry] })
  }
}
