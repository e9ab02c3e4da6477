import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { encodeAbiParameters, encodeEventTopics, type Hex, numberToHex } from 'viem'
import type { SettlementChain } from '../chain/open-settlement.ts'
import { deepBlocks, LogWindow } from './log-window.ts'

const address: Hex = `0x${'5e'.repeat(20)}`

/** A chain with one registered payee a block, of a branch from some block on. */
class Branches {
  forkedFrom = 1_000_000n
  readonly asked: (readonly [bigint, bigint])[] = []

  get chain(): SettlementChain {
    const client = { getBlock: this.getBlock, getLogs: this.getLogs }
    return { client, settlement: { address }, disputes: undefined, deploymentBlock: 1n } as unknown as SettlementChain
  }

  private readonly hashOf = (block: bigint): Hex =>
    numberToHex(block + (block < this.forkedFrom ? 0n : 2n ** 200n), { size: 32 })

  private readonly getBlock = async ({ blockNumber }: { readonly blockNumber: bigint }) => ({
    hash: this.hashOf(blockNumber),
  })

  private readonly getLogs = async ({
    fromBlock,
    toBlock,
  }: {
    readonly fromBlock: bigint
    readonly toBlock: bigint
  }) => {
    this.asked.push([fromBlock, toBlock])
    const blocks = Array.from({ length: Number(toBlock - fromBlock) + 1 }, (_, index) => fromBlock + BigInt(index))
    return blocks.map(block => this.logAt(block))
  }

  private logAt(block: bigint) {
    const id = Number(block) + (block < this.forkedFrom ? 0 : 1_000)
    const topics = encodeEventTopics({
      abi: settlementAbi,
      eventName: 'PayeeRegistered',
      args: { id, account: address },
    })
    return {
      address,
      topics,
      data: encodeAbiParameters([], []),
      blockNumber: block,
      blockHash: this.hashOf(block),
      logIndex: 0,
    }
  }
}

const idsIn = (window: LogWindow) => window.events('PayeeRegistered').map(({ args }) => args.id)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('the logs of a deployment', () => {
  it('are read once where they lie deep, and again where they do not', async () => {
    const branches = new Branches()
    const window = new LogWindow(branches.chain)
    assert.equal(await window.readTo(200n), false)
    assert.equal(await window.readTo(201n), false)
    assert.deepEqual(idsIn(window), range(1, 201))
    assert.deepEqual(branches.asked, [
      [1n, 200n],
      [200n - deepBlocks + 1n, 201n],
    ])
  })

  it('are parsed once where they lie deep, however often they are asked for', async () => {
    const window = new LogWindow(new Branches().chain)
    await window.readTo(200n)
    const [first] = window.events('PayeeRegistered')
    await window.readTo(300n)
    assert.equal(window.events('PayeeRegistered')[0], first)
    assert.equal(window.events('PayeeRegistered').at(-1), window.events('PayeeRegistered').at(-1))
    assert.deepEqual(window.events('EpochFinalised'), [])
    assert.equal(idsIn(window).length, 300)
  })

  it('lose what the chain takes back', async () => {
    const branches = new Branches()
    const window = new LogWindow(branches.chain)
    await window.readTo(200n)
    branches.forkedFrom = 190n
    assert.equal(await window.readTo(195n), false)
    assert.deepEqual(idsIn(window), [...range(1, 189), ...range(1_190, 1_195)])
  })

  it('are all read again when the chain takes back what lay deep', async () => {
    const branches = new Branches()
    const window = new LogWindow(branches.chain)
    await window.readTo(200n)
    branches.forkedFrom = 100n
    assert.equal(await window.readTo(200n), true)
    assert.deepEqual(idsIn(window), [...range(1, 99), ...range(1_100, 1_200)])
  })
})
