import { type Address, type JobLimits, type JobSpec, parseJobSpec } from '@deparrow/ledger'
import { type Answer, refuse } from '../api/refusal.ts'
import { contentIdOfBytes } from '../content/content-id.ts'

/** What runs: a WebAssembly module by its bytes or by the CID under which it is stored, or a container image. */
export type JobProgram =
  | { readonly module: Uint8Array; readonly moduleCid?: never; readonly image?: never }
  | { readonly moduleCid: string; readonly module?: never; readonly image?: never }
  | { readonly image: string; readonly module?: never; readonly moduleCid?: never }

/** A job to buy. Everything but the program has a default. */
export type JobRequest = JobProgram & {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Standard input: bytes, or the CID of bytes that are stored. None: empty. */
  readonly input?: Uint8Array
  readonly inputCid?: string
  readonly limits?: Partial<JobLimits> & { readonly fuelMax?: bigint; readonly cpuMillicoresMax?: number }
  /** The most that the job may cost, in µcr. Default: the market's quote for everything that the limits allow. */
  readonly maxPriceMicrocredits?: bigint
  /** A fixed price in µcr for the completed job; 0 (the default) means that usage is priced by the rates. */
  readonly bidMicrocredits?: bigint
  /** 1 = normal (the default), 2 = high, at twice the price. */
  readonly priority?: 1 | 2
  /** Seconds from now by which the job must have ended. Default: twice its running time limit and ten minutes. */
  readonly deadlineSeconds?: number
  /** Seconds after the deadline in which the node may hand in its receipt. Default 900. */
  readonly graceSeconds?: number
  /** Another wallet that pays, under the permission that it has granted to this key. Default: this wallet itself. */
  readonly wallet?: Address
  /** Nonce lane, default 0. Orders signed side by side by several processes use different lanes. */
  readonly lane?: number
}

/** Limits of a job that names none: enough for a picture or a text, and small change if it runs wild. */
export const jobLimitsDefault = {
  memoryBytesMax: 128 * 2 ** 20,
  wallMsMax: 60_000,
  outputBytesMax: 16 * 2 ** 20,
  logBytesMax: 2 ** 20,
  fuelMax: 100_000_000_000n,
  cpuMillicoresMax: 1_000,
} as const

/** The specification of a request and the contents that must be stored before it is ordered. */
export type PreparedJob = { readonly spec: JobSpec; readonly contents: readonly Uint8Array[] }

/** Builds the specification; refuses with `MALFORMED` and the field when it is out of bounds. */
export function prepareJob(request: JobRequest): Answer<PreparedJob> {
  const { fuelMax, cpuMillicoresMax, ...limits } = { ...jobLimitsDefault, ...defined(request.limits ?? {}) }
  const common = {
    args: [...(request.args ?? [])],
    env: { ...request.env },
    inputCid: request.inputCid ?? (request.input === undefined ? null : contentIdOfBytes(request.input)),
  }
  const moduleCid = request.module === undefined ? request.moduleCid : contentIdOfBytes(request.module)
  const parsed = parseJobSpec(
    request.image === undefined
      ? { engine: 'wasm', moduleCid, ...common, limits: { ...limits, fuelMax: String(fuelMax) } }
      : { engine: 'docker', image: request.image, ...common, limits: { ...limits, cpuMillicoresMax } },
  )
  if (!parsed.ok) {
    const message = `${parsed.field === '' ? 'The job' : parsed.field}: ${parsed.problem}.`
    return refuse({ code: 'MALFORMED', message, field: parsed.field })
  }
  const inputs = request.inputCid === undefined && request.input !== undefined ? [request.input] : []
  return {
    ok: true,
    spec: parsed.spec,
    contents: [...(request.module === undefined ? [] : [request.module]), ...inputs],
  }
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
