import { Module } from '@nestjs/common'
import { SETTLEMENT_VIEW } from '../tokens.ts'
import { SettlementService } from './settlement.service.ts'
import { SettlementMetrics } from './settlement-metrics.ts'

/**
 * Follows the chain and posts epochs. Needs `LEDGER`, `CLOCK`, `SETTLEMENT_CHAIN`, `SETTLEMENT_OPTIONS` and `METRICS` from a global
 * module.
 */
@Module({
  providers: [
    SettlementService,
    SettlementMetrics,
    {
      provide: SETTLEMENT_VIEW,
      inject: [SettlementService],
      useFactory: (settlement: SettlementService) => settlement.view,
    },
  ],
  exports: [SettlementService, SETTLEMENT_VIEW],
})
export class SettlementModule {}
