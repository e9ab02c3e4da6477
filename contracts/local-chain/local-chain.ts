import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BlockProducer } from './block-producer.ts'
import { ChainLog } from './chain-log.ts'
import { LocalChainOptionError, LocalChainRpcError } from './errors.ts'
import { createEvm, type Evm, LOCAL_CHAIN_HARDFORK, LOCAL_CHAIN_ID } from './evm.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { type HeaderRecord, LOG_VERSION } from './log-record.ts'
import { isLoopbackAddress, toUrlHost } from './loopback.ts'
import { READ_METHODS, RPC_CODES, refuseMethod } from './methods.ts'
import { type Replayed, replay } from './replay.ts'
import { listenRpc, type RpcServer } from './rpc-server.ts'

const BLOCK_INTERVAL_DEFAULT_MS = 1000
const BLOCK_INTERVAL_MAX_MS = 60_000

/**
 * With a block a second it is longer than the longest that something becomes possible by time alone after a transaction: an epoch is final A + A + W = 62 s
 * after a demand on it at the latest (`localPeriods` of the deployment).
 */
const EMPTY_BLOCKS_DEFAULT = 75

export type LocalChainOptions = {
  /** Holds `chain.log`, the chain itself; created when missing. One chain at a time uses it. */
  dataFolder: string
  /** 0 takes any free port. */
  port: number
  /** A loopback address; 127.0.0.1 unless given. */
  host?: string
  /** Block times come from it, in whole seconds. */
  clock: { nowMs(): number }
  /** 1000 unless given. Below 1000 block times, which ascend by a second at least, run ahead of the clock. */
  blockIntervalMs?: number
  /** Empty blocks after the last one with a transaction, 75 unless given; then the chain rests, so that an idle one does not grow. */
  emptyBlocks?: number
  /** Told in a sentence what happened to the chain. Nothing is printed otherwise. */
  log?: (message: string) => void
}

export type LocalChain = {
  readonly rpcUrl: string
  readonly port: number
  readonly chainId: typeof LOCAL_CHAIN_ID
  /** The same methods as over HTTP, without the network. Rejects with {@link LocalChainRpcError}. */
  request(method: string, params?: readonly unknown[]): Promise<unknown>
  /** Answers what is under way, then gives up port and folder. What was accepted but not mined waits in the log. */
  close(): Promise<void>
}

