import { parentPort, workerData } from 'node:worker_threads'
import { runSeed, type SeedResult } from './run-seed.ts'

/** What a worker thread is told: the next seed, or that there is none. */
export type SeedOrder = { readonly seed: number } | 'end'

const { commands } = workerData as { readonly commands: number }

parentPort?.on('message', (order: SeedOrder) => {
  if (order === 'end') return parentPort?.close()
  void run(order.seed).then(result => parentPort?.postMessage(result))
})

/** What the simulation itself throws is a failure of the seed like any other. */
async function run(seed: number): Promise<SeedResult> {
  try {
    return await runSeed({ seed, commands })
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const violation = { invariant: 'the simulation runs', detail }
    return { ...nothingRan, seed, violation }
  }
}

const nothingRan = { lastSteps: [], traceHash: '', steps: 0, simulatedMs: 0, answered: 0, counts: new Map() }
