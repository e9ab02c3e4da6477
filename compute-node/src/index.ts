export type { NodeLog, NodeLogRecord } from './daemon/node-log.ts'
export type { EngineSet, NodeOptions, PayoutOptions } from './daemon/node-options.ts'
export * from './daemon/node-store-errors.ts'
export type {
  DockerJobRequest,
  Engine,
  JobEnd,
  JobRequest,
  JobUsage,
  RunOptions,
  WasmJobRequest,
} from './execution/engine.ts'
export { checkModule } from './execution/wasm/check-module.ts'
export { WasmEngine } from './execution/wasm/wasm-engine.ts'
export { type RunningNode, startNode } from './main.ts'
export { MarketAddressError } from './network/market-link.ts'
