import { Worker } from 'node:worker_threads'
import type { SimulationOptions } from './options.ts'
import type { SeedResult } from './run-seed.ts'
import type { SeedOrder } from './seed-worker.ts'

/** Runs seeds on worker threads, each one wholly on one of them, and gives every result to `onResult` as it comes. */
export async function runSeeds(
  { firstSeed, seeds, commands, workers }: Pick<SimulationOptions, 'firstSeed' | 'seeds' | 'commands' | 'workers'>,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  let next = firstSeed
  const take = (): SeedOrder => (next < firstSeed + seeds ? { seed: next++ } : 'end')
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, () => runWorker(commands, take, onResult)))
}

function runWorker(commands: number, take: () => SeedOrder, onResult: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('seed-worker.js', import.meta.url), { workerData: { commands } })
    worker.on('message', (result: SeedResult) => {
      onResult(result)
      worker.postMessage(take())
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve())
    worker.postMessage(take())
  })
}
