import type { Registry } from 'prom-client'
import { gauge } from '../operations/gauge.ts'

/** The figure that every process has that writes or follows a journal. */
export function journalPositionGauge(registry: Registry, read: () => number): void {
  gauge(registry, 'deparrow_journal_position', 'Position of the last event in the journal.', read)
}
