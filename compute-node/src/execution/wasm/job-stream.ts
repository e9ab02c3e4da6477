/** A job went past what it may write; `reason` is why it fails. */
export class StreamLimitError extends Error {
  override readonly name = 'StreamLimitError'
  constructor(readonly reason: 'OUTPUT_LIMIT' | 'LOG_LIMIT') {
    super(reason)
  }
}

/**
 * A stream that a job's thread writes and the node's thread reads, in shared memory that grows up to the stream's limit:
 * nothing written is lost when the thread is ended in the middle of its work.
 */
export type SharedStream = { readonly content: SharedArrayBuffer; readonly header: SharedArrayBuffer }

const lengthIndex = 0
const noticeIndex = 1
const growthBytes = 65_536

export function createSharedStream(bytesMax: number): SharedStream {
  const content = new SharedArrayBuffer(0, { maxByteLength: bytesMax })
  return { content, header: new SharedArrayBuffer(8) }
}

/** The writing end, in the job's thread. */
export class StreamWriter {
  private readonly header: Int32Array
  private length = 0

  constructor(
    private readonly stream: SharedStream,
    private readonly reason: StreamLimitError['reason'],
    private readonly notify: () => void,
  ) {
    this.header = new Int32Array(stream.header)
  }

  /** Takes what fits; throws `StreamLimitError` when that is not all. */
  write(bytes: Uint8Array): void {
    const { content } = this.stream
    const fitting = bytes.subarray(0, content.maxByteLength - this.length)
    const needed = this.length + fitting.length
    if (needed > content.byteLength) {
      content.grow(Math.min(content.maxByteLength, Math.max(needed, content.byteLength * 2, growthBytes)))
    }
    new Uint8Array(content, this.length, fitting.length).set(fitting)
    this.length = needed
    Atomics.store(this.header, lengthIndex, needed)
    if (fitting.length > 0 && Atomics.exchange(this.header, noticeIndex, 1) === 0) this.notify()
    if (fitting.length < bytes.length) throw new StreamLimitError(this.reason)
  }
}

/** The reading end, in the node's thread. */
export class StreamReader {
  private readonly header: Int32Array
  private readBytes = 0

  constructor(private readonly stream: SharedStream) {
    this.header = new Int32Array(stream.header)
  }

  get length(): number {
    return Atomics.load(this.header, lengthIndex)
  }

  /** A copy of what was written since the last call; empty if nothing was. The writer will notify of the next write. */
  readNew(): Uint8Array {
    Atomics.store(this.header, noticeIndex, 0)
    const start = this.readBytes
    this.readBytes = this.length
    return new Uint8Array(this.stream.content, start, this.readBytes - start).slice()
  }
}
