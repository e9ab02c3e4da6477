import { Module } from '@nestjs/common'
import { LedgerService } from './ledger.service.ts'
import { LedgerMetrics } from './ledger-metrics.ts'

/** Keeps a journal's time for its writer. Needs `JOURNAL` and `METRICS` from a global module. */
@Module({ providers: [LedgerService, LedgerMetrics], exports: [LedgerService] })
export class LedgerModule {}
