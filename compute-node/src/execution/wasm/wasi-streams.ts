import { errno } from './errno.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { StreamWriter } from './job-stream.ts'

/** Takes the fuel for moving one piece of memory across the border of the sandbox; throws when there is not enough. */
export type ChargeBytes = (bytes: number) => void

const readRight = 1n << 1n
const writeRight = 1n << 6n
const iovecBytes = 8
const unknownFileType = 0

/** The three standard streams of a job: all the files it has. */
export class StandardStreams {
  private readonly isClosed = [false, false, false]
  private inputPosition = 0

  constructor(
    private readonly memory: GuestMemory,
    private readonly charge: ChargeBytes,
    private readonly input: Uint8Array,
    private readonly output: StreamWriter,
    private readonly log: StreamWriter,
  ) {}

  /** Success for an open stream. */
  check(descriptor: number): number {
    return this.isClosed[descriptor] === false ? errno.success : errno.badDescriptor
  }

  close(descriptor: number): number {
    const result = this.check(descriptor)
    if (result === errno.success) this.isClosed[descriptor] = true
    return result
  }

  read(descriptor: number, vectors: number, vectorCount: number, readBytesAt: number): number {
    const result = this.check(descriptor)
    if (result !== errno.success) return result
    if (descriptor !== 0) return errno.notCapable
    let readBytes = 0
    for (const target of this.vectors(vectors, vectorCount)) {
      const piece = this.input.subarray(this.inputPosition, this.inputPosition + target.length)
      this.charge(piece.length)
      target.set(piece)
      this.inputPosition += piece.length
      readBytes += piece.length
      if (piece.length < target.length) break
    }
    this.memory.setU32(readBytesAt, readBytes)
    return errno.success
  }

  write(descriptor: number, vectors: number, vectorCount: number, writtenBytesAt: number): number {
    const result = this.check(descriptor)
    if (result !== errno.success) return result
    if (descriptor === 0) return errno.notCapable
    const stream = descriptor === 1 ? this.output : this.log
    let writtenBytes = 0
    for (const source of this.vectors(vectors, vectorCount)) {
      this.charge(source.length)
      stream.write(source)
      writtenBytes += source.length
    }
    this.memory.setU32(writtenBytesAt, writtenBytes)
    return errno.success
  }

  /** `fdstat` of preview 1: type, flags, rights; 24 bytes. */
  describe(descriptor: number, target: number): number {
    const result = this.check(descriptor)
    if (result !== errno.success) return result
    this.memory.bytes(target, 24).fill(0)
    this.memory.setU8(target, unknownFileType)
    this.memory.setU64(target + 8, descriptor === 0 ? readRight : writeRight)
    return errno.success
  }

  /** `filestat` of preview 1: 64 bytes; a stream has no size and no times. */
  describeFile(descriptor: number, target: number): number {
    const result = this.check(descriptor)
    if (result === errno.success) this.memory.bytes(target, 64).fill(0)
    return result
  }

  /** The memory that a list of (address, length) pairs names, pair by pair; the list itself is charged too. */
  private *vectors(address: number, count: number): Generator<Uint8Array> {
    const listBytes = (count >>> 0) * iovecBytes
    this.memory.bytes(address, Math.min(listBytes, 0xffffffff))
    this.charge(listBytes)
    for (let at = address >>> 0; at < (address >>> 0) + listBytes; at += iovecBytes) {
      yield this.memory.bytes(this.memory.u32(at), this.memory.u32(at + 4))
    }
  }
}
