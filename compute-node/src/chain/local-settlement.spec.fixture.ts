import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { type DeparrowAddresses, deployDeparrow, fundPosterBond } from '@deparrow/contracts/deploy'
import { startLocalChain } from '@deparrow/contracts/local-chain'
import { type Hex, lowerHex } from '@deparrow/ledger'
import { testStartMs } from '@deparrow/ledger/testing'
import {
  type Abi,
  type Account,
  type Chain,
  createPublicClient,
  createWalletClient,
  type HttpTransport,
  http,
  type PublicClient,
  parseEther,
  type WalletClient,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'

const mnemonic = 'test test test test test test test test test test test junk'

/** The published account with this index: 0 deploys and guards, 1 posts epochs, 2 has the distributed DPC. */
export const published = (addressIndex: number) => mnemonicToAccount(mnemonic, { addressIndex })

/** Long against the seconds that each transaction takes on this chain, short against the spec's jumps. */
export const testPeriods = {
  windowSeconds: 600n,
  inboxAgeSeconds: 0n,
  answerSeconds: 200n,
  roundsMax: 3n,
  exitSeconds: 6_000n,
}

type Write = {
  readonly address: Hex
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

/** A local chain with all contracts on it, under a clock that the spec sets. */
export class LocalSettlement {
  private constructor(
    readonly rpcUrl: string,
    readonly request: (method: string, params?: readonly unknown[]) => Promise<unknown>,
    readonly addresses: DeparrowAddresses,
    private readonly clock: { now: number },
    readonly close: () => Promise<void>,
  ) {}

  static async start(periods: typeof testPeriods = testPeriods): Promise<LocalSettlement> {
    const folder = await mkdtemp(join(tmpdir(), 'deparrow-chain-'))
    const clock = { now: testStartMs }
    const local = await startLocalChain({
      dataFolder: folder,
      port: 0,
      clock: { nowMs: () => clock.now },
      blockIntervalMs: 10,
      // Each runs a second ahead of the clock.
      emptyBlocks: 10,
    })
    const close = async () => {
      await local.close()
      await rm(folder, { recursive: true })
    }
    const [deployer, poster, distribution] = [published(0), published(1), published(2)]
    const publicClient = clientOf(local.rpcUrl)
    const { addresses } = await deployDeparrow({
      walletClient: walletOf(local.rpcUrl, deployer),
      publicClient,
      parameters: {
        ...periods,
        poster: poster.address,
        guardian: deployer.address,
        distribution: distribution.address,
        ledgerSigner: deployer.address,
      },
    })
    const payer = { walletClient: walletOf(local.rpcUrl, distribution), publicClient }
    await fundPosterBond(payer, addresses.settlement, 2n)
    return new LocalSettlement(local.rpcUrl, local.request, addresses, clock, close)
  }

  get client(): PublicClient<HttpTransport, Chain> {
    return clientOf(this.rpcUrl)
  }

  /** Sends a call and waits until it is mined. Throws when the chain refuses it. */
  async write(from: Account, call: Write): Promise<Hex> {
    const hash = await walletOf(this.rpcUrl, from).writeContract({ ...call, account: from, chain: hardhat })
    const { status } = await this.client.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new Error(`${call.functionName} reverted`)
    return hash
  }

  /** Gives DPC to a wallet, and Ether for gas. */
  async fund(to: Hex, dpc: string): Promise<void> {
    const args = [to, parseEther(dpc)] as const
    await this.write(published(2), { address: this.addresses.token, abi: dpcTokenAbi, functionName: 'transfer', args })
    const hash = await walletOf(this.rpcUrl, published(2)).sendTransaction({ to, value: parseEther('1') })
    await this.client.waitForTransactionReceipt({ hash })
  }

  /** Deposits for a wallet whose key is here. */
  async deposit(from: Account, dpc: string): Promise<void> {
    const { token, settlement } = this.addresses
    const args = [settlement, parseEther(dpc)] as const
    await this.write(from, { address: token, abi: dpcTokenAbi, functionName: 'approve', args })
    await this.write(from, {
      address: settlement,
      abi: settlementAbi,
      functionName: 'deposit',
      args: [parseEther(dpc)],
    })
  }

  /** Lets time pass, and a block with the new time come. */
  async pass(seconds: bigint): Promise<void> {
    const { timestamp } = await this.client.getBlock()
    this.clock.now = Number(timestamp + seconds) * 1_000
    const hash = await walletOf(this.rpcUrl, published(0)).sendTransaction({ to: published(0).address, value: 0n })
    await this.client.waitForTransactionReceipt({ hash })
  }

  /** Block time of the newest block, in seconds. */
  async now(): Promise<bigint> {
    return (await this.client.getBlock()).timestamp
  }

  get settlement(): Hex {
    return lowerHex(this.addresses.settlement)
  }
}

function clientOf(rpcUrl: string): PublicClient<HttpTransport, Chain> {
  return createPublicClient({ chain: hardhat, transport: http(rpcUrl, { retryCount: 0 }), pollingInterval: 20 })
}

function walletOf(rpcUrl: string, account: Account): WalletClient<HttpTransport, Chain, Account> {
  return createWalletClient({ chain: hardhat, transport: http(rpcUrl, { retryCount: 0 }), account })
}
