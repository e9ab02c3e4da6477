import { Module } from '@nestjs/common'
import { ProjectorService } from './projector.service.ts'

/** Keeps the read model. Needs `JOURNAL_SOURCE` and `READ_MODEL` from a global module. */
@Module({ providers: [ProjectorService], exports: [ProjectorService] })
export class ProjectorModule {}
