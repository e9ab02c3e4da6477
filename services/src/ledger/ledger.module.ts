import { Module } from '@nestjs/common'
import { LedgerService } from './ledger.service.ts'

/** Keeps a journal's time and its read model. Needs `JOURNAL` and `READ_MODEL` from a global module. */
@Module({ providers: [LedgerService], exports: [LedgerService] })
export class LedgerModule {}
