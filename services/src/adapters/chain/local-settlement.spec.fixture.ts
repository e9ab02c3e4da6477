import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import {
  type Deployment,
  type DeployParameters,
  deployDeparrow,
  fundPosterBond,
  localPeriods,
} from '@deparrow/contracts/deploy'
import { type LocalChain, startLocalChain } from '@deparrow/contracts/local-chain'
import { lowerHex } from '@deparrow/ledger'
import { ledgerActor } from '@deparrow/ledger/testing'
import {
  createPublicClient,
  createWalletClient,
  custom,
  type Hex,
  type HttpTransport,
  http,
  type LocalAccount,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { type Wait, waitOnTimer } from '../../poll-loop.ts'
import type { SettlementCall } from '../../settlement/token-chain.port.ts'
import type { SendOptions } from './poster-account.ts'
import { rpcTransport, sendOptionsLocal, ViemSettlementChain } from './viem-settlement-chain.ts'

const mnemonic = 'test test test test test test test test test test test junk'
const accountAt = (addressIndex: number) => mnemonicToAccount(mnemonic, { addressIndex })

export const [deployer, poster, depositor] = [accountAt(0), accountAt(1), accountAt(2)] as const

/** Real time, which a spec may put forward. */
export const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs }

export function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

type ChainOptions = {
  readonly transport?: Transport
  readonly options?: Partial<SendOptions>
  readonly hasRegistry?: boolean
  readonly wait?: Wait
}

/** A local chain with all contracts, for the specs of one file: there before the first, gone after the last. */
export class LocalSettlement {
  local!: LocalChain
  deployment!: Deployment
  private folder = ''

  constructor(parameters: Partial<DeployParameters> = {}) {
    before(() => this.start(parameters))
    after(async () => {
      await this.local.close()
      await rm(this.folder, { recursive: true })
    })
  }

  get publicClient(): PublicClient<HttpTransport, typeof hardhat> {
    return createPublicClient({ chain: hardhat, transport: this.rpc(), pollingInterval: 20 })
  }

  walletOf(account = depositor): WalletClient<HttpTransport, typeof hardhat, LocalAccount> {
    return createWalletClient({ chain: hardhat, transport: this.rpc(), account })
  }

  chainOf({ transport, options, hasRegistry = false, wait = waitOnTimer }: ChainOptions = {}): ViemSettlementChain {
    const { settlement, registry } = this.deployment.addresses
    return new ViemSettlementChain({
      transport: transport ?? rpcTransport(this.local.rpcUrl),
      settlement: lowerHex(settlement),
      registry: hasRegistry ? lowerHex(registry) : undefined,
      account: poster,
      options: { ...sendOptionsLocal, receiptPollMs: 10, ...options },
      wait,
    })
  }

  /** The local chain, but for what `answer` does to a request; `pass` is what the chain would do. */
  through(answer: (method: string, params: readonly unknown[], pass: () => Promise<unknown>) => Promise<unknown>) {
    const request = ({ method, params }: { readonly method: string; readonly params: readonly unknown[] }) =>
      answer(method, params, () => this.local.request(method, params))
    return custom({ request: request as Parameters<typeof custom>[0]['request'] }, { retryCount: 0 })
  }

  async mined(hash: Promise<Hex>): Promise<void> {
    const receipt = await this.publicClient.waitForTransactionReceipt({ hash: await hash })
    assert.equal(receipt.status, 'success')
  }

  async deposit(amountWei: bigint): Promise<void> {
    const { token, settlement } = this.deployment.addresses
    const wallet = this.walletOf()
    const args = [settlement, amountWei] as const
    await this.mined(wallet.writeContract({ address: token, abi: dpcTokenAbi, functionName: 'approve', args }))
    const call = { address: settlement, abi: settlementAbi, functionName: 'deposit', args: [amountWei] } as const
    await this.mined(wallet.writeContract(call))
  }

  private async start(parameters: Partial<DeployParameters>): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'deparrow-settlement-'))
    this.local = await startLocalChain({
      ...{ dataFolder: this.folder, port: 0, clock },
      // Each runs a second ahead of the clock.
      ...{ blockIntervalMs: 10, emptyBlocks: 10 },
    })
    this.deployment = await deployDeparrow({
      walletClient: this.walletOf(deployer),
      publicClient: this.publicClient,
      parameters: {
        ...localPeriods,
        // Long enough for a call by hand between two blocks.
        windowSeconds: 6n,
        poster: poster.address,
        guardian: deployer.address,
        distribution: depositor.address,
        ledgerSigner: ledgerActor.address,
        ...parameters,
      },
    })
    const payer = { walletClient: this.walletOf(), publicClient: this.publicClient }
    await fundPosterBond(payer, this.deployment.addresses.settlement, 2n)
  }

  private rpc() {
    return http(this.local.rpcUrl, { retryCount: 0 })
  }
}

/** A call that works at any time. */
export const register = (): SettlementCall => ({
  type: 'registerPayees',
  accounts: [lowerHex(privateKeyToAccount(generatePrivateKey()).address)],
})
