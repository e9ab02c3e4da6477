import { Worker } from 'node:worker_threads'
import { stackMebibytes, workerHeapMebibytes, workerYoungHeapMebibytes } from './limits.ts'
import type { WorkerMessage } from './worker-protocol.ts'

/** A worker thread that has loaded everything and waits for its one job. */
export type WarmWorker = {
  readonly worker: Worker
  /** Processor time that the thread had used when it became ready. */
  readonly cpuMsAtReady: number
}

/** A worker on its way to being warm. */
export type StartedWorker = {
  readonly worker: Worker
  readonly ready: Promise<WarmWorker>
  /** Whether its thread has broken or ended. */
  readonly isGone: () => boolean
}

/**
 * Starts a worker. It does not keep the process alive until it is given a job. Rejects when the thread ends before it is
 * ready, which is the node's fault.
 */
export function startWorker(): StartedWorker {
  const worker = new Worker(new URL('./job-worker.js', import.meta.url), {
    name: 'deparrow-job',
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      stackSizeMb: stackMebibytes,
      maxOldGenerationSizeMb: workerHeapMebibytes,
      maxYoungGenerationSizeMb: workerYoungHeapMebibytes,
    },
  })
  worker.unref()
  let isGone = false
  // These listeners stay: an error that nobody listens to would end the process.
  for (const event of ['error', 'exit']) {
    worker.on(event, () => {
      isGone = true
    })
  }
  const ready = new Promise<WarmWorker>((resolve, reject) => {
    const failed = (cause: unknown) => reject(new WorkerStartError({ cause }))
    worker.once('error', failed)
    worker.once('exit', failed)
    worker.once('message', (message: WorkerMessage) => {
      worker.off('error', failed).off('exit', failed)
      if (message.type === 'ready') resolve({ worker, cpuMsAtReady: message.cpuMs })
      else failed(message)
    })
  })
  ready.catch(() => undefined)
  return { worker, ready, isGone: () => isGone }
}

/** A worker thread ended before it was ready for a job. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError'
  constructor(options: ErrorOptions) {
    super('A worker thread for jobs did not start.', options)
  }
}
