import { parentPort, workerData } from 'node:worker_threads'
import { StoreDamagedError } from '@deparrow/ledger'
import { foldRange, type JournalRange, type RangeAnswer } from './fold-balances.ts'

/** Errors lose their class between threads, so the one that callers know goes as a text. */
async function answer(): Promise<RangeAnswer> {
  try {
    return { balances: await foldRange(workerData as JournalRange) }
  } catch (error) {
    if (error instanceof StoreDamagedError) return { damage: error.message }
    throw error
  }
}

parentPort?.postMessage(await answer())
