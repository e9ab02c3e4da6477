import { type MeteredModule, meterExports, meterModule } from '../../metering/meter-module.ts'
import type { JobFailureReason, WasmJobRequest } from '../engine.ts'
import { checkDeclarations } from './check-module.ts'
import { FuelExhaustedError, FuelMeter, fuelBudget } from './fuel-meter.ts'
import { StreamLimitError, type StreamWriter } from './job-stream.ts'
import { pageBytes, tableElementsMax } from './limits.ts'
import { createWasiHost, JobExitError, type WasiHost } from './wasi-host.ts'
import { wasiModule } from './wasi-signatures.ts'
import { type WebAssemblyInstance, type WebAssemblyMemory, webAssembly } from './web-assembly.ts'
import type { WorkerEnd } from './worker-protocol.ts'

/** A worker's end without the processor time, which is the worker's to measure. */
export type JobResult = WorkerEnd extends infer End ? (End extends WorkerEnd ? Omit<End, 'cpuMs'> : never) : never

/** Checks, meters, compiles and runs one job in this thread. Returns when the job is over, however long that takes. */
export function executeJob(
  request: WasmJobRequest,
  output: StreamWriter,
  log: StreamWriter,
  onStarted: (meter: FuelMeter) => void,
): JobResult {
  const { memoryBytesMax } = request.limits
  const admission = checkDeclarations(request.module)
  if (!admission.ok) return { type: 'refused', code: admission.code, message: admission.message }
  const metered = meterModule(request.module, {
    memoryPagesMax: Math.floor(memoryBytesMax / pageBytes),
    tableElementsMax,
  })
  if (!metered.ok) return { type: 'refused', code: metered.code, message: metered.message }
  const compileMessage = compileError(request.module)
  if (compileMessage !== undefined) return { type: 'refused', code: 'MODULE_INVALID', message: compileMessage }
  if (admission.memoryBytesInitial > memoryBytesMax) {
    return failed('MEMORY_LIMIT', `The module starts with ${admission.memoryBytesInitial} bytes of memory.`)
  }
  return runMetered(request, metered, admission.memoryBytesInitial / pageBytes, { output, log, onStarted })
}

type JobOutlets = {
  readonly output: StreamWriter
  readonly log: StreamWriter
  readonly onStarted: (meter: FuelMeter) => void
}

function runMetered(
  request: WasmJobRequest,
  metered: MeteredModule,
  memoryPages: number,
  { output, log, onStarted }: JobOutlets,
): JobResult {
  let meter: FuelMeter | undefined
  const running = () => {
    if (meter === undefined) throw new MeterMissingError()
    return meter
  }
  const host = createWasiHost({ ...request, args: ['job', ...request.args], output, log, meter: running })
  const instance = instantiate(metered.module, host)
  if ('type' in instance) return instance
  meter = new FuelMeter(meterBlock(instance))
  meter.begin(fuelBudget(request.limits.fuelMax), memoryPages)
  onStarted(meter)
  try {
    if (metered.hasStart) callExport(instance, meterExports.start)
    callExport(instance, '_start')
    return { type: 'completed' }
  } catch (error) {
    return endOf(error, meter)
  }
}

/** The original is validated, not only what metering made of it: see `meterModule`. */
function compileError(module: Uint8Array): string | undefined {
  if (webAssembly.validate(module)) return undefined
  try {
    new webAssembly.Module(module)
  } catch (error) {
    if (error instanceof Error) return `The module does not compile: ${error.message}.`
  }
  return 'The module does not validate.'
}

/**
 * The instance, or a result when the module is too much for the compiler once it is metered, or when its data or element
 * segments do not fit. Throws what is the node's fault, such as no memory left.
 */
function instantiate(module: Uint8Array, host: WasiHost): WebAssemblyInstance | JobResult {
  try {
    const compiled = new webAssembly.Module(module)
    const instance = new webAssembly.Instance(compiled, { [wasiModule]: host.functions })
    host.memory.attach(instance)
    return instance
  } catch (error) {
    if (error instanceof webAssembly.RuntimeError)
      return failed('TRAP', `The module traps before it starts: ${error.message}.`)
    if (!(error instanceof webAssembly.CompileError)) throw error
    return {
      type: 'refused',
      code: 'MODULE_INVALID',
      message: `The metered module does not compile: ${error.message}.`,
    }
  }
}

function meterBlock(instance: WebAssemblyInstance): SharedArrayBuffer {
  const { buffer } = instance.exports[meterExports.meter] as WebAssemblyMemory
  if (!(buffer instanceof SharedArrayBuffer)) throw new MeterMissingError()
  return buffer
}

function callExport(instance: WebAssemblyInstance, name: string): void {
  const start = instance.exports[name] as () => void
  start()
}

function endOf(error: unknown, meter: FuelMeter): JobResult {
  if (error instanceof JobExitError) {
    if (error.exitCode === 0) return { type: 'completed' }
    return { ...failed('EXIT_CODE', `The job ended with exit code ${error.exitCode}.`), exitCode: error.exitCode }
  }
  if (error instanceof StreamLimitError) {
    return failed(error.reason, `The job wrote more ${error.reason === 'LOG_LIMIT' ? 'log' : 'output'} than it may.`)
  }
  if (error instanceof FuelExhaustedError || meter.isExhausted) {
    return failed('FUEL_EXHAUSTED', 'The job burnt all of its fuel.')
  }
  if (error instanceof RangeError) return failed('STACK_OVERFLOW', 'The job overflowed its call stack.')
  if (!(error instanceof webAssembly.RuntimeError)) throw error
  if (meter.isGrowthRefused) {
    return failed('MEMORY_LIMIT', `The job was refused more memory and then trapped: ${error.message}.`)
  }
  return failed('TRAP', `The job trapped: ${error.message}.`)
}

function failed(reason: JobFailureReason, message: string): Extract<JobResult, { type: 'failed' }> {
  return { type: 'failed', reason, message }
}

/** Metering did not export its block: a fault of this package, not of a job. */
export class MeterMissingError extends Error {
  override readonly name = 'MeterMissingError'
}
