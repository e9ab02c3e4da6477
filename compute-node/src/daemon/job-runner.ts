import { type Clock, hexToBytes } from '@deparrow/ledger'
import type { ContentFolder } from '../content/content-folder.ts'
import { ContentMissingError, type ContentSource } from '../content/content-source.ts'
import type { JobEnd, JobRequest, RunOptions } from '../execution/engine.ts'
import { errorText, type NodeLog } from './node-log.ts'
import type { EngineSet } from './node-options.ts'
import type { AssignedJob } from './node-store.ts'
import { type JobResult, nodeFailure, noUsage, resultOf } from './receipt-maker.ts'

export type JobRunnerParts = {
  readonly engines: EngineSet
  readonly source: ContentSource
  readonly folder: ContentFolder
  readonly clock: Clock
  readonly log: NodeLog
}

/** What a run tells while it lasts. */
export type RunListener = {
  readonly onStarted: (startedAtMs: number) => void
  readonly onLog: (chunk: Uint8Array) => void
}

/** Runs accepted jobs: fetches what they need, starts the engine, stores the output. */
export class JobRunner {
  constructor(private readonly parts: JobRunnerParts) {}

  /** Runs a job to its end. Never rejects: whatever goes wrong on the node's side is a `failedByNode` result. */
  async run(job: AssignedJob, listener: RunListener, signal: AbortSignal): Promise<JobResult> {
    const { clock, log } = this.parts
    try {
      return await this.#run(job, listener, signal)
    } catch (error) {
      const nowMs = clock.nowMs()
      if (signal.aborted) return cancelledBeforeStart(nowMs)
      if (error instanceof ContentMissingError) return nodeFailure(nowMs, `CONTENT_${error.code}`, error.message)
      log({
        level: 'error',
        code: 'JOB_BROKE',
        message: `job ${job.orderDigest} broke its engine: ${errorText(error)}`,
      })
      return nodeFailure(nowMs, 'NODE_ERROR', 'the node could not run the job')
    }
  }

  async #run(job: AssignedJob, listener: RunListener, signal: AbortSignal): Promise<JobResult> {
    const { clock, folder } = this.parts
    const { spec } = job.offer
    const [module, input] = await Promise.all([
      spec.engine === 'wasm' ? this.parts.source.module(spec.moduleCid, signal) : new Uint8Array(),
      spec.inputCid === null ? new Uint8Array() : this.parts.source.input(spec.inputCid, signal),
    ])
    signal.throwIfAborted()
    const startedAtMs = clock.nowMs()
    const request = jobRequest(job, module, input, startedAtMs)
    if (request === undefined)
      return nodeFailure(startedAtMs, 'DEADLINE_PASSED', 'the deadline passed before the start')
    const onStarted = () => listener.onStarted(startedAtMs)
    const end = await this.#runEngine(request, { signal, onLog: listener.onLog, onStarted })
    const outputCid = end.outcome === 'completed' ? await folder.putOutput(end.output) : null
    return resultOf(end, startedAtMs, outputCid)
  }

  async #runEngine(request: JobRequest, options: RunOptions): Promise<JobEnd> {
    const { wasm, docker } = this.parts.engines
    if (request.engine === 'wasm' && wasm !== undefined) return wasm.run(request, options)
    if (request.engine === 'docker' && docker !== undefined) return docker.run(request, options)
    return { outcome: 'nodeFailed', message: `this node has no ${request.engine} engine any more`, usage: noUsage }
  }
}

/**
 * `undefined` when the deadline has passed: a job may not run beyond it, however long its own limit is. Seed and clock are the
 * order's digest and the start that the receipt names, so that whoever has both can run the job again to the same end.
 */
function jobRequest(job: AssignedJob, module: Uint8Array, input: Uint8Array, nowMs: number): JobRequest | undefined {
  const { spec, order } = job.offer
  const remainingMs = Number(order.message.deadline) * 1000 - nowMs
  if (remainingMs <= 0) return undefined
  const { args, env } = spec
  const { memoryBytesMax, outputBytesMax, logBytesMax } = spec.limits
  const wallMsMax = Math.min(spec.limits.wallMsMax, remainingMs)
  const limits = { memoryBytesMax, wallMsMax, outputBytesMax, logBytesMax }
  if (spec.engine === 'docker') {
    const { cpuMillicoresMax } = spec.limits
    return {
      engine: 'docker',
      image: spec.image,
      args,
      env,
      input,
      limits: { ...limits, cpuMillisMax: cpuMillicoresMax },
    }
  }
  return {
    engine: 'wasm',
    module,
    args,
    env,
    input,
    limits: { ...limits, fuelMax: BigInt(spec.limits.fuelMax) },
    seed: hexToBytes(job.orderDigest),
    startedAtMs: nowMs,
  }
}

function cancelledBeforeStart(nowMs: number): JobResult {
  const failure = { code: 'CANCELLED', message: 'the job was cancelled before it started' }
  return { outcome: 'cancelled', usage: noUsage, startedAtMs: nowMs, outputCid: null, failure }
}
