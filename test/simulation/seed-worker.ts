import { parentPort, workerData } from 'node:worker_threads'
import { runSeed, type SeedResult } from './run-seed.ts'

/** What a worker thread is told: the next seed, or that there is none. */
export type SeedOrder = { readonly seed: number } | 'end'

const { commands } = workerData as { readonly commands: number }

parentPort?.on('message', (order: SeedOrder) => {
  if (order === 'end') return parentPort?.close()
  void run(order.seed).then(result => parentPort?.postMessage(result))
})

/** A seed takes seconds; one that takes this long waits for what nothing wakes. */
const realMsMax = 300_000

/** What the simulation itself throws is a failure of the seed like any other, and so is a seed that does not end. */
async function run(seed: number): Promise<SeedResult> {
  const overdue = Promise.withResolvers<never>()
  const timer = setTimeout(() => overdue.reject(new Error(`no end after ${realMsMax} ms`)), realMsMax)
  try {
    return await Promise.race([runSeed({ seed, commands }), overdue.promise])
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const violation = { invariant: 'the simulation runs', detail }
    return { ...nothingRan, seed, violation }
  } finally {
    clearTimeout(timer)
  }
}

const nothingRan = { lastSteps: [], traceHash: '', steps: 0, simulatedMs: 0, answered: 0, counts: new Map() }
