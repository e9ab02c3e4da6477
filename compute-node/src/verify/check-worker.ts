import { parentPort } from 'node:worker_threads'
import { type BlockTask, checkTask } from './check-threads.ts'

/** A thread of `CheckThreads`: takes a block, and answers with what it found. */
parentPort?.on('message', (task: BlockTask) => parentPort?.postMessage(checkTask(task)))
