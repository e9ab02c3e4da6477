import { Module } from '@nestjs/common'
import { LedgerService } from './ledger.service.ts'

/** Keeps a journal's time for its writer. Needs `JOURNAL` from a global module. */
@Module({ providers: [LedgerService], exports: [LedgerService] })
export class LedgerModule {}