/**
 * Starts the development chain: Hardhat's simulated network with the accounts of its published mnemonic, JSON-RPC over
 * HTTP on loopback, and a log that it is replayed from. A transaction is on disk before its hash is answered and a
 * block before it can be read, so neither a restart nor `kill -9` loses or changes anything.
 *
 * Transactions are mined in order of arrival: at once if the newest block is not ahead of the clock, else as soon as
 * the clock reaches it, within `blockIntervalMs` in any case. After the last one `emptyBlocks` empty ones follow, then the
 * chain rests: it mines a block each four minutes until the next transaction. A start mines one block to catch up.
 *
 * Throws `LocalChainOptionError`, `LocalChainLockedError`, `LocalChainPortInUseError`, `LocalChainLogError`,
 * `LocalChainNewerVersionError`, `LocalChainDamagedError`, or the file system's error.
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const checked = checkOptions(options)
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(options.dataFolder)
  const parts: Closable = { lock }
  try {
    return await start(checked, parts)
  } catch (error) {
    // What failed first is what the caller needs to know.
    await closeAll(parts).catch(() => undefined)
    throw error
  }
}

type CheckedOptions = Required<LocalChainOptions>
type Closable = { lock: FolderLock; log?: ChainLog; evm?: Evm; producer?: BlockProducer; server?: RpcServer }

async function start(options: CheckedOptions, parts: Closable): Promise<LocalChain> {
  const { clock, blockIntervalMs, emptyBlocks, host } = options
  const { log, evm, replayed } = await openChain(options, parts)
  const producer = new BlockProducer({
    ...{ evm, log, clock, blockIntervalMs, emptyBlocks },
    latest: replayed.latest,
    report: options.log,
  })
  parts.producer = producer
  const request = (method: string, params: readonly unknown[] = []) => dispatch(producer, method, params)
  const server = await listenRpc({ host, port: options.port }, request)
  parts.server = server
  if (log.records.length > 0) await producer.catchUp(replayed.unminedCount > 0)
  let closing: Promise<void> | undefined
  return {
    rpcUrl: `http://${toUrlHost(host)}:${server.port}`,
    port: server.port,
    chainId: LOCAL_CHAIN_ID,
    request,
    close() {
      closing ??= closeAll(parts)
      return closing
    },
  }
}

async function openChain(options: CheckedOptions, parts: Closable) {
  const log = await ChainLog.open(join(options.dataFolder, 'chain.log'))
  parts.log = log
  const [first, ...records] = log.records
  const genesis = first?.type === 'header' ? first : newGenesis(options.clock)
  const evm = await createEvm(genesis)
  parts.evm = evm
  const client = String(await evm.request('web3_clientVersion', []))
  const header: HeaderRecord = { client, ...genesis }
  if (first === undefined) await log.append(header)
  if (log.cutBytes > 0) options.log(`Cut off ${log.cutBytes} bytes that a crash left unfinished in the chain's log.`)
  const replayed: Replayed = await replay(evm, header, records)
  options.log(`Replayed ${replayed.latest.number} blocks; ${replayed.unminedCount} transactions wait for the next.`)
  return { log, evm, replayed }
}

function newGenesis(clock: LocalChainOptions['clock']): Omit<HeaderRecord, 'client'> {
  const initialDateMs = Math.floor(clock.nowMs() / 1000) * 1000
  return {
    type: 'header',
    version: LOG_VERSION,
    chainId: LOCAL_CHAIN_ID,
    hardfork: LOCAL_CHAIN_HARDFORK,
    initialDateMs,
  }
}

async function dispatch(producer: BlockProducer, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    if (method === 'eth_accounts') return []
    if (method === 'eth_sendRawTransaction') return await producer.send(params)
    if (!READ_METHODS.has(method)) throw refuseMethod(method)
    return await producer.read(method, params)
  } catch (cause) {
    if (cause instanceof LocalChainRpcError) throw cause
    const { message, code, data } = cause as { message?: string; code?: unknown; data?: unknown }
    throw new LocalChainRpcError({
      code: typeof code === 'number' ? code : RPC_CODES.internalError,
      message: message ?? String(cause),
      data: data ?? undefined,
      cause,
    })
  }
}

function checkOptions(options: LocalChainOptions): CheckedOptions {
  const { host = '127.0.0.1', log = () => undefined, port } = options
  const { blockIntervalMs = BLOCK_INTERVAL_DEFAULT_MS, emptyBlocks = EMPTY_BLOCKS_DEFAULT } = options
  if (!isLoopbackAddress(host))
    throw new LocalChainOptionError(`${host} is no loopback address: this chain's keys are published, keep it local.`)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new LocalChainOptionError(`${port} is no port: give 0 to 65535.`)
  if (!Number.isInteger(blockIntervalMs) || blockIntervalMs < 1 || blockIntervalMs > BLOCK_INTERVAL_MAX_MS)
    throw new LocalChainOptionError(`A block interval of ${blockIntervalMs} ms is not 1 to ${BLOCK_INTERVAL_MAX_MS}.`)
  if (!Number.isInteger(emptyBlocks) || emptyBlocks < 0)
    throw new LocalChainOptionError(`${emptyBlocks} is no number of empty blocks: give 0 or more.`)
  return { ...options, host, blockIntervalMs, emptyBlocks, log }
}

/** What uses something is closed before it; a part that fails to close does not keep the folder locked. */
async function closeAll({ server, producer, log, evm, lock }: Closable): Promise<void> {
  try {
    await server?.close()
    await producer?.stop()
    await log?.close()
    await evm?.close()
  } finally {
    lock.release()
  }
}
