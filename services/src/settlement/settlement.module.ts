import { Module } from '@nestjs/common'
import { SettlementService } from './settlement.service.ts'

/** Follows the chain and posts epochs. Needs `LEDGER`, `CLOCK`, `SETTLEMENT_CHAIN` and `SETTLEMENT_OPTIONS` from a global module. */
@Module({ providers: [SettlementService], exports: [SettlementService] })
export class SettlementModule {}
