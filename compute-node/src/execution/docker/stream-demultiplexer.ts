/** Where the bytes of one stream go. Bytes past the limit are dropped, and `onLimit` is called once. */
export type Outlet = {
  readonly bytesMax: number
  readonly onBytes: (bytes: Uint8Array) => void
  readonly onLimit: () => void
}

const headerBytes = 8
const standardError = 2

/**
 * Takes apart what Docker Engine sends over an attached connection: frames of one byte stream number, three zero bytes
 * and a length as big-endian u32, then the bytes. Source: Engine API 1.41, "Attach to a container", stream format.
 */
export class StreamDemultiplexer {
  private readonly header = new Uint8Array(headerBytes)
  private headerFilled = 0
  private frameBytesLeft = 0
  readonly output: LimitedOutlet
  readonly log: LimitedOutlet

  constructor(output: Outlet, log: Outlet) {
    this.output = new LimitedOutlet(output)
    this.log = new LimitedOutlet(log)
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.frameBytesLeft > 0) {
        const piece = chunk.subarray(at, at + this.frameBytesLeft)
        this.frameBytesLeft -= piece.length
        at += piece.length
        const outlet = this.header[0] === standardError ? this.log : this.output
        outlet.take(piece)
      } else {
        at += this.fillHeader(chunk.subarray(at, at + headerBytes - this.headerFilled))
      }
    }
  }

  private fillHeader(piece: Uint8Array): number {
    this.header.set(piece, this.headerFilled)
    this.headerFilled += piece.length
    if (this.headerFilled === headerBytes) {
      this.headerFilled = 0
      this.frameBytesLeft = new DataView(this.header.buffer).getUint32(4)
    }
    return piece.length
  }
}

/** Counts and passes bytes on up to a limit. */
export class LimitedOutlet {
  bytes = 0
  private isFull = false

  constructor(private readonly outlet: Outlet) {}

  take(piece: Uint8Array): void {
    const fitting = piece.subarray(0, this.outlet.bytesMax - this.bytes)
    this.bytes += fitting.length
    if (fitting.length > 0) this.outlet.onBytes(fitting)
    if (fitting.length === piece.length || this.isFull) return
    this.isFull = true
    this.outlet.onLimit()
  }
}
