import { Module } from '@nestjs/common'
import { ClearingService } from './clearing.service.ts'

/** For a ledger of several shards: takes what they send to this one. Needs `JOURNAL` and `SHARD_JOURNALS` from a global module. */
@Module({ providers: [ClearingService], exports: [ClearingService] })
export class ClearingModule {}
