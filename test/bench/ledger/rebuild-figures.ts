import { measureRebuild } from '../rebuild.ts'
import type { Figure } from './figure.ts'

/** Events a second out of a journal in SQLite: balances alone, and all projections with their indexes. */
export async function rebuildFigures(): Promise<readonly Figure[]> {
  const { balancesPerSecond, balancesOneThreadPerSecond, projectionsPerSecond } = await measureRebuild({
    eventCount: 500_000,
  })
  const isMet = balancesPerSecond >= 500_000
  return [
    {
      name: 'rebuild',
      value: balancesPerSecond,
      unit: 'events/s',
      baseline: balancesOneThreadPerSecond,
      target: '≥ 500 000 (baseline: one thread)',
      isMet,
    },
    { name: 'rebuild_all_projections', value: projectionsPerSecond, unit: 'events/s' },
  ]
}
