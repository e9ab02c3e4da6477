import type { JobEnd, JobUsage, RunOptions, WasmJobRequest } from '../engine.ts'
import { FuelMeter, fuelBudget } from './fuel-meter.ts'
import { createSharedStream, StreamReader } from './job-stream.ts'
import { pageBytes } from './limits.ts'
import type { WarmWorker } from './warm-worker.ts'
import type { WorkerEnd, WorkerJob, WorkerMessage } from './worker-protocol.ts'

/** Longest that a node waits to learn the processor time of a job that it stops, in milliseconds. */
const cpuTimeWaitMs = 50

type Stop = { readonly outcome: 'timedOut' | 'cancelled'; readonly message: string }

/** One job in one worker. Ends the worker whatever happens, and resolves when its thread is gone. */
export async function runInWorker(warm: WarmWorker, request: WasmJobRequest, options: RunOptions): Promise<JobEnd> {
  const output = createSharedStream(request.limits.outputBytesMax)
  const log = createSharedStream(request.limits.logBytesMax)
  const observer = new JobObserver(request, new StreamReader(output), new StreamReader(log), options)
  const { worker } = warm
  worker.ref()
  const end = new Promise<(cpuMs: number) => JobEnd>(resolve => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'started') observer.start(new FuelMeter(message.meter))
      else if (message.type === 'log') observer.passLog()
      else if (message.type !== 'ready') resolve(() => observer.ended(message))
    })
    worker.once('error', error => resolve(cpuMs => observer.crashed(error, cpuMs)))
    worker.once('exit', () => resolve(cpuMs => observer.crashed(new Error('its thread ended'), cpuMs)))
    observer.onStop(stop => resolve(observer.stopped(stop)))
  })
  worker.postMessage({ request, output, log } satisfies WorkerJob)
  try {
    const describe = await end
    return describe(await cpuMsOf(warm))
  } finally {
    observer.close()
    await worker.terminate()
  }
}

/** Processor time of the job so far. A thread that does not tell in time is taken to have used none. */
async function cpuMsOf({ worker, cpuMsAtReady }: WarmWorker): Promise<number> {
  const none = { user: 0, system: 0 }
  const { promise: tooLate, resolve: giveUp } = Promise.withResolvers<typeof none>()
  const timer = setTimeout(() => giveUp(none), cpuTimeWaitMs)
  const { user, system } = await Promise.race([worker.cpuUsage().catch(() => none), tooLate])
  clearTimeout(timer)
  return Math.max(0, (user + system) / 1000 - cpuMsAtReady)
}

/** What the node's thread knows about a running job, and how it words the job's end. */
class JobObserver {
  private readonly beganAtMs = performance.now()
  private meter: FuelMeter | undefined
  private timer: NodeJS.Timeout | undefined
  private abort: (() => void) | undefined

  constructor(
    private readonly request: WasmJobRequest,
    private readonly output: StreamReader,
    private readonly log: StreamReader,
    private readonly options: RunOptions,
  ) {}

  start(meter: FuelMeter): void {
    this.meter = meter
    this.options.onStarted()
  }

  passLog(): void {
    const chunk = this.log.readNew()
    if (chunk.length > 0) this.options.onLog(chunk)
  }

  onStop(listener: (stop: Stop) => void): void {
    const { wallMsMax } = this.request.limits
    const message = `The job ran longer than ${wallMsMax} ms.`
    this.timer = setTimeout(() => listener({ outcome: 'timedOut', message }), wallMsMax)
    this.abort = () => listener({ outcome: 'cancelled', message: 'The job was cancelled.' })
    this.options.signal.addEventListener('abort', this.abort, { once: true })
  }

  close(): void {
    clearTimeout(this.timer)
    if (this.abort) this.options.signal.removeEventListener('abort', this.abort)
  }

  ended(end: WorkerEnd): JobEnd {
    this.passLog()
    if (end.type === 'refused') {
      return { outcome: 'refused', code: end.code, message: end.message, usage: this.usage(0) }
    }
    const usage = this.usage(end.cpuMs)
    const output = this.output.readNew()
    if (end.type === 'completed') return { outcome: 'completed', exitCode: 0, output, usage }
    const { reason, message, exitCode } = end
    return { outcome: 'failed', reason, message, output, usage, ...(exitCode === undefined ? {} : { exitCode }) }
  }

  /** The meter is read when the stop arrives: what the job burns until its thread is gone is nobody's to pay. */
  stopped(stop: Stop): (cpuMs: number) => JobEnd {
    const usage = this.usage(0)
    return cpuMs => {
      this.passLog()
      return { ...stop, output: this.output.readNew(), usage: { ...usage, cpuMs: Math.min(cpuMs, usage.wallMs) } }
    }
  }

  /** A thread that outgrew its heap did so on the module it was given; any other crash is the node's fault. */
  crashed(error: Error, cpuMs: number): JobEnd {
    this.passLog()
    const usage = this.usage(cpuMs)
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const message = 'The module needs more memory to compile than a worker has.'
      return { outcome: 'failed', reason: 'MEMORY_LIMIT', message, output: this.output.readNew(), usage }
    }
    return { outcome: 'nodeFailed', message: `The worker broke: ${error.message}.`, usage }
  }

  private usage(cpuMs: number): JobUsage {
    return {
      fuel: this.meter?.fuelUsed(fuelBudget(this.request.limits.fuelMax)) ?? 0n,
      cpuMs,
      memoryBytesPeak: (this.meter?.memoryPages ?? 0) * pageBytes,
      wallMs: performance.now() - this.beganAtMs,
      logBytes: this.log.length,
      outputBytes: this.output.length,
    }
  }
}
