import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { dpcTokenAbi, nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { type Deployment, deployDeparrow, fundPosterBond, localPeriods } from '@deparrow/contracts/deploy'
import { type LocalChain, startLocalChain } from '@deparrow/contracts/local-chain'
import { encodeRow } from '@deparrow/contracts/rows'
import { JournalLedger, type LedgerConfig, lowerHex, withdrawalType } from '@deparrow/ledger'
import { ethersCrypto, InMemoryEventStore, ledgerActor, testConfig } from '@deparrow/ledger/testing'
import {
  createPublicClient,
  createWalletClient,
  custom,
  type Hex,
  http,
  parseEther,
  parseTransaction,
  type TransactionSerializableEIP1559,
} from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { waitOnTimer } from '../../poll-loop.ts'
import { ChainFollower } from '../../settlement/chain-follower.ts'
import { claimFor } from '../../settlement/claims.ts'
import { EpochPoster } from '../../settlement/epoch-poster.ts'
import { feedJournal } from '../../settlement/journal-feed.ts'
import { JournalIndex } from '../../settlement/journal-index.ts'
import { headerOf } from '../../settlement/poster-step.ts'
import { ChainUnavailableError, type SettlementCall } from '../../settlement/token-chain.port.ts'
import { rpcTransport, sendOptionsLocal, ViemSettlementChain } from './viem-settlement-chain.ts'

const mnemonic = 'test test test test test test test test test test test junk'
const [deployer, poster, depositor] = [0, 1, 2].map(addressIndex => mnemonicToAccount(mnemonic, { addressIndex }))
const clock = { nowMs: () => Date.now() }

let folder: string
let local: LocalChain
let deployment: Deployment

const rpc = () => http(local.rpcUrl, { retryCount: 0 })
const publicClient = () => createPublicClient({ chain: hardhat, transport: rpc(), pollingInterval: 20 })
const walletOf = (account = depositor) =>
  createWalletClient({ chain: hardhat, transport: rpc(), account: must(account) })

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

function chainOf(transport = rpcTransport(local.rpcUrl)): ViemSettlementChain {
  return new ViemSettlementChain({
    transport,
    settlement: lowerHex(deployment.addresses.settlement),
    account: must(poster),
    options: { ...sendOptionsLocal, receiptPollMs: 10 },
  })
}

/** The local chain, except for one method that goes wrong in the given way. */
function faulty(method: string, fault: (pass: () => Promise<unknown>) => Promise<unknown>) {
  return custom(
    {
      request: async ({ method: asked, params }) => {
        const pass = () => local.request(asked, params)
        return asked === method ? fault(pass) : pass()
      },
    },
    { retryCount: 0 },
  )
}

async function mined(hash: Promise<Hex>): Promise<void> {
  const receipt = await publicClient().waitForTransactionReceipt({ hash: await hash })
  assert.equal(receipt.status, 'success')
}

async function deposit(amountWei: bigint): Promise<void> {
  const { token, settlement } = deployment.addresses
  const wallet = walletOf()
  const approve = { address: token, abi: dpcTokenAbi, functionName: 'approve', args: [settlement, amountWei] } as const
  const call = { address: settlement, abi: settlementAbi, functionName: 'deposit', args: [amountWei] } as const
  await mined(wallet.writeContract(approve))
  await mined(wallet.writeContract(call))
}

const register = (): SettlementCall => ({
  type: 'registerPayees',
  accounts: [lowerHex(privateKeyToAccount(generatePrivateKey()).address)],
})

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-settlement-'))
  local = await startLocalChain({ dataFolder: folder, port: 0, clock, blockIntervalMs: 10 })
  deployment = await deployDeparrow({
    walletClient: walletOf(deployer),
    publicClient: publicClient(),
    parameters: {
      ...localPeriods,
      // Long enough for a call by hand between two blocks.
      windowSeconds: 6n,
      poster: must(poster).address,
      guardian: must(deployer).address,
      distribution: must(depositor).address,
      ledgerSigner: must(deployer).address,
    },
  })
  const payer = { walletClient: walletOf(), publicClient: publicClient() }
  await fundPosterBond(payer, deployment.addresses.settlement, 2n)
})

after(async () => {
  await local.close()
  await rm(folder, { recursive: true })
})

