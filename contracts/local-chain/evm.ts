import { join } from 'node:path'
import type { HeaderRecord } from './log-record.ts'

/** The only chain id of the development chain: Hardhat's published accounts are refused on any other. */
export const LOCAL_CHAIN_ID = 31337

/** The rules that new chains start with. A chain keeps the hardfork in its log. */
export const LOCAL_CHAIN_HARDFORK = 'osaka'

const COINBASE = '0xc014ba5ec014ba5ec014ba5ec014ba5ec014ba5e'
const NO_FOLDER = join(import.meta.dirname, 'no-artifacts')
const BLOCK_GAS_LIMIT = 60_000_000n

/** A block as far as the log compares it. */
export type MinedBlock = { number: number; timestamp: number; hash: string; stateRoot: string; transactions: string[] }

/** Hardhat's simulated chain in this process's memory. It mines only when told to. */
export type Evm = {
  /** Rejects with Hardhat's `ProviderError`, which carries a JSON-RPC `code`. */
  request(method: string, params: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/**
 * Starts the chain at its genesis block. All that goes into a block hash is fixed here or in the header: the same
 * transactions and times give the same hashes, whatever was read in between.
 */
export async function createEvm(genesis: Pick<HeaderRecord, 'chainId' | 'hardfork' | 'initialDateMs'>): Promise<Evm> {
  // Hardhat reports unexpected failures over the network when it runs on a terminal; an embedded chain must not.
  process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true'
  // Loaded only here: what merely names this package's errors need not load Hardhat.
  const { createHardhatRuntimeEnvironment } = await import('hardhat/hre')
  const hardhat = await createHardhatRuntimeEnvironment(
    {
      // There is no such folder: Hardhat would load what a project compiled there, some 80 MB, for its stack traces.
      paths: { artifacts: NO_FOLDER, cache: NO_FOLDER },
      networks: {
        localChain: {
          type: 'edr-simulated',
          chainType: 'l1',
          chainId: genesis.chainId,
          hardfork: genesis.hardfork,
          initialDate: new Date(genesis.initialDateMs),
          coinbase: COINBASE,
          blockGasLimit: BLOCK_GAS_LIMIT,
          mining: { auto: false, interval: 0, mempool: { order: 'fifo' } },
          allowBlocksWithSameTimestamp: false,
          loggingEnabled: false,
        },
      },
    },
    {},
    import.meta.dirname,
  )
  const connection = await hardhat.network.create('localChain')
  return {
    request: (method, params) => connection.provider.request({ method, params }),
    close: () => connection.close(),
  }
}

/** Mines one block at exactly this time (seconds), with every transaction that is ready, in order of arrival. */
export async function mineBlock(evm: Evm, timestamp: number): Promise<MinedBlock> {
  await evm.request('evm_mine', [timestamp])
  return latestBlock(evm)
}

/** The newest block. */
export async function latestBlock(evm: Evm): Promise<MinedBlock> {
  const block = (await evm.request('eth_getBlockByNumber', ['latest', false])) as Record<string, string> & {
    transactions: string[]
  }
  return {
    number: Number(block['number']),
    timestamp: Number(block['timestamp']),
    hash: String(block['hash']),
    stateRoot: String(block['stateRoot']),
    transactions: block.transactions,
  }
}
