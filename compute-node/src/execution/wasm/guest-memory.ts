import { type WebAssemblyInstance, webAssembly } from './web-assembly.ts'

/** The job passed an address outside its memory; the host call answers `fault`. */
export class GuestFaultError extends Error {
  override readonly name = 'GuestFaultError'
}

/** Bounds-checked access to a job's linear memory. All addresses and lengths arrive as i32 and count as unsigned. */
export class GuestMemory {
  private instance: WebAssemblyInstance | undefined
  private view: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0))

  attach(instance: WebAssemblyInstance): void {
    this.instance = instance
  }

  /** A view that is valid until the job runs on. */
  bytes(address: number, length: number): Uint8Array {
    const view = this.current()
    const start = address >>> 0
    const byteCount = length >>> 0
    if (start + byteCount > view.byteLength) throw new GuestFaultError()
    return new Uint8Array(view.buffer, start, byteCount)
  }

  u32(address: number): number {
    return this.at(address, 4).getUint32(address >>> 0, true)
  }

  setU8(address: number, value: number): void {
    this.at(address, 1).setUint8(address >>> 0, value)
  }

  setU32(address: number, value: number): void {
    this.at(address, 4).setUint32(address >>> 0, value, true)
  }

  setU64(address: number, value: bigint): void {
    this.at(address, 8).setBigUint64(address >>> 0, value, true)
  }

  private at(address: number, byteCount: number): DataView<ArrayBufferLike> {
    const view = this.current()
    if ((address >>> 0) + byteCount > view.byteLength) throw new GuestFaultError()
    return view
  }

  /** Growing replaces the buffer, so it is looked up each time. */
  private current(): DataView<ArrayBufferLike> {
    const memory = this.instance?.exports['memory']
    if (!(memory instanceof webAssembly.Memory)) throw new GuestFaultError()
    if (this.view.buffer !== memory.buffer) this.view = new DataView(memory.buffer)
    return this.view
  }
}
