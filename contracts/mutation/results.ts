import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from './messages.ts'
import type { Mutant } from './mutants.ts'

const file = join(import.meta.dirname, 'results.json')

/** By the key of a mutant, what became of it. */
export type Results = Map<string, Status>

/** What earlier runs found out about mutants that are still there. */
export function readResults(mutants: readonly Mutant[]): Results {
  const known = new Set(mutants.map(({ key }) => key))
  const results: Results = new Map()
  for (const byStatus of Object.values(readStored())) {
    for (const [status, keys] of Object.entries(byStatus)) {
      for (const key of keys.split(' ')) if (known.has(key)) results.set(key, status as Status)
    }
  }
  return results
}

/** By source file and status, the keys in one line, so that a difference can be read. */
export function writeResults(mutants: readonly Mutant[], results: Results): void {
  const stored: Record<string, Record<string, string>> = {}
  for (const [source, found] of Map.groupBy(mutants, mutant => mutant.file)) {
    const tried = found.filter(({ key }) => results.has(key))
    const byStatus = [...Map.groupBy(tried, ({ key }) => results.get(key) as Status)]
    if (tried.length === 0) continue
    stored[source] = Object.fromEntries(
      byStatus
        .map(
          ([status, list]) =>
            [
              status,
              list
                .map(({ key }) => key)
                .sort()
                .join(' '),
            ] as const,
        )
        .sort(),
    )
  }
  writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`)
}

function readStored(): Record<string, Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