describe('the settlement chain on viem', () => {
  it('tries four times before it answers that the chain is unavailable', async () => {
    let requestCount = 0
    const server = createServer((_request, response) => {
      requestCount++
      response.writeHead(503).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await assert.rejects(chainOf(rpcTransport(`http://127.0.0.1:${port}`, 1)).confirmedBlock(), ChainUnavailableError)
    assert.equal(requestCount, 4)
    server.close()
  })

  it('tells this chain from others and knows what it does not have', async () => {
    const chain = chainOf()
    const identity = await chain.identity()
    assert.deepEqual([identity.chainId, identity.hasSettlement], [31_337, true])
    assert.equal(await chain.block(1_000_000n), undefined)
    assert.equal(await chain.transactionBlock(`0x${'77'.repeat(32)}`), undefined)
    assert.equal(await chain.contractWei(), parseEther('150000000'))
  })

  it('names the contract’s reason for a call that cannot happen, and sends nothing', async () => {
    const chain = chainOf()
    const { nonce } = await chain.posterView(1, [])
    assert.deepEqual(await chain.send({ type: 'finalise', epoch: 1 }, nonce), {
      status: 'reverted',
      code: 'EpochNotFinal',
    })
    assert.equal((await chain.posterView(1, [])).nonce, nonce)
  })

  it('never takes another nonce: what was decided on an older state is refused', async () => {
    const chain = chainOf()
    const { nonce } = await chain.posterView(1, [])
    assert.equal((await chain.send(register(), nonce)).status, 'confirmed')
    assert.deepEqual(await chainOf().send(register(), nonce), { status: 'reverted', code: 'NONCE_USED' })
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  it('finds out what became of a transaction when the answer to sending it was lost', async () => {
    const chain = chainOf(
      faulty('eth_sendRawTransaction', async pass => {
        await pass()
        throw new TypeError('socket hang up')
      }),
    )
    const { nonce } = await chain.posterView(1, [])
    assert.equal((await chain.send(register(), nonce)).status, 'confirmed')
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  it('says unknown while a transaction is nowhere, and sends the very same one again', async () => {
    const raw: unknown[] = []
    let isLost = true
    const transport = custom(
      {
        request: async ({ method, params }) => {
          if (method === 'eth_sendRawTransaction') {
            raw.push(params[0])
            if (isLost) throw new TypeError('socket hang up')
          }
          return local.request(method, params)
        },
      },
      { retryCount: 0 },
    )
    const chain = new ViemSettlementChain({
      transport,
      settlement: lowerHex(deployment.addresses.settlement),
      account: must(poster),
      options: { confirmations: 1, receiptPollMs: 1, receiptPollsMax: 300 },
      wait: (ms, signal) => (isLost ? Promise.resolve() : waitOnTimer(ms, signal)),
    })
    const { nonce } = await chain.posterView(1, [])
    const call = register()
    assert.equal((await chain.send(call, nonce)).status, 'unknown')
    assert.equal((await chain.send(register(), nonce)).status, 'unknown')
    isLost = false
    assert.equal((await chain.send(call, nonce)).status, 'confirmed')
    assert.equal(new Set(raw).size, 1)
    assert.equal((await chain.posterView(1, [])).nonce, nonce + 1)
  })

  /** Every transaction that the poster would have sent, none of which arrives, while the queue has `queued` of them. */
  async function lostTransactions(options: { readonly capWei?: bigint; readonly isKeptOut: boolean }) {
    const sent: TransactionSerializableEIP1559[] = []
    const { nonce } = await chainOf().posterView(1, [])
    const transport = custom(
      {
        request: async ({ method, params }) => {
          if (method === 'eth_sendRawTransaction') {
            sent.push(parseTransaction(params[0]) as TransactionSerializableEIP1559)
            throw new TypeError('socket hang up')
          }
          if (method === 'eth_getTransactionCount' && params[1] === 'pending' && options.isKeptOut) {
            return `0x${(nonce + 1).toString(16)}`
          }
          return local.request(method, params)
        },
      },
      { retryCount: 0 },
    )
    const chain = new ViemSettlementChain({
      transport,
      settlement: lowerHex(deployment.addresses.settlement),
      account: must(poster),
      options: { confirmations: 1, receiptPollMs: 1, receiptPollsMax: 1, maxFeePerGasWei: options.capWei },
      wait: () => Promise.resolve(),
    })
    const call = register()
    for (let time = 0; time < 3; time++) assert.equal((await chain.send(call, nonce)).status, 'unknown')
    const fees = sent.map(({ maxFeePerGas, maxPriorityFeePerGas }) => ({
      fee: must(maxFeePerGas),
      tip: must(maxPriorityFeePerGas),
    }))
    assert.deepEqual([...new Set(sent.map(transaction => transaction.nonce))], [nonce])
    return fees
  }

  it('offers a tenth more of both fees each time that another transaction with its nonce keeps it out', async () => {
    const fees = await lostTransactions({ isKeptOut: true })
    for (const [index, { fee, tip }] of fees.slice(1).entries()) {
      const before = must(fees[index])
      assert.ok(fee * 10n >= before.fee * 11n && tip * 10n >= before.tip * 11n)
    }
    assert.equal(fees.length, 3)
  })

  it('never offers more for a gas than it may, and then sends the same again', async () => {
    const [first] = await lostTransactions({ isKeptOut: false })
    const capWei = must(first).fee
    const fees = await lostTransactions({ capWei, isKeptOut: true })
    assert.deepEqual(new Set(fees.map(({ fee }) => fee <= capWei)), new Set([true]))
    const low = await lostTransactions({ capWei: 7n, isKeptOut: false })
    assert.deepEqual(
      low,
      [1, 2, 3].map(() => ({ fee: 7n, tip: 7n })),
    )
  })

  it('follows what nodes have at stake, once it knows the registry', async () => {
    const { registry, token, settlement } = deployment.addresses
    const wallet = walletOf()
    const node = lowerHex(must(depositor).address)
    const from = must(await chainOf().confirmedBlock()).number + 1n
    const contract = { address: registry, abi: nodeRegistryAbi } as const
    await mined(
      wallet.writeContract({ address: token, abi: dpcTokenAbi, functionName: 'approve', args: [registry, 9n] }),
    )
    await mined(wallet.writeContract({ ...contract, functionName: 'registerNode', args: [node, 9n] }))
    await mined(wallet.writeContract({ ...contract, functionName: 'unbond', args: [node, 4n] }))
    const to = must(await chainOf().confirmedBlock()).number
    assert.deepEqual(await chainOf().logs(from, to), [])
    const chain = new ViemSettlementChain({
      transport: rpcTransport(local.rpcUrl),
      settlement: lowerHex(settlement),
      registry: lowerHex(registry),
      account: must(poster),
      options: sendOptionsLocal,
    })
    assert.deepEqual(
      (await chain.logs(from, to)).map(({ place: _, ...log }) => log),
      [
        { type: 'stake', node, change: { type: 'added', amountWei: 9n } },
        { type: 'stake', node, change: { type: 'unbonding', amountWei: 4n } },
      ],
    )
  })

  it('reads why an epoch was cancelled, and what was locked and is free again', async () => {
    const chain = chainOf()
    const { nonce, freeBondWei, epochBondWei, block } = await chain.posterView(1, [])
    const hash: Hex = `0x${'01'.repeat(32)}`
    const place = { parent: 0, inboxCut: 0, journalPosition: 1, closedAt: Number(block.timeSeconds) }
    const amounts = { burnMicrocredits: 0n, leavesTotalMicrocredits: 0n, rowCount: 0 }
    const header = { ...place, ...amounts, journalHash: hash, leavesRoot: hash }
    assert.equal((await chain.send({ type: 'postEpoch', header, rows: '0x' }, nonce)).status, 'confirmed')
    const pending = await chain.posterView(1, [])
    assert.equal(pending.freeBondWei, freeBondWei - epochBondWei)
    assert.ok(pending.epoch.finalAtSeconds > block.timeSeconds)
    assert.deepEqual([pending.epoch.status, pending.epoch.openDemands], ['pending', 0])
    const contract = { address: deployment.addresses.settlement, abi: settlementAbi } as const
    await mined(walletOf(deployer).writeContract({ ...contract, functionName: 'cancel', args: [1n] }))
    const view = await chain.posterView(1, [])
    assert.deepEqual([view.epoch.status, view.headEpoch, view.lastEpoch], ['cancelled', 0, 1])
    assert.equal(view.freeBondWei, freeBondWei)
    const [log] = (await chain.logs(pending.block.number, view.block.number)).filter(
      ({ type }) => type === 'epochCancelled',
    )
    const { place: _, ...said } = must(log)
    assert.deepEqual(said, { type: 'epochCancelled', epoch: 1, lastEpoch: 1, headEpoch: 0, reason: 'guardian' })
  })

  it('refuses an epoch whose books do not close', async () => {
    const chain = chainOf()
    const { nonce } = await chain.posterView(1, [])
    const hash: Hex = `0x${'01'.repeat(32)}`
    const books = {
      epoch: 1,
      parent: 0,
      inboxCut: 2,
      journalPosition: 1,
      journalHash: hash,
      leavesRoot: hash,
      rows: [],
    }
    const closed = { books: { ...books, burnMicrocredits: 0n, leavesTotalMicrocredits: 1n }, closedAtMs: Date.now() }
    const header = headerOf(closed)
    const outcome = await chain.send({ type: 'postEpoch', header, rows: '0x' }, nonce)
    assert.deepEqual(outcome, { status: 'reverted', code: 'BooksDoNotClose' })
  })

  it('reads what a wallet pushes into the inbox without the operator', async () => {
    const chain = chainOf()
    const contract = { address: deployment.addresses.settlement, abi: settlementAbi } as const
    // A wallet that has nothing in the journal, so that no later epoch has to pay it.
    const wallet = lowerHex(must(deployer).address)
    const delegate = lowerHex(must(poster).address)
    const from = must(await chain.confirmedBlock()).number + 1n
    const index = Number(await publicClient().readContract({ ...contract, functionName: 'inboxCount' }))
    await mined(walletOf(deployer).writeContract({ ...contract, functionName: 'forceWithdrawal', args: [123n] }))
    await mined(walletOf(deployer).writeContract({ ...contract, functionName: 'revoke', args: [delegate, 9n] }))
    const logs = await chain.logs(from, must(await chain.confirmedBlock()).number)
    assert.deepEqual(
      logs.map(({ place: _, ...log }) => log),
      [
        { type: 'forcedWithdrawal', index, account: wallet, askedMicrocredits: 123n },
        { type: 'revocation', index: index + 1, wallet, delegate, nonce: 9n },
      ],
    )
  })

  it('does not count the bond of the poster as a reserve', async () => {
    const { token, settlement } = deployment.addresses
    const balance = { address: token, abi: dpcTokenAbi, functionName: 'balanceOf', args: [settlement] } as const
    const bondWei = await publicClient().readContract({
      address: settlement,
      abi: settlementAbi,
      functionName: 'bondWei',
    })
    assert.equal(bondWei, parseEther('2000'))
    assert.equal(await chainOf().contractWei(), (await publicClient().readContract(balance)) - bondWei)
  })

  it('carries a deposit into the journal and a withdrawal back out as DPC', async () => {
    await deposit(parseEther('7'))
    const chain = chainOf()
    const settlement = lowerHex(deployment.addresses.settlement)
    const { genesisHash } = await chain.identity()
    const config: LedgerConfig = { ...testConfig, chainId: 31_337, settlement, genesisHash }
    const ledger = await JournalLedger.open({
      store: new InMemoryEventStore(),
      shard: 'test',
      crypto: ethersCrypto,
      clock,
      signer: ledgerActor.asLedgerSigner(),
    })
    await ledger.submit({ type: 'OpenLedger', config })
    const index = new JournalIndex()
    await feedJournal(ledger, event => index.apply(event))
    const follower = new ChainFollower({ ledger, chain, index, blocksPerRequestMax: 5 })
    const options = { gatherMs: 0, epochIntervalMs: 3_600_000, payeesPerCallMax: 200 }
    const isChainDoubtful = () => follower.followed === undefined || follower.chainAlarm !== undefined
    const epochs = new EpochPoster({ ledger, chain, index, clock, options, isChainDoubtful })
    await follower.poll()
    const depositorAddress = lowerHex(must(depositor).address)
    assert.equal(ledger.balance(depositorAddress).availableMicrocredits, 7_000_000n)

    const account = must(depositor)
    const message = {
      wallet: depositorAddress,
      amountMicrocredits: 5_000_000n,
      lane: 0,
      nonce: 1n,
      deadline: BigInt(Math.floor(clock.nowMs() / 1000) + 600),
    }
    const signature = await account.signTypedData({
      domain: { name: 'DEparrow', version: '1', chainId: 31_337, verifyingContract: settlement },
      types: { Withdrawal: withdrawalType.fields.map(field => ({ ...field })) },
      primaryType: 'Withdrawal',
      message,
    })
    const answer = await ledger.submit({ type: 'WithdrawCredits', withdrawal: { message, signature } })
    assert.equal(answer.status, 'accepted')
    for (let round = 0; round < 2_000 && index.lastFinalEpoch === 0; round++) {
      await epochs.tick()
      await follower.poll()
      assert.equal(epochs.posterAlarm, undefined)
      assert.equal(follower.chainAlarm, undefined)
    }
    // Number 1 was used up by an epoch that this journal did not close.
    assert.equal(index.lastFinalEpoch, 2)

    const claim = must(claimFor(index, depositorAddress))
    const row = encodeRow(claim)
    const args = [BigInt(claim.epoch), claim.part, claim.index, row, [...claim.proof]] as const
    const before = await chain.contractWei()
    const blockBefore = must(await chain.confirmedBlock()).number
    await mined(walletOf().writeContract({ address: settlement, abi: settlementAbi, functionName: 'claim', args }))
    await follower.poll()
    assert.equal(before - (await chain.contractWei()), parseEther('5'))
    assert.equal(await chain.contractWei(blockBefore), before)
    assert.equal(claimFor(index, depositorAddress), undefined)
    const { reserve, payables } = ledger.books()
    assert.equal(payables, 0n)
    assert.equal(reserve * 10n ** 12n, await chain.contractWei())
  })
})
