import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Gauge, Histogram, type Registry } from 'prom-client'
import { secondsBuckets } from '../operations/buckets.ts'
import { gauge } from '../operations/gauge.ts'
import { MARKET, METRICS } from '../tokens.ts'
import type { Job } from './job.ts'
import type { Market } from './market.port.ts'

const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const

/** The market's figures: jobs, nodes, and how long jobs take to run and to be paid. */
@Injectable()
export class MarketMetrics implements OnApplicationShutdown {
  readonly #submitToRunning: Histogram
  readonly #receiptToMinted: Histogram
  readonly #end: () => void

  constructor(@Inject(METRICS) registry: Registry, @Inject(MARKET) market: Market) {
    this.#submitToRunning = histogram(registry, 'deparrow_job_submit_to_running_seconds', 'From submission to running.')
    this.#receiptToMinted = histogram(
      registry,
      'deparrow_job_receipt_to_minted_seconds',
      'From receipt to minted credits.',
    )
    gauge(registry, 'deparrow_holds_open', 'Jobs whose credits are set aside.', () => market.heldCount())
    gauge(
      registry,
      'deparrow_nodes_connected',
      'Compute nodes that are connected.',
      async () => (await market.nodes()).length,
    )
    jobsByStatus(registry, market)
    this.#end = market.subscribe((job, before) => this.#observe(job, before))
  }

  onApplicationShutdown(): void {
    this.#end()
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
}

function jobsByStatus(registry: Registry, market: Market): void {
  new Gauge({
    name: 'deparrow_jobs',
    help: 'Jobs by status.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      const counts = await market.countByStatus()
      for (const status of statuses) this.set({ status }, counts[status] ?? 0)
    },
  })
}

function histogram(registry: Registry, name: string, help: string): Histogram {
  return new Histogram({ name, help, buckets: secondsBuckets, registers: [registry] })
}
