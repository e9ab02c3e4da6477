import { LocalChainRpcError } from './errors.ts'

/** JSON-RPC 2.0 section 5.1 and EIP-1474 error codes. */
export const RPC_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  methodNotSupported: -32004,
  limitExceeded: -32005,
} as const

/** What may be asked of the chain besides sending a signed transaction: nothing here changes what blocks hold. */
export const READ_METHODS: ReadonlySet<string> = new Set([
  'eth_blobBaseFee',
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_coinbase',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getCode',
  'eth_getFilterChanges',
  'eth_getFilterLogs',
  'eth_getLogs',
  'eth_getProof',
  'eth_getStorageAt',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_newBlockFilter',
  'eth_newFilter',
  'eth_newPendingTransactionFilter',
  'eth_pendingTransactions',
  'eth_syncing',
  'eth_uninstallFilter',
  'net_version',
  'web3_clientVersion',
  'web3_sha3',
])

const UNLOCKED_ACCOUNT_METHODS: ReadonlySet<string> = new Set([
  'eth_requestAccounts',
  'eth_sendTransaction',
  'eth_sign',
  'eth_signTransaction',
  'eth_signTypedData',
  'eth_signTypedData_v3',
  'eth_signTypedData_v4',
])

/** Why a method that is neither a read nor `eth_sendRawTransaction` is not answered. */
export function refuseMethod(method: string): LocalChainRpcError {
  if (UNLOCKED_ACCOUNT_METHODS.has(method) || method.startsWith('personal_') || method.startsWith('wallet_'))
    return notSupported(
      `${method} is refused: this chain holds no unlocked accounts. Sign, then eth_sendRawTransaction.`,
    )
  if (/^(hardhat|evm|anvil|ganache)_/.test(method))
    return notSupported(`${method} is refused: it would change the chain in a way that a restart could not replay.`)
  if (method.startsWith('debug_')) return notSupported(`${method} is refused: this chain keeps no traces.`)
  if (method === 'eth_subscribe' || method === 'eth_unsubscribe')
    return notSupported(`${method} is refused: HTTP has no subscriptions. Poll, or use eth_newFilter.`)
  return new LocalChainRpcError({ code: RPC_CODES.methodNotFound, message: `The method ${method} does not exist.` })
}

function notSupported(message: string): LocalChainRpcError {
  return new LocalChainRpcError({ code: RPC_CODES.methodNotSupported, message })
}
