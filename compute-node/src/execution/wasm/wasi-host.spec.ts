import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { WasmJobRequest } from '../engine.ts'
import * as programs from '../testing/wasi-programs.ts'
import { errno } from './errno.ts'
import { executeJob } from './execute-job.ts'
import { createSharedStream, StreamReader, StreamWriter } from './job-stream.ts'

const startedAtMs = 1_700_000_000_000

/** Runs a job in this thread; it must complete. */
function outputOf(module: Uint8Array, rest: Partial<WasmJobRequest> = {}): Buffer {
  const limits = { fuelMax: 10n ** 9n, memoryBytesMax: 1 << 20, wallMsMax: 0, outputBytesMax: 1 << 20, logBytesMax: 0 }
  const request = { args: [], env: {}, input: new Uint8Array(), limits, seed: new Uint8Array(32), startedAtMs }
  const output = createSharedStream(limits.outputBytesMax)
  const writer = new StreamWriter(output, 'OUTPUT_LIMIT', () => undefined)
  const log = new StreamWriter(createSharedStream(0), 'LOG_LIMIT', () => undefined)
  const result = executeJob({ ...request, engine: 'wasm', module, ...rest }, writer, log, () => undefined)
  assert.equal(result.type, 'completed', JSON.stringify(result))
  return Buffer.from(new StreamReader(output).readNew())
}

const recordBytes = 68

/** The error numbers and memory that calls of one function left. */
function probe(name: string, operands: readonly (number | bigint)[], times = 1, rest: Partial<WasmJobRequest> = {}) {
  const output = outputOf(programs.probe(name, operands, times), rest)
  assert.equal(output.length, recordBytes * times)
  return Array.from({ length: times }, (_, index) => {
    const record = output.subarray(index * recordBytes, (index + 1) * recordBytes)
    return { errno: record.readUInt32LE(0), memory: record.subarray(4) }
  })
}

const errnoOf = (name: string, ...operands: (number | bigint)[]) => probe(name, operands)[0]?.errno

describe('the world of a job', () => {
  it('has the arguments behind the name "job", and the environment that it was given, no other', () => {
    const output = outputOf(programs.describeWorld(), { args: ['--width', '64'], env: { LANG: 'C', EMPTY: '' } })
    assert.equal(output.toString(), 'job\0--width\x0064\0LANG=C\0EMPTY=\0')
  })

  it('has a clock that starts at the given time and moves one millisecond a look', () => {
    const times = probe('clock_time_get', [0, 1n, 1024], 3).map(({ memory }) => memory.readBigUInt64LE(0))
    const first = BigInt(startedAtMs) * 1_000_000n
    assert.deepEqual(times, [first + 1_000_000n, first + 2_000_000n, first + 3_000_000n])
  })

  it('has no processor clock', () => {
    assert.equal(errnoOf('clock_time_get', 2, 1n, 1024), errno.invalid)
    assert.equal(errnoOf('clock_res_get', 3, 1024), errno.invalid)
  })

  it('has randomness that its seed decides: the same for the same seed, another for another', () => {
    const randomOf = (seed: Uint8Array) =>
      probe('random_get', [1024, 64], 2, { seed }).map(({ memory }) => memory.toString('hex'))
    const zeros = randomOf(new Uint8Array(32))
    assert.deepEqual(randomOf(new Uint8Array(32)), zeros)
    assert.notEqual(zeros[0], zeros[1])
    assert.notDeepEqual(randomOf(createHash('sha256').digest()), zeros)
  })

  it('draws its randomness from the ChaCha20 key stream: first block of the first test vector of RFC 8439, appendix A.1', () => {
    const [record] = probe('random_get', [1024, 64])
    const expected =
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586'
    assert.equal(record?.memory.toString('hex'), expected)
  })
})

describe('a host call', () => {
  it('with an address outside the memory answers fault and does nothing', () => {
    assert.equal(errnoOf('random_get', 65_500, 64), errno.fault)
    assert.equal(errnoOf('random_get', -1, 2), errno.fault)
    assert.equal(errnoOf('clock_time_get', 0, 1n, 65_530), errno.fault)
    assert.equal(errnoOf('fd_write', 1, 65_532, 1, 0), errno.fault)
    assert.equal(errnoOf('fd_read', 0, -8, -1, 0), errno.fault)
    assert.equal(errnoOf('args_get', 65_534, 0), errno.fault)
  })

  it('on a file that is not there answers that the descriptor is bad; there is no folder to open from', () => {
    assert.equal(errnoOf('fd_prestat_get', 3, 1024), errno.badDescriptor)
    assert.equal(errnoOf('path_open', 3, 0, 1024, 4, 0, 0n, 0n, 0, 1024), errno.badDescriptor)
    assert.equal(errnoOf('fd_read', 3, 0, 1, 8), errno.badDescriptor)
    assert.equal(errnoOf('fd_write', -1, 0, 1, 8), errno.badDescriptor)
    assert.equal(errnoOf('fd_close', 3), errno.badDescriptor)
  })

  it('that a stream does not have answers not capable; streams cannot be sought in', () => {
    assert.equal(errnoOf('path_open', 0, 0, 1024, 4, 0, 0n, 0n, 0, 1024), errno.notCapable)
    assert.equal(errnoOf('sock_send', 1, 0, 0, 0, 0), errno.notCapable)
    assert.equal(errnoOf('fd_read', 1, 0, 1, 8), errno.notCapable)
    assert.equal(errnoOf('fd_write', 0, 0, 1, 8), errno.notCapable)
    assert.equal(errnoOf('fd_seek', 1, 0n, 0, 1024), errno.notSeekable)
  })

  it('that would wait or signal answers that there is no such call', () => {
    assert.equal(errnoOf('poll_oneoff', 0, 0, 1, 8), errno.noSystemCall)
    assert.equal(errnoOf('proc_raise', 9), errno.noSystemCall)
  })

  it('closes a stream once', () => {
    assert.deepEqual(
      probe('fd_close', [2], 2).map(record => record.errno),
      [errno.success, errno.badDescriptor],
    )
  })

  it('describes the streams: of no file type, input only readable, output only writable', () => {
    const rights = (descriptor: number) => probe('fd_fdstat_get', [descriptor, 1024])[0]?.memory.readBigUInt64LE(8)
    assert.deepEqual([rights(0), rights(1), rights(2)], [2n, 64n, 64n])
    assert.equal(probe('fd_fdstat_get', [1, 1024])[0]?.memory[0], 0)
  })
})
