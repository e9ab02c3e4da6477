import type { JournalReads } from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import type { Registry } from 'prom-client'
import { gauge } from '../operations/gauge.ts'
import { JOURNAL, METRICS } from '../tokens.ts'

/** The writer's figures. */
@Injectable()
export class LedgerMetrics {
  constructor(@Inject(METRICS) registry: Registry, @Inject(JOURNAL) journal: Pick<JournalReads, 'head'>) {
    gauge(registry, 'deparrow_journal_position', 'Position of the last event in the journal.', () => {
      return journal.head().position
    })
  }
}
