import { canonicalJson } from '../canonical-json.ts'
import { bytesToHex, type Hex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { digestOfContentId } from './content-id.ts'

/** Limits that hold for every engine. Bytes and milliseconds. */
export type JobLimits = {
  readonly memoryBytesMax: number
  readonly wallMsMax: number
  readonly outputBytesMax: number
  readonly logBytesMax: number
}

/**
 * What to run. Standard input is the content of `inputCid`, standard output becomes the output, standard error the log.
 * A WebAssembly job sees WASI preview 1 without files and network.
 */
export type WasmJobSpec = {
  readonly engine: 'wasm'
  readonly moduleCid: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** `null`: empty standard input. */
  readonly inputCid: string | null
  /** `fuelMax` is a decimal string of a uint64. */
  readonly limits: JobLimits & { readonly fuelMax: string }
}

export type DockerJobSpec = {
  readonly engine: 'docker'
  readonly image: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly inputCid: string | null
  /** `cpuMillicoresMax` in thousandths of a core. */
  readonly limits: JobLimits & { readonly cpuMillicoresMax: number }
}

export type JobSpec = WasmJobSpec | DockerJobSpec

/** SHA-256 of the canonical JSON of the specification; the order signs it. */
export function jobSpecDigest(crypto: Pick<LedgerCrypto, 'sha256'>, spec: JobSpec): Hex {
  return bytesToHex(crypto.sha256(new TextEncoder().encode(canonicalJson(spec))))
}

/** Bounds of a specification; beyond them it is refused before anything else looks at it. */
export const jobSpecBounds = {
  argsMax: 64,
  argLengthMax: 4_096,
  envMax: 64,
  imageLengthMax: 256,
  memoryBytesMax: 2 ** 32,
  wallMsMax: 24 * 3_600_000,
  outputBytesMax: 64 * 2 ** 20,
  logBytesMax: 8 * 2 ** 20,
  fuelMax: 10n ** 15n,
  cpuMillicoresMax: 256_000,
} as const

export type JobSpecParse =
  | { readonly ok: true; readonly spec: JobSpec }
  | { readonly ok: false; readonly field: string; readonly problem: string }

/** Reads a specification from outside; names the first field that is missing, unknown or out of bounds. */
export function parseJobSpec(input: unknown): JobSpecParse {
  const spec = input as Record<string, unknown>
  if (!isRecord(input)) return bad('', 'expected an object')
  if (spec['engine'] !== 'wasm' && spec['engine'] !== 'docker') return bad('engine', 'expected wasm or docker')
  const code = spec['engine'] === 'wasm' ? 'moduleCid' : 'image'
  const known = ['engine', code, 'args', 'env', 'inputCid', 'limits']
  const unknown = Object.keys(spec).find(key => !known.includes(key))
  if (unknown !== undefined) return bad(unknown.slice(0, 64), 'is not a field of a job specification')
  if (code === 'moduleCid' && !isContentId(spec[code])) return bad(code, 'expected the CID of the module')
  if (code === 'image' && !isImage(spec[code])) return bad(code, 'expected the name of an image')
  if (!isArgs(spec['args'])) {
    return bad(
      'args',
      `expected at most ${jobSpecBounds.argsMax} texts of at most ${jobSpecBounds.argLengthMax} characters`,
    )
  }
  if (!isEnv(spec['env'])) return bad('env', `expected at most ${jobSpecBounds.envMax} named texts`)
  if (spec['inputCid'] !== null && !isContentId(spec['inputCid'])) return bad('inputCid', 'expected a CID or null')
  const limit = badLimit(spec['engine'], spec['limits'])
  return limit ?? { ok: true, spec: input as unknown as JobSpec }
}

function badLimit(engine: 'wasm' | 'docker', limits: unknown): JobSpecParse | undefined {
  if (!isRecord(limits)) return bad('limits', 'expected an object')
  const bounded = ['memoryBytesMax', 'wallMsMax', 'outputBytesMax', 'logBytesMax'] as const
  const own = engine === 'wasm' ? 'fuelMax' : 'cpuMillicoresMax'
  const unknown = Object.keys(limits).find(key => key !== own && !bounded.some(name => name === key))
  if (unknown !== undefined) return bad(`limits.${unknown.slice(0, 64)}`, 'is not a limit of this engine')
  const wrong = bounded.find(name => !isPositive(limits[name], jobSpecBounds[name]))
  if (wrong !== undefined) return bad(`limits.${wrong}`, `expected an integer from 1 to ${jobSpecBounds[wrong]}`)
  if (own === 'cpuMillicoresMax' && !isPositive(limits[own], jobSpecBounds.cpuMillicoresMax)) {
    return bad(`limits.${own}`, `expected an integer from 1 to ${jobSpecBounds.cpuMillicoresMax}`)
  }
  if (own === 'fuelMax' && !isFuel(limits[own])) {
    return bad(`limits.${own}`, `expected a decimal text from 1 to ${jobSpecBounds.fuelMax}`)
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isContentId(value: unknown): boolean {
  return typeof value === 'string' && digestOfContentId(value) !== undefined
}

function isImage(value: unknown): boolean {
  return (
    typeof value === 'string' && value.length <= jobSpecBounds.imageLengthMax && /^[a-z0-9][a-z0-9._/:@-]*$/.test(value)
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= jobSpecBounds.argLengthMax && !value.includes('\0')
}

function isArgs(value: unknown): boolean {
  return Array.isArray(value) && value.length <= jobSpecBounds.argsMax && value.every(isText)
}

function isEnv(value: unknown): boolean {
  if (!isRecord(value)) return false
  const names = Object.keys(value)
  return (
    names.length <= jobSpecBounds.envMax &&
    names.every(name => /^[A-Za-z_]\w{0,127}$/.test(name) && isText(value[name]))
  )
}

function isPositive(value: unknown, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max
}

function isFuel(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[1-9]\d{0,19}$/.test(value)) return false
  return BigInt(value) <= jobSpecBounds.fuelMax
}

function bad(field: string, problem: string): { readonly ok: false; readonly field: string; readonly problem: string } {
  return { ok: false, field, problem }
}
