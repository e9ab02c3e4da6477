import type { Stream } from '@libp2p/interface'
import { ProtocolViolationError } from './errors.ts'

/** Reading stops here until the reader has caught up; Yamux then stops the sender. */
const bufferedBytesMax = 512 * 1024

const lengthBytes = 4

/**
 * Reads a stream as frames (a big-endian uint32 length, then as many bytes) or as raw bytes, without ever buffering more
 * than a bounded amount. Make it as soon as the stream is there: what arrives before is the stream's own to keep.
 */
export class FrameReader {
  readonly #stream: Stream
  #chunks: Uint8Array[] = []
  #bufferedBytes = 0
  #hasEnded = false
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', event => this.#received(event.data.subarray()))
    stream.addEventListener('end', () => this.#ended())
    stream.addEventListener('close', event => {
      if (event.error !== undefined) this.#failure ??= event.error
      if (event.error !== undefined || stream.readBufferLength === 0) this.#ended()
    })
    if (stream.readableEnded) this.#hasEnded = true
  }

  /**
   * The next frame, or `undefined` when the stream ended before one began. Throws {@link ProtocolViolationError} with
   * `FRAME_TOO_LARGE` before a byte of a frame above `bytesMax` is kept, with `FRAME_INCOMPLETE` when it breaks off.
   */
  async readFrame(bytesMax: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    await this.#waitFor(1, signal)
    if (this.#bufferedBytes === 0) return undefined
    const header = await this.readBytes(lengthBytes, signal)
    const length = new DataView(header.buffer, header.byteOffset, lengthBytes).getUint32(0)
    if (length > bytesMax) {
      throw new ProtocolViolationError('FRAME_TOO_LARGE', `a frame of ${length} bytes, at most ${bytesMax} are allowed`)
    }
    return this.readBytes(length, signal)
  }

  /** Exactly so many bytes. The caller bounds `byteCount`. */
  async readBytes(byteCount: number, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(byteCount)
    let offset = 0
    while (offset < byteCount) {
      await this.#waitFor(1, signal)
      if (this.#bufferedBytes === 0) {
        throw new ProtocolViolationError('FRAME_INCOMPLETE', `the stream ended after ${offset} of ${byteCount} bytes`)
      }
      offset += this.#take(bytes, offset)
    }
    return bytes
  }

  /** Resolves when so many bytes are buffered, or the stream has ended; rejects when it was reset or `signal` aborts. */
  async #waitFor(byteCount: number, signal: AbortSignal): Promise<void> {
    while (this.#bufferedBytes < byteCount) {
      signal.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure
      if (this.#hasEnded) return
      await new Promise<void>((resolve, reject) => {
        const aborted = () => reject(signal.reason)
        signal.addEventListener('abort', aborted, { once: true })
        this.#wake = () => {
          signal.removeEventListener('abort', aborted)
          resolve()
        }
      })
    }
  }

  #take(target: Uint8Array, offset: number): number {
    const chunk = this.#chunks[0]
    if (chunk === undefined) return 0
    const taken = chunk.subarray(0, target.length - offset)
    target.set(taken, offset)
    if (taken.length === chunk.length) this.#chunks.shift()
    else this.#chunks[0] = chunk.subarray(taken.length)
    this.#bufferedBytes -= taken.length
    if (this.#bufferedBytes === 0 && this.#stream.readStatus === 'paused') this.#stream.resume()
    return taken.length
  }

  #received(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bufferedBytes += chunk.length
    if (this.#bufferedBytes > bufferedBytesMax && this.#stream.readStatus === 'readable') this.#stream.pause()
    this.#wakeReader()
  }

  #ended(): void {
    this.#hasEnded = true
    this.#wakeReader()
  }

  #wakeReader(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** Sends one frame; resolves when the stream can take more. */
export async function writeFrame(stream: Stream, payload: Uint8Array, signal: AbortSignal): Promise<void> {
  const frame = new Uint8Array(lengthBytes + payload.length)
  new DataView(frame.buffer).setUint32(0, payload.length)
  frame.set(payload, lengthBytes)
  await writeBytes(stream, frame, signal)
}

/** Sends bytes as they are; resolves when the stream can take more. */
export async function writeBytes(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!stream.send(bytes)) await stream.onDrain({ signal })
}
