import { ByteWriter } from '../../metering/byte-writer.ts'
import { exportKind } from '../../metering/declarations.ts'
import { sectionId } from '../../metering/sections.ts'
import { executeJob } from './execute-job.ts'
import { createSharedStream, StreamWriter } from './job-stream.ts'
import { wasiModule } from './wasi-signatures.ts'

/** Runs a program of three instructions once, so that the first real job finds all code loaded and the compiler awake. */
export function warmUp(): void {
  const sink = () => new StreamWriter(createSharedStream(0), 'LOG_LIMIT', () => undefined)
  const limits = { fuelMax: 1_000n, memoryBytesMax: 65_536, wallMsMax: 1_000, outputBytesMax: 0, logBytesMax: 0 }
  const request = { args: [], env: {}, input: new Uint8Array(), limits, seed: new Uint8Array(32), startedAtMs: 0 }
  executeJob({ ...request, engine: 'wasm', module: smallestProgram() }, sink(), sink(), () => undefined)
}

/** Imports `sched_yield`, has one page of memory, and a `_start` that calls the import and drops its result. */
function smallestProgram(): Uint8Array {
  const section = (id: number, content: ByteWriter) => module.byte(id).sized(content.finish())
  const module = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
  section(sectionId.type, new ByteWriter().bytes([2, 0x60, 0, 1, 0x7f, 0x60, 0, 0]))
  section(sectionId.import, new ByteWriter().u32(1).name(wasiModule).name('sched_yield').bytes([0, 0]))
  section(sectionId.function, new ByteWriter().bytes([1, 1]))
  section(sectionId.memory, new ByteWriter().bytes([1, 0, 1]))
  const exports = new ByteWriter().u32(2).name('_start').bytes([exportKind.function, 1])
  section(sectionId.export, exports.name('memory').bytes([exportKind.memory, 0]))
  section(sectionId.code, new ByteWriter().bytes([1, 5, 0, 0x10, 0, 0x1a, 0x0b]))
  return module.finish()
}
