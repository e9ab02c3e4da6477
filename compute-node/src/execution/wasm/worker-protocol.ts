import type { JobFailureReason, JobRefusalCode, WasmJobRequest } from '../engine.ts'
import type { SharedStream } from './job-stream.ts'

/** What the node's thread sends to a worker: one job, once. */
export type WorkerJob = {
  readonly request: WasmJobRequest
  readonly output: SharedStream
  readonly log: SharedStream
}

/** How a job ended as its own thread saw it. */
export type WorkerEnd =
  | { readonly type: 'refused'; readonly code: JobRefusalCode; readonly message: string }
  | { readonly type: 'completed'; readonly cpuMs: number }
  | {
      readonly type: 'failed'
      readonly reason: JobFailureReason
      readonly exitCode?: number
      readonly message: string
      readonly cpuMs: number
    }

export type WorkerMessage =
  /** The worker is warm and waits for a job. */
  | { readonly type: 'ready'; readonly cpuMs: number }
  /** Right before the job's first instruction. */
  | { readonly type: 'started'; readonly meter: SharedArrayBuffer }
  /** There is something new in the log. */
  | { readonly type: 'log' }
  | WorkerEnd
