import { parentPort } from 'node:worker_threads'
import { type BlockTask, checkTask } from './check-threads.ts'

/** A thread of `CheckThreads`: takes a block, and gives it back with what it found. */
parentPort?.on('message', (task: BlockTask) => {
  const checked = checkTask(task)
  parentPort?.postMessage(checked, [checked.lines.buffer])
})
