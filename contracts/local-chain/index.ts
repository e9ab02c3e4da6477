export {
  type BlockMismatch,
  LocalChainDamagedError,
  LocalChainLockedError,
  LocalChainLogError,
  LocalChainNewerVersionError,
  LocalChainOptionError,
  LocalChainPortInUseError,
  LocalChainRpcError,
} from './errors.ts'
export { LOCAL_CHAIN_ID } from './evm.ts'
export { BATCH_REQUESTS_MAX } from './json-rpc.ts'
export { type LocalChain, type LocalChainOptions, startLocalChain } from './local-chain.ts'
export { READ_METHODS, RPC_CODES } from './methods.ts'
export { BODY_BYTES_MAX } from './rpc-server.ts'
