import { parentPort } from 'node:worker_threads'
import { type BlockTask, checkTask } from './check-threads.ts'

/** A thread of `CheckThreads`: takes a block, and gives it back with what it found; ends when it gets none. */
parentPort?.on('message', (task: BlockTask | undefined) => {
  if (task === undefined) return parentPort?.close()
  const checked = checkTask(task)
  parentPort?.postMessage(checked, [checked.lines.buffer])
})
