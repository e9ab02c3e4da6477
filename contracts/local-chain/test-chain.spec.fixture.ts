import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Hex, parseGwei } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type LocalChain, type LocalChainOptions, startLocalChain } from './local-chain.ts'

/** First account of Hardhat's published mnemonic. */
export const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

export const payee = '0x00000000000000000000000000000000000d09e5'

/** Genesis second of the tests' chains, and the time of their clocks unless moved. */
export const GENESIS_SECONDS = 1_790_000_000

export function manualClock() {
  const clock = { valueMs: GENESIS_SECONDS * 1000, nowMs: () => clock.valueMs }
  return clock
}

export function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'deparrow-chain-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A chain that is closed after the test. Its clock stands still: blocks come with ticks, one second apart. */
export async function openChain(t: TestContext, options: Partial<LocalChainOptions> = {}): Promise<LocalChain> {
  const dataFolder = options.dataFolder ?? createFolder(t)
  const chain = await startLocalChain({ port: 0, clock: manualClock(), blockIntervalMs: 5, ...options, dataFolder })
  t.after(() => chain.close())
  return chain
}

/** A block interval that no test lives to see. */
export const NEVER_MS = 60_000

/** A chain that mines nothing but its catching up: what is sent waits, for its clock was set back by an hour. */
export async function openWaitingChain(t: TestContext, dataFolder = createFolder(t)): Promise<LocalChain> {
  const clock = manualClock()
  const chain = await openChain(t, { dataFolder, clock, blockIntervalMs: NEVER_MS })
  clock.valueMs -= 3_600_000
  return chain
}

export function signTransfer(nonce: number, maxFeeGwei = '10'): Promise<Hex> {
  return account.signTransaction({
    chainId: 31337,
    nonce,
    to: payee,
    value: 7n,
    gas: 21_000n,
    maxFeePerGas: parseGwei(maxFeeGwei),
    maxPriorityFeePerGas: parseGwei(maxFeeGwei) / 10n,
  })
}

export async function sendTransfer(chain: LocalChain, nonce: number): Promise<string> {
  return String(await chain.request('eth_sendRawTransaction', [await signTransfer(nonce)]))
}

export type Block = { number: Hex; hash: Hex; stateRoot: Hex; timestamp: Hex; transactions: Hex[] }

/** The block that holds the transaction, as soon as there is one. */
export async function waitForBlockOf(chain: LocalChain, hash: string): Promise<Block> {
  for (;;) {
    const receipt = (await chain.request('eth_getTransactionReceipt', [hash])) as { blockNumber: Hex } | null
    if (receipt !== null) return (await chain.request('eth_getBlockByNumber', [receipt.blockNumber, false])) as Block
  }
}

export async function readBlocks(chain: LocalChain): Promise<Block[]> {
  const latest = Number(await chain.request('eth_blockNumber'))
  const numbers = Array.from({ length: latest + 1 }, (_, number) => `0x${number.toString(16)}`)
  return Promise.all(numbers.map(number => chain.request('eth_getBlockByNumber', [number, false]) as Promise<Block>))
}
