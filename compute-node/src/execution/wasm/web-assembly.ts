/** The few parts of the WebAssembly JavaScript interface that the engine uses; Node's own types leave them out. */
export type WebAssemblyMemory = { readonly buffer: ArrayBufferLike }
export type WebAssemblyInstance = { readonly exports: Readonly<Record<string, unknown>> }
export type HostFunction = (...values: never[]) => number | undefined

type WebAssemblyInterface = {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: Record<string, Record<string, HostFunction>>) => WebAssemblyInstance
  Memory: new (descriptor: { initial: number }) => WebAssemblyMemory
  RuntimeError: new (message?: string) => Error
  CompileError: new (message?: string) => Error
}

export const webAssembly: WebAssemblyInterface = (globalThis as unknown as { WebAssembly: WebAssemblyInterface })
  .WebAssembly
