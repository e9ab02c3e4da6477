import { Inject, Injectable } from '@nestjs/common'
import { Gauge, type Registry } from 'prom-client'
import { LEDGER_AUDIT, METRICS } from '../tokens.ts'
import type { AuditLegReport, LedgerAuditView } from './ledger-audit.port.ts'

/** How the audit stands, as figures by leg and shard. A leg that is not configured is left out. */
@Injectable()
export class AuditMetrics {
  constructor(
    @Inject(METRICS) private readonly registry: Registry,
    @Inject(LEDGER_AUDIT) private readonly audit: LedgerAuditView,
  ) {
    this.gauge(
      'deparrow_audit_position',
      'Last position up to which a leg was found to agree with the journal.',
      leg => {
        return leg.position
      },
    )
    this.gauge('deparrow_audit_lag_events', 'Events that a leg is behind what it is compared with.', leg => {
      return leg.lagEvents
    })
    this.gauge('deparrow_audit_mismatch', '1 while a leg differs from the journal.', leg => {
      return leg.alarm === undefined ? 0 : 1
    })
    this.gauge('deparrow_audit_last_ok_timestamp_seconds', 'When a leg was last found to agree.', leg => {
      return leg.lastOkAtMs === undefined ? undefined : leg.lastOkAtMs / 1_000
    })
  }

  private gauge(name: string, help: string, read: (leg: AuditLegReport) => number | undefined): void {
    const { registry, audit } = this
    new Gauge({
      name,
      help,
      labelNames: ['leg', 'shard'],
      registers: [registry],
      collect() {
        this.reset()
        for (const report of audit.report().legs) {
          const value = report.isConfigured ? read(report) : undefined
          if (value !== undefined) this.set({ leg: report.leg, shard: report.shard }, value)
        }
      },
    })
  }
}
