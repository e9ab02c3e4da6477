import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Address, Clock, Hex } from '@deparrow/ledger'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import { custom, type EIP1193RequestFn, type LocalAccount, type Transport } from 'viem'

const chainId = 31_337
const blockGasLimit = 60_000_000n
const noFolder = join(import.meta.dirname, 'no-artifacts')
/** High above what blocks ask for, however full they are. */
const maxFeePerGasWei = 10n ** 13n

/** A call of a contract, and what its transaction may take. */
export type Call = { readonly to: Address; readonly data: Hex; readonly gas: bigint }

type Receipt = { readonly status: Hex; readonly gasUsed: Hex; readonly blockNumber: Hex }

/**
 * Hardhat's chain in this process, whose time is the run's own: it stands still until somebody lets it pass, and each block is a second later than
 * the one before it at least.
 */
export class SimulatedChain implements Clock {
  private blockSeconds: number

  private constructor(
    private ms: number,
    private readonly rpc: EIP1193RequestFn,
    readonly close: () => Promise<void>,
  ) {
    this.blockSeconds = Math.floor(ms / 1_000)
  }

  static async open(startMs: number): Promise<SimulatedChain> {
    process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true'
    const hardhat = await createHardhatRuntimeEnvironment(
      {
        paths: { artifacts: noFolder, cache: noFolder },
        networks: {
          month: {
            type: 'edr-simulated',
            chainType: 'l1',
            chainId,
            hardfork: 'osaka',
            initialDate: new Date(startMs),
            blockGasLimit,
            mining: { auto: false, interval: 0, mempool: { order: 'fifo' } },
            loggingEnabled: false,
          },
        },
      },
      {},
      import.meta.dirname,
    )
    const connection = await hardhat.network.create('month')
    const rpc = ((args: { method: string; params?: readonly unknown[] }) =>
      connection.provider.request({ method: args.method, params: args.params ?? [] })) as EIP1193RequestFn
    return new SimulatedChain(startMs, rpc, () => connection.close())
  }

  nowMs(): number {
    return this.ms
  }

  get nowSeconds(): bigint {
    return BigInt(Math.floor(this.ms / 1_000))
  }

  pass(seconds: number): void {
    this.ms += seconds * 1_000
  }

  /** For viem: a transaction is in a block before its hash is answered. */
  get transport(): Transport {
    return custom({ request: ({ method, params }) => this.requestMined(method, params) }, { retryCount: 0 })
  }

  /** A request of somebody outside: what is sent is in a block before it is answered. */
  async requestMined(method: string, params: unknown): Promise<unknown> {
    const answer = await this.request(method, params)
    if (method === 'eth_sendRawTransaction' || method === 'eth_sendTransaction') await this.mine()
    return answer
  }

  /** Lets time pass and shows it on the chain, for calls that are only asked. */
  async passTo(seconds: bigint): Promise<void> {
    this.ms = Math.max(this.ms, Number(seconds) * 1_000)
    await this.mine()
  }

  /** Sends calls that one of the chain's own accounts pays for, and sees each succeed. Returns the gas that they took. */
  async sendAll(from: Address, calls: readonly Call[]): Promise<bigint> {
    const hashes: Hex[] = []
    for (const { to, data, gas } of calls) {
      const fee = toHex(maxFeePerGasWei)
      const request = { from, to, data, gas: toHex(gas), maxFeePerGas: fee, maxPriorityFeePerGas: '0x1' }
      hashes.push((await this.request('eth_sendTransaction', [request])) as Hex)
    }
    return this.mineAll(hashes)
  }

  /** Sends calls of somebody with a key of its own, who gets what the gas costs. */
  async sendSigned(account: LocalAccount, calls: readonly Call[]): Promise<bigint> {
    await this.endow(account.address)
    const hashes: Hex[] = []
    let nonce = Number(await this.request('eth_getTransactionCount', [account.address, 'pending']))
    for (const call of calls) {
      const fees = { maxFeePerGas: maxFeePerGasWei, maxPriorityFeePerGas: 1n }
      const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce: nonce++, ...call, ...fees })
      hashes.push((await this.request('eth_sendRawTransaction', [raw])) as Hex)
    }
    return this.mineAll(hashes)
  }

  /** What somebody needs for gas. */
  async endow(account: Address): Promise<void> {
    await this.request('hardhat_setBalance', [account, toHex(10n ** 24n)])
  }

  async mine(): Promise<void> {
    this.blockSeconds = Math.max(this.blockSeconds + 1, Math.floor(this.ms / 1_000))
    await this.request('evm_mine', [this.blockSeconds])
    this.ms = Math.max(this.ms, this.blockSeconds * 1_000)
  }

  request(method: string, params: unknown): Promise<unknown> {
    return this.rpc({ method, params } as never)
  }

  private async mineAll(hashes: readonly Hex[]): Promise<bigint> {
    let gasUsed = 0n
    for (const hash of hashes) {
      let receipt = (await this.request('eth_getTransactionReceipt', [hash])) as Receipt | null
      if (receipt === null) {
        await this.mine()
        receipt = (await this.request('eth_getTransactionReceipt', [hash])) as Receipt | null
      }
      assert.equal(receipt?.status, '0x1', `the transaction ${hash} failed`)
      gasUsed += BigInt(receipt.gasUsed)
    }
    return gasUsed
  }
}

function toHex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
