import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Figure } from './figure.ts'

/** What `npm start` gives to Node.js. */
const productFlags = ['--max-semi-space-size=2', '--optimize-for-size']

/** Resident memory of a process of its own that holds the ledger's state and the tree of a closed epoch; see `memory-process.ts`. */
export async function memoryFigures(): Promise<readonly Figure[]> {
  const script = fileURLToPath(new URL('memory-process.js', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', ...productFlags, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the memory process ended with ${String(code)}`)
  const { withoutTree, withTree } = JSON.parse(output) as { withoutTree: number; withTree: number }
  return [
    {
      name: 'memory_1m',
      value: withTree,
      unit: 'MB',
      baseline: withoutTree,
      target: '≤ 700 (baseline: before the first epoch’s tree)',
      isMet: withTree <= 700,
    },
  ]
}
