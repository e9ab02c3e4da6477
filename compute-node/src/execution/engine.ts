/**
 * The port between a compute node and whatever runs jobs for it.
 *
 * Every engine keeps one convention: standard input is the job's input, standard output is its output, standard error
 * is its log. A job sees no host file, no network, no clock but the one it is given and no randomness but its seed.
 */

/** What any job may use at most. An engine ends the job at the first limit that it passes. */
export type JobLimits = {
  /** Linear memory (WebAssembly) or control-group memory (Docker), in bytes. */
  readonly memoryBytesMax: number
  /** Wall-clock time between the start of the job's first instruction and its end, in milliseconds. */
  readonly wallMsMax: number
  /** Bytes that standard output may carry. */
  readonly outputBytesMax: number
  /** Bytes that standard error may carry. */
  readonly logBytesMax: number
}

type JobRequestBase = {
  /** Arguments after the program's own name, which engines set themselves. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Standard input, complete. */
  readonly input: Uint8Array
}

/** A WebAssembly program that imports nothing but WASI preview 1 and exports `_start`. */
export type WasmJobRequest = JobRequestBase & {
  readonly engine: 'wasm'
  /** The WebAssembly binary as the buyer submitted it; the engine meters it. */
  readonly module: Uint8Array
  readonly limits: JobLimits & {
    /** Fuel by the cost model in `metering/cost-model.ts`. */
    readonly fuelMax: bigint
  }
  /** 32 bytes, the digest of the order: all randomness that the job reads derives from it. */
  readonly seed: Uint8Array
  /** The only clock the job sees starts here, in milliseconds since the Unix epoch. */
  readonly startedAtMs: number
}

/** A container started from an image that the node holds or may pull. */
export type DockerJobRequest = JobRequestBase & {
  readonly engine: 'docker'
  /** Image reference, for example `busybox:latest` or a digest. */
  readonly image: string
  readonly limits: JobLimits & {
    /** Thousandths of a core that the container may keep busy. */
    readonly cpuMillisMax: number
  }
}

export type JobRequest = WasmJobRequest | DockerJobRequest

/** What a job used, complete or not. An engine never reports more than was used. */
export type JobUsage = {
  /** Fuel burnt; 0n for engines without fuel. */
  readonly fuel: bigint
  /** Processor time of the job, in milliseconds. */
  readonly cpuMs: number
  readonly memoryBytesPeak: number
  readonly wallMs: number
  readonly logBytes: number
  readonly outputBytes: number
}

/** Why a job failed through its own fault. */
export type JobFailureReason =
  /** The program ended by itself with an exit code other than 0. */
  | 'EXIT_CODE'
  /** An illegal operation: unreachable, division by zero, access out of bounds, wrong indirect call. */
  | 'TRAP'
  | 'FUEL_EXHAUSTED'
  | 'MEMORY_LIMIT'
  | 'STACK_OVERFLOW'
  | 'OUTPUT_LIMIT'
  | 'LOG_LIMIT'

/** Why an engine did not start a job. Nothing ran and nothing is owed. */
export type JobRefusalCode = ModuleRefusal['code'] | ImageRefusalCode | 'MODULE_INVALID' | 'ENGINE_CLOSED'

export type ImageRefusalCode =
  /** The image is not here and cannot be pulled. */
  | 'IMAGE_NOT_AVAILABLE'
  /** The image reference does not parse. */
  | 'IMAGE_REFERENCE_INVALID'

/** How a job ended. Every `run` ends in exactly one of these; `output` may be partial unless the job completed. */
export type JobEnd =
  | {
      readonly outcome: 'completed'
      readonly exitCode: 0
      readonly output: Uint8Array
      readonly usage: JobUsage
    }
  | {
      readonly outcome: 'failed'
      readonly reason: JobFailureReason
      readonly exitCode?: number
      readonly message: string
      readonly output: Uint8Array
      readonly usage: JobUsage
    }
  | { readonly outcome: 'timedOut'; readonly message: string; readonly output: Uint8Array; readonly usage: JobUsage }
  | { readonly outcome: 'cancelled'; readonly message: string; readonly output: Uint8Array; readonly usage: JobUsage }
  /** The engine would not start the job: see `code`. */
  | {
      readonly outcome: 'refused'
      readonly code: JobRefusalCode
      readonly message: string
      readonly usage: JobUsage
    }
  /** The node's own fault (its worker or its Docker Engine broke): by the price rules this pays the node nothing. */
  | { readonly outcome: 'nodeFailed'; readonly message: string; readonly usage: JobUsage }

export type RunOptions = {
  /** Aborting it cancels the job; `run` then resolves with `cancelled`. */
  readonly signal: AbortSignal
  /** Called with each piece of standard error while the job runs, in order. */
  readonly onLog: (chunk: Uint8Array) => void
  /** Called once, right before the job's first instruction. Not called for a job that is refused. */
  readonly onStarted: () => void
}

/** Runs jobs. `run` never rejects for anything a job does; it rejects for nothing but a broken engine invariant. */
export interface Engine<Request extends JobRequest = JobRequest> {
  readonly name: Request['engine']
  run(request: Request, options: RunOptions): Promise<JobEnd>
  /** Ends running jobs as cancelled and frees all that the engine holds. Calling it twice does no harm. */
  close(): Promise<void>
}

/** Why a WebAssembly module is not admitted. `message` is a full sentence naming the offending part. */
export type ModuleRefusal =
  | { readonly ok: false; readonly code: 'NOT_WEBASSEMBLY'; readonly message: string }
  | {
      readonly ok: false
      readonly code: 'MODULE_TOO_LARGE'
      readonly message: string
      readonly sizeBytes: number
      readonly sizeBytesMax: number
    }
  | {
      readonly ok: false
      readonly code: 'IMPORT_NOT_GRANTED'
      readonly message: string
      readonly importModule: string
      readonly importName: string
    }
  | { readonly ok: false; readonly code: 'FEATURE_NOT_GRANTED'; readonly message: string; readonly feature: string }
  | { readonly ok: false; readonly code: 'NO_START_FUNCTION'; readonly message: string }

/** What an admitted module declares. */
export type ModuleAdmission = {
  readonly ok: true
  readonly sizeBytes: number
  /** Linear memory that the module asks for before its first instruction, in bytes. */
  readonly memoryBytesInitial: number
}
