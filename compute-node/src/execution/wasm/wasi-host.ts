import { hostCallFuel, hostPieceCost, randomByteFuel } from '../../metering/cost-model.ts'
import { errno } from './errno.ts'
import type { FuelMeter } from './fuel-meter.ts'
import { GuestFaultError, GuestMemory } from './guest-memory.ts'
import type { StreamWriter } from './job-stream.ts'
import { RandomStream } from './random-stream.ts'
import { wasiSignatures } from './wasi-signatures.ts'
import { StandardStreams } from './wasi-streams.ts'
import type { HostFunction } from './web-assembly.ts'

/** The job ended itself. */
export class JobExitError extends Error {
  override readonly name = 'JobExitError'
  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`)
  }
}

/** What a job sees of the world. */
export type World = {
  /** The program's name is the first. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: Uint8Array
  readonly output: StreamWriter
  readonly log: StreamWriter
  readonly seed: Uint8Array
  readonly startedAtMs: number
  readonly meter: () => FuelMeter
}

export type WasiHost = { readonly memory: GuestMemory; readonly functions: Record<string, HostFunction> }

/** Each look at the clock moves it on by one millisecond: it never stands still, so a job that waits for it goes on. */
const clockStepNs = 1_000_000n

type WasiFunction = (...values: number[]) => number

/** The functions of WASI preview 1 over three streams, a clock and randomness that are functions of the request alone. */
export function createWasiHost(world: World): WasiHost {
  const memory = new GuestMemory()
  const charge = (bytes: number) => world.meter().charge(hostPieceCost(bytes))
  const streams = new StandardStreams(memory, charge, world.input, world.output, world.log)
  const granted: Record<string, WasiFunction> = {
    ...textFunctions('args', encodeAll(world.args), memory, charge),
    ...textFunctions(
      'environ',
      encodeAll(Object.entries(world.env).map(([name, value]) => `${name}=${value}`)),
      memory,
      charge,
    ),
    ...clockFunctions(world.startedAtMs, memory),
    ...streamFunctions(streams),
    random_get: randomFunction(new RandomStream(world.seed), memory, world.meter),
    proc_exit: exitCode => {
      throw new JobExitError(exitCode ?? 0)
    },
    sched_yield: () => errno.success,
  }
  const functions: Record<string, HostFunction> = {}
  for (const name of Object.keys(wasiSignatures)) {
    functions[name] = guarded(granted[name] ?? refusal(name, streams), world.meter)
  }
  return { memory, functions }
}

/** Charges the call and turns a bad address into an error number. All other throws end the job. */
function guarded(wasiFunction: WasiFunction, meter: () => FuelMeter): HostFunction {
  return (...values: number[]) => {
    meter().charge(hostCallFuel)
    try {
      return wasiFunction(...values)
    } catch (error) {
      if (error instanceof GuestFaultError) return errno.fault
      throw error
    }
  }
}

/** What the sandbox has none of: files and sockets answer that the descriptor is bad or may not, the rest that it is not there. */
function refusal(name: string, streams: StandardStreams): WasiFunction {
  if (name === 'poll_oneoff' || name === 'proc_raise') return () => errno.noSystemCall
  return descriptor => {
    const result = streams.check(descriptor ?? -1)
    return result === errno.success ? errno.notCapable : result
  }
}

function streamFunctions(streams: StandardStreams): Record<string, WasiFunction> {
  const notSeekable: WasiFunction = descriptor => streams.check(descriptor ?? -1) || errno.notSeekable
  return {
    fd_read: (fd = -1, vectors = 0, count = 0, result = 0) => streams.read(fd, vectors, count, result),
    fd_write: (fd = -1, vectors = 0, count = 0, result = 0) => streams.write(fd, vectors, count, result),
    fd_close: (fd = -1) => streams.close(fd),
    fd_sync: (fd = -1) => streams.check(fd),
    fd_datasync: (fd = -1) => streams.check(fd),
    fd_fdstat_get: (fd = -1, target = 0) => streams.describe(fd, target),
    fd_filestat_get: (fd = -1, target = 0) => streams.describeFile(fd, target),
    fd_prestat_get: () => errno.badDescriptor,
    fd_prestat_dir_name: () => errno.badDescriptor,
    fd_seek: notSeekable,
    fd_tell: notSeekable,
    fd_pread: notSeekable,
    fd_pwrite: notSeekable,
  }
}

const utf8 = new TextEncoder()

function encodeAll(texts: readonly string[]): Uint8Array[] {
  return texts.map(text => utf8.encode(`${text.replaceAll('\0', '')}\0`))
}

/** `args_get` and `args_sizes_get`, or the same for the environment. */
function textFunctions(
  name: 'args' | 'environ',
  texts: readonly Uint8Array[],
  memory: GuestMemory,
  charge: (bytes: number) => void,
): Record<string, WasiFunction> {
  const totalBytes = texts.reduce((sum, text) => sum + text.length, 0)
  const get: WasiFunction = (pointers = 0, target = 0) => {
    let at = target >>> 0
    for (const [index, text] of texts.entries()) {
      charge(text.length)
      memory.setU32((pointers >>> 0) + index * 4, at)
      memory.bytes(at, text.length).set(text)
      at += text.length
    }
    return errno.success
  }
  const sizes: WasiFunction = (count = 0, bytes = 0) => {
    memory.setU32(count, texts.length)
    memory.setU32(bytes, totalBytes)
    return errno.success
  }
  return { [`${name}_get`]: get, [`${name}_sizes_get`]: sizes }
}

/** Clock 0 tells the time of day, clock 1 the time since the start; the processor clocks 2 and 3 are not there. */
function clockFunctions(startedAtMs: number, memory: GuestMemory): Record<string, WasiFunction> {
  let elapsedNs = 0n
  const epochNs = BigInt(Math.trunc(startedAtMs)) * 1_000_000n
  const time: WasiFunction = (clock = 0, _precision = 0, target = 0) => {
    if (clock !== 0 && clock !== 1) return errno.invalid
    elapsedNs += clockStepNs
    memory.setU64(target, clock === 0 ? epochNs + elapsedNs : elapsedNs)
    return errno.success
  }
  const resolution: WasiFunction = (clock = 0, target = 0) => {
    if (clock !== 0 && clock !== 1) return errno.invalid
    memory.setU64(target, clockStepNs)
    return errno.success
  }
  return { clock_time_get: time, clock_res_get: resolution }
}

function randomFunction(random: RandomStream, memory: GuestMemory, meter: () => FuelMeter): WasiFunction {
  return (target = 0, length = 0) => {
    const bytes = memory.bytes(target, length)
    meter().charge(BigInt(bytes.length) * randomByteFuel)
    random.fill(bytes)
    return errno.success
  }
}
