import { parentPort } from 'node:worker_threads'
import { executeJob } from './execute-job.ts'
import { StreamWriter } from './job-stream.ts'
import { warmUp } from './warm-up.ts'
import type { WorkerJob, WorkerMessage } from './worker-protocol.ts'

/**
 * The thread of exactly one job: says that it is ready, takes a job, says how it ended, and is ended by the node. A job's
 * leftovers cannot meet the next job.
 */
const port = parentPort
if (port === null) throw new Error('This module runs in a worker thread.')

// A job may provoke errors by the million, and nobody reads where they came from.
Error.stackTraceLimit = 0

const send = (message: WorkerMessage) => port.postMessage(message)

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

port.once('message', ({ request, output, log }: WorkerJob) => {
  const cpuMsBefore = cpuMs()
  const result = executeJob(
    request,
    new StreamWriter(output, 'OUTPUT_LIMIT', () => undefined),
    new StreamWriter(log, 'LOG_LIMIT', () => send({ type: 'log' })),
    meter => send({ type: 'started', meter: meter.block }),
  )
  send(result.type === 'refused' ? result : { ...result, cpuMs: cpuMs() - cpuMsBefore })
})

warmUp()
send({ type: 'ready', cpuMs: cpuMs() })
