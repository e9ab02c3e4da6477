import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { dpcTokenAbi, nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { lowerHex } from '@deparrow/ledger'
import { type Hex, parseEther } from 'viem'
import { headerOf } from '../../settlement/poster-step.ts'
import { ChainUnavailableError } from '../../settlement/token-chain.port.ts'
import { deployer, depositor, LocalSettlement, must, poster } from './local-settlement.spec.fixture.ts'
import { rpcTransport } from './viem-settlement-chain.ts'

const net = new LocalSettlement()

describe('the settlement chain on viem', () => {
  it('tries four times before it answers that the chain is unavailable', async () => {
    let requestCount = 0
    const server = createServer((_request, response) => {
      requestCount++
      response.writeHead(503).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await assert.rejects(
      net.chainOf({ transport: rpcTransport(`http://127.0.0.1:${port}`, 1) }).confirmedBlock(),
      ChainUnavailableError,
    )
    assert.equal(requestCount, 4)
    server.close()
  })

  it('tells this chain from others and knows what it does not have', async () => {
    const chain = net.chainOf()
    const identity = await chain.identity()
    assert.deepEqual([identity.chainId, identity.hasSettlement], [31_337, true])
    assert.equal(await chain.block(1_000_000n), undefined)
    assert.equal(await chain.transactionBlock(`0x${'77'.repeat(32)}`), undefined)
    assert.equal(await chain.contractWei(), parseEther('150000000'))
  })

  it('follows what nodes have at stake, once it knows the registry', async () => {
    const { registry, token } = net.deployment.addresses
    const wallet = net.walletOf()
    const node = lowerHex(depositor.address)
    const from = must(await net.chainOf().confirmedBlock()).number + 1n
    const contract = { address: registry, abi: nodeRegistryAbi } as const
    await net.mined(
      wallet.writeContract({ address: token, abi: dpcTokenAbi, functionName: 'approve', args: [registry, 9n] }),
    )
    await net.mined(wallet.writeContract({ ...contract, functionName: 'registerNode', args: [node, 9n] }))
    await net.mined(wallet.writeContract({ ...contract, functionName: 'unbond', args: [node, 4n] }))
    const to = must(await net.chainOf().confirmedBlock()).number
    assert.deepEqual(await net.chainOf().logs(from, to), [])
    const chain = net.chainOf({ hasRegistry: true })
    assert.deepEqual(
      (await chain.logs(from, to)).map(({ place: _, ...log }) => log),
      [
        { type: 'stake', node, change: { type: 'added', amountWei: 9n } },
        { type: 'stake', node, change: { type: 'unbonding', amountWei: 4n } },
      ],
    )
  })

  it('reads why an epoch was cancelled, and what was locked and is free again', async () => {
    const chain = net.chainOf()
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
    const contract = { address: net.deployment.addresses.settlement, abi: settlementAbi } as const
    await net.mined(net.walletOf(deployer).writeContract({ ...contract, functionName: 'cancel', args: [1n] }))
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
    const chain = net.chainOf()
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
    const chain = net.chainOf()
    const contract = { address: net.deployment.addresses.settlement, abi: settlementAbi } as const
    // A wallet that has nothing in the journal, so that no later epoch has to pay it.
    const wallet = lowerHex(deployer.address)
    const delegate = lowerHex(poster.address)
    const from = must(await chain.confirmedBlock()).number + 1n
    const index = Number(await net.publicClient.readContract({ ...contract, functionName: 'inboxCount' }))
    await net.mined(
      net.walletOf(deployer).writeContract({ ...contract, functionName: 'forceWithdrawal', args: [123n] }),
    )
    await net.mined(net.walletOf(deployer).writeContract({ ...contract, functionName: 'revoke', args: [delegate, 9n] }))
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
    const { token, settlement } = net.deployment.addresses
    const balance = { address: token, abi: dpcTokenAbi, functionName: 'balanceOf', args: [settlement] } as const
    const bondWei = await net.publicClient.readContract({
      address: settlement,
      abi: settlementAbi,
      functionName: 'bondWei',
    })
    assert.equal(bondWei, parseEther('2000'))
    assert.equal(await net.chainOf().contractWei(), (await net.publicClient.readContract(balance)) - bondWei)
  })
})
