import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { disputedReceiptsAbi, disputesAbi, dpcTokenAbi, settlementAbi } from '@deparrow/contracts'
import { bytesToHex, type Hex, laneKey, leafPlace, zeroHash } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { CertifiedOrder } from '@deparrow/sdk/disputes'
import { encodeFunctionData, parseEther } from 'viem'
import { clock, depositor, LocalSettlement, must } from './local-settlement.spec.fixture.ts'
import { ann, bob, type ChainLife, credit, SettledNetwork } from './settled-network.spec.fixture.ts'

const [windowSeconds, answerSeconds] = [3_600, 600]
const net = new LocalSettlement({
  windowSeconds: BigInt(windowSeconds),
  answerSeconds: BigInt(answerSeconds),
  roundsMax: 4n,
})
const place = bytesToHex(leafPlace(ledgerCrypto, ann.address))

let network: SettledNetwork
let life: ChainLife
let jobs: { readonly standing: CertifiedOrder; readonly paid: CertifiedOrder; readonly free: CertifiedOrder }

const openDemands = async () => (await net.chainOf().posterView(life.index.lastEpoch, [])).epoch.openDemands
const statusNow = async () => (await net.chainOf().posterView(life.index.lastEpoch, [])).epoch.status

/** Lets time pass on the chain, which mines a block when there is something to mine. */
async function pass(seconds: number): Promise<void> {
  clock.aheadMs += seconds * 1_000
  await net.mined(net.walletOf().sendTransaction({ to: depositor.address }))
}

/** Lets the window of a pending epoch pass and the epoch become final. */
async function finalise(): Promise<void> {
  // The chain's time is ahead of the clock by what its blocks came faster than one a second.
  await pass(windowSeconds + 120)
  await network.runUntil(life, () => life.index.pending === undefined)
}

/** Puts DPC behind the demands of the depositor. */
async function fillPurse(): Promise<void> {
  const { token, disputes } = net.deployment.addresses
  const wallet = net.walletOf()
  const args = [disputes, parseEther('2000')] as const
  await net.mined(wallet.writeContract({ address: token, abi: dpcTokenAbi, functionName: 'approve', args }))
  await net.mined(wallet.writeContract({ address: disputes, abi: disputesAbi, functionName: 'fund', args: [args[1]] }))
}

/** Opens demands, each given as the calldata of its contract's function. */
async function demand(...calls: readonly (readonly ['disputes' | 'disputedReceipts', Hex])[]): Promise<void> {
  for (const [contract, data] of calls) {
    await net.mined(net.walletOf().sendTransaction({ to: net.deployment.addresses[contract], data }))
  }
}

const asking = (...call: Parameters<typeof encodeAsked>) => ['disputes', encodeAsked(...call)] as const
const encodeAsked = (request: Omit<Parameters<typeof encodeFunctionData<typeof disputesAbi>>[0], 'abi'>): Hex =>
  encodeFunctionData({ abi: disputesAbi, ...request } as Parameters<typeof encodeFunctionData<typeof disputesAbi>>[0])
const keeping = (epoch: bigint, certified: CertifiedOrder) =>
  [
    'disputedReceipts',
    encodeFunctionData({ abi: disputedReceiptsAbi, functionName: 'demandKept', args: [epoch, certified, zeroHash] }),
  ] as const

describe('answers to the contracts', () => {
  before(async () => {
    network = await SettledNetwork.open(net)
    await net.deposit(parseEther('50'))
    life = await network.start()
    await life.follower.poll()
    await network.fund(20n * credit)
    await network.registerNode()
    await network.withdraw(ann, credit, 1n)
    await network.runUntil(life, async () => life.index.lastEpoch === 1 && (await statusNow()) === 'pending')
    await finalise()
    await network.transfer(ann, bob, 3n * credit, 2n)
    jobs = { standing: await network.assign(3n), paid: await network.assign(4n), free: await network.assign(5n) }
    await network.settle(jobs.paid, 1n, 'completed')
    await network.settle(jobs.free, 2n, 'failedByNode')
    await network.withdraw(ann, credit, 6n)
    await network.runUntil(life, async () => life.index.lastEpoch === 2 && (await statusNow()) === 'pending')
    await fillPurse()
  })

  it('are given to every kind of demand, by one life of the process after the other', async () => {
    const epoch = BigInt(life.index.lastEpoch)
    const moved = must(life.archive.archive?.statement(ann.address)?.entries.map(({ key }) => key))
    assert.ok(moved.length >= 4, `only ${moved.length} entries`)
    await demand(
      asking({ functionName: 'demandLeaf', args: [epoch, place, zeroHash] }),
      asking({ functionName: 'demandStatement', args: [epoch, place, zeroHash] }),
      asking({ functionName: 'demandReveal', args: [epoch, zeroHash, 3, zeroHash, 0, zeroHash] }),
      asking({ functionName: 'demandReveal', args: [epoch, place, 0, zeroHash, 0, zeroHash] }),
      ...moved.map(key => asking({ functionName: 'demandEntry', args: [epoch, place, key, zeroHash] })),
      asking({ functionName: 'demandEntry', args: [epoch, place, zeroHash, zeroHash] }),
      asking({
        functionName: 'demandHold',
        args: [epoch, place, jobs.standing.certificate.orderDigest, zeroHash],
      }),
      asking({
        functionName: 'demandLane',
        args: [epoch, place, laneKey(ledgerCrypto, ann.address, 0), zeroHash],
      }),
      keeping(epoch, jobs.standing),
      keeping(epoch, jobs.paid),
      keeping(epoch, jobs.free),
    )
    assert.equal(await openDemands(), moved.length + 10)
    const ofOne = new Set<number>()
    await network.runUntil(life, async () => {
      life = await network.start()
      await life.follower.poll()
      ofOne.add(await openDemands())
      return ofOne.has(0)
    })
    assert.deepEqual(life.answerer.alarms, [])
    assert.ok(ofOne.size >= 3)
    assert.equal(await statusNow(), 'pending')
  })

  it('earn the bonds of who asked, and leave the epoch to become final A after the last of them could follow', async () => {
    const { disputes, settlement } = net.deployment.addresses
    const read = { address: disputes, abi: disputesAbi } as const
    const poster = await net.publicClient.readContract({ ...read, functionName: 'poster' })
    const purse = await net.publicClient.readContract({ ...read, functionName: 'purseWei', args: [poster] })
    assert.ok(purse > 0n)
    await pass(2 * answerSeconds)
    await finalise()
    assert.equal(life.index.lastFinalEpoch, 2)
    const finalEpoch = { address: settlement, abi: settlementAbi, functionName: 'finalEpoch' } as const
    assert.equal(await net.publicClient.readContract(finalEpoch), 2n)
  })

  it('are the end of it when the exit starts: the process sends nothing any more', async () => {
    await pass(2 * 86_400)
    const { settlement } = net.deployment.addresses
    await net.mined(
      net.walletOf().writeContract({ address: settlement, abi: settlementAbi, functionName: 'startExit' }),
    )
    await network.withdraw(ann, credit, 7n)
    const { nonce } = await net.chainOf().posterView(3, [])
    for (const one of [life, await network.start()]) {
      await one.follower.poll()
      assert.equal(one.follower.isExitStarted, true)
      assert.equal(one.follower.chainAlarm, undefined)
      for (let round = 0; round < 3; round++) await one.poster.tick()
    }
    assert.equal((await net.chainOf().posterView(3, [])).nonce, nonce)
    assert.equal(life.index.lastEpoch, 2)
  })
})
