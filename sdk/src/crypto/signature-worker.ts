import { parentPort } from 'node:worker_threads'
import { answerPairs } from './answer-pairs.ts'

/** The thread of `SignatureChecks`: takes a batch, and hands the same memory back with the answers in it. */
parentPort?.on('message', (batch: ArrayBuffer) => {
  answerPairs(batch)
  parentPort?.postMessage(batch, [batch])
})
