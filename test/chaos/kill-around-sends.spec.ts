import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { disputesAbi, dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { bytesToHex, leafPlace, zeroHash } from '@deparrow/ledger'
import { AgentWallet } from '@deparrow/sdk'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  http,
  parseEther,
  toFunctionSelector,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { accepted } from '../support/agents.ts'
import { KillingRpc } from '../support/killing-rpc.ts'
import { RoleNetwork } from '../support/role-network.ts'
import type { RoleProcess } from '../support/role-process.ts'
import { temporaryFolder } from '../support/run-network.ts'
import { until } from '../support/until.ts'

const credit = 1_000_000n
const [deposited, withdrawn] = [5n * credit, 2n * credit]

type Call = {
  readonly address: Address
  readonly abi: Abi
  readonly functionName: string
  readonly args: readonly unknown[]
}

describe('a settlement service that is killed before and after each transaction that it sends', {
  timeout: 400_000,
}, () => {
  const folder = temporaryFolder()
  const privateKey = generatePrivateKey()
  const account = privateKeyToAccount(privateKey)
  let network: RoleNetwork
  let rpc: KillingRpc
  let role: RoleProcess
  let isOver = false
  let restarts: Promise<void>
  let agent: AgentWallet

  before(async () => {
    const databaseUrl = `sqlite:${join(folder.path, 'journal.sqlite')}`
    network = await RoleNetwork.prepare({
      ...{ folder: folder.path, databaseUrl },
      ...{ kafkaBrokers: ['127.0.0.1:9'], kafkaTopic: 'none' },
    })
    rpc = await KillingRpc.start(environment()['RPC_URL'] ?? '', () => role.kill('SIGKILL'))
    role = start()
    await role.line('started')
    restarts = keepAlive()
    agent = await AgentWallet.connect({ url: network.gatewayUrl, privateKey })
  })
  after(async () => {
    isOver = true
    await network.stop()
    await restarts
    rpc.close()
    folder.remove()
  })

  function environment(): Readonly<Record<string, string>> {
    return Object.assign({}, ...['ledger', 'settlement', 'market', 'gateway'].map(name => network.environmentOf(name)))
  }

  function start(): RoleProcess {
    return network.start('gateway', {
      ...environment(),
      DEPARROW_ROLE: 'all',
      RPC_URL: rpc.url,
      READ_MODEL_URL: `sqlite:${join(folder.path, 'read-model.sqlite')}`,
      MARKET_DATABASE_URL: `sqlite:${join(folder.path, 'market.sqlite')}`,
    })
  }

  /** Starts it again whenever it dies. */
  async function keepAlive(): Promise<void> {
    for (;;) {
      await role.exit
      if (isOver) return
      role = start()
    }
  }

  const transport = () => http(agent.network.rpcUrl)
  const reader = () => createPublicClient({ chain: hardhat, transport: transport(), pollingInterval: 50 })

  async function write(call: Call): Promise<void> {
    const hash = await createWalletClient({ chain: hardhat, transport: transport(), account }).writeContract(call)
    assert.equal((await reader().waitForTransactionReceipt({ hash })).status, 'success')
  }

  const read = <T>(address: Address, abi: Abi, functionName: string, args: readonly unknown[] = []) =>
    reader().readContract({ address, abi, functionName, args }) as Promise<T>

  it('pays once what was withdrawn, answers what was asked, and has as much as it owes', async () => {
    const settlement = agent.network.settlement as Address
    const [token, disputes, poster] = await Promise.all([
      read<Address>(settlement, settlementAbi as Abi, 'token'),
      read<Address>(settlement, settlementAbi as Abi, 'disputes'),
      read<Address>(settlement, settlementAbi as Abi, 'poster'),
    ])
    accepted(await agent.fund({ amountMicrocredits: deposited + 10n * credit }))
    const purse = parseEther('10')
    await write({ address: token, abi: dpcTokenAbi as Abi, functionName: 'approve', args: [disputes, purse] })
    await write({ address: disputes, abi: disputesAbi as Abi, functionName: 'fund', args: [purse] })
    accepted(await agent.deposit(deposited))
    const nonceBefore = await reader().getTransactionCount({ address: poster })
    accepted(await agent.withdraw({ amountMicrocredits: withdrawn }))

    await until(
      'the epoch is on chain',
      async () => (await read<bigint>(settlement, settlementAbi as Abi, 'headEpoch')) === 1n,
    )
    const place = bytesToHex(leafPlace(ledgerCrypto, account.address.toLowerCase() as Address))
    await write({ address: disputes, abi: disputesAbi as Abi, functionName: 'demandLeaf', args: [1n, place, zeroHash] })
    await until(
      'the epoch is final',
      async () => (await read<bigint>(settlement, settlementAbi as Abi, 'finalEpoch')) === 1n,
    )
    await until('the claim can be made', async () => (await agent.claimable())?.unclaimedMicrocredits === withdrawn)
    accepted(await agent.claim())
    await until('the ledger has seen it', async () => (await agent.balance()).payableMicrocredits === 0n)
    const balance = await agent.balance()
    assert.equal(balance.availableMicrocredits, deposited - withdrawn)
    assert.equal(await read<bigint>(token, dpcTokenAbi as Abi, 'balanceOf', [account.address]), parseEther('2'))
    const { books } = (await AgentWallet.connect({ url: network.gatewayUrl, privateKey })).network
    assert.deepEqual([books.balanced, books.fullReserve], [true, true])

    const functions = ['registerPayees', 'postEpoch', 'answerLeaf', 'finalise']
    const abi = [...settlementAbi, ...disputesAbi]
    const selectors = functions.map(name => {
      const item = abi.find(entry => entry.type === 'function' && entry.name === name)
      assert.ok(item?.type === 'function', name)
      return toFunctionSelector(item)
    })
    const expected = selectors.flatMap((selector, index) =>
      (['before', 'after'] as const).map(moment => ({ nonce: nonceBefore + index, selector, moment })),
    )
    assert.deepEqual(rpc.deaths, expected as typeof rpc.deaths)
    assert.equal(await reader().getTransactionCount({ address: poster }), nonceBefore + functions.length)
  })
})
