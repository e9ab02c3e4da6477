import type { Engine, JobEnd, JobUsage, RunOptions, WasmJobRequest } from '../engine.ts'
import { type StartedWorker, startWorker, type WarmWorker } from './warm-worker.ts'
import { runInWorker } from './worker-run.ts'

/**
 * Runs WebAssembly jobs, each in a worker thread of its own that no other job has used or will use. One spare thread is
 * kept warm, so that a job starts within milliseconds. Jobs run side by side; how many is the caller's to decide.
 */
export class WasmEngine implements Engine<WasmJobRequest> {
  readonly name = 'wasm'
  private readonly closing = new AbortController()
  private readonly running = new Set<Promise<JobEnd>>()
  private spare: StartedWorker | undefined = startWorker()

  async run(request: WasmJobRequest, options: RunOptions): Promise<JobEnd> {
    if (this.closing.signal.aborted) {
      return { outcome: 'refused', code: 'ENGINE_CLOSED', message: 'The engine is closed.', usage: noUsage }
    }
    const end = this.runInFreshWorker(request, {
      ...options,
      signal: AbortSignal.any([options.signal, this.closing.signal]),
    })
    this.running.add(end)
    try {
      return await end
    } finally {
      this.running.delete(end)
      if (!this.closing.signal.aborted) this.spare ??= startWorker()
    }
  }

  async close(): Promise<void> {
    this.closing.abort()
    await Promise.allSettled(this.running)
    await this.spare?.worker.terminate()
    this.spare = undefined
  }

  private async runInFreshWorker(request: WasmJobRequest, options: RunOptions): Promise<JobEnd> {
    const { worker, ready } = this.spare?.isGone() === false ? this.spare : startWorker()
    this.spare = undefined
    worker.ref()
    let warm: WarmWorker
    try {
      warm = await ready
    } catch (error) {
      return { outcome: 'nodeFailed', message: describeError(error), usage: noUsage }
    }
    if (options.signal.aborted) {
      await worker.terminate()
      return { outcome: 'cancelled', message: 'The job was cancelled.', output: new Uint8Array(), usage: noUsage }
    }
    return runInWorker(warm, request, options)
  }
}

const noUsage: JobUsage = { fuel: 0n, cpuMs: 0, memoryBytesPeak: 0, wallMs: 0, logBytes: 0, outputBytes: 0 }

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
