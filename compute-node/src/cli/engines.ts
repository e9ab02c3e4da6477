import type { EngineSet } from '../daemon/node-options.ts'
import { WasmEngine } from '../execution/wasm/wasm-engine.ts'

/** The engines that this machine can offer; WebAssembly always. */
export async function openEngines(): Promise<EngineSet> {
  return { wasm: new WasmEngine() }
}
