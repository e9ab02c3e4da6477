import { Module } from '@nestjs/common'
import { LEDGER_AUDIT } from '../tokens.ts'
import { AuditService } from './audit.service.ts'
import { AuditMetrics } from './audit-metrics.ts'

/**
 * Compares the journal with projections, bus and chain all the time. Needs `AUDIT_SOURCES`, `AUDIT_OPTIONS`, `CLOCK`, `CRYPTO` and
 * `METRICS` from a global module; gives `LEDGER_AUDIT`.
 */
@Module({
  providers: [AuditService, { provide: LEDGER_AUDIT, useExisting: AuditService }, AuditMetrics],
  exports: [LEDGER_AUDIT],
})
export class AuditModule {}
