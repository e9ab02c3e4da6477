import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BlockProducer, RESTING_BLOCK_MS } from './block-producer.ts'
import { ChainLog } from './chain-log.ts'
import { createEvm, latestBlock } from './evm.ts'
import { createFolder, GENESIS_SECONDS, manualClock, signTransfer } from './test-chain.spec.fixture.ts'

const BLOCK_INTERVAL_MS = 1_000
const EMPTY_BLOCKS = 10

async function createProducer(t: TestContext) {
  const evm = await createEvm({ chainId: 31337, hardfork: 'osaka', initialDateMs: GENESIS_SECONDS * 1000 })
  const log = await ChainLog.open(join(createFolder(t), 'chain.log'))
  const latest = await latestBlock(evm)
  const messages: string[] = []
  const report = (message: string) => messages.push(message)
  const clock = manualClock()
  const producer = new BlockProducer({
    evm,
    log,
    clock,
    blockIntervalMs: BLOCK_INTERVAL_MS,
    emptyBlocks: EMPTY_BLOCKS,
    latest,
    report,
  })
  t.after(() => producer.stop())
  return { producer, log, clock, messages }
}

test('mines as many empty blocks as it is told after the last transaction, then rests', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { producer, clock } = await createProducer(t)
  await producer.send([await signTransfer(0)])
  const numbers: number[] = []
  for (let tick = 0; tick < 20; tick += 1) {
    clock.valueMs += BLOCK_INTERVAL_MS
    t.mock.timers.tick(BLOCK_INTERVAL_MS)
    await producer.idle()
    numbers.push(Number(await producer.read('eth_blockNumber', [])))
  }
  const resting = 1 + EMPTY_BLOCKS
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => Math.min(index + 1, resting)),
  )
})

test('mines a block each four minutes while it rests, so that time is told', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { producer, clock } = await createProducer(t)
  await producer.send([await signTransfer(0)])
  for (let tick = 0; tick < 20; tick += 1) {
    clock.valueMs += BLOCK_INTERVAL_MS
    t.mock.timers.tick(BLOCK_INTERVAL_MS)
    await producer.idle()
  }
  const before = Number(await producer.read('eth_blockNumber', []))
  for (let block = 1; block <= 3; block += 1) {
    clock.valueMs += RESTING_BLOCK_MS
    t.mock.timers.tick(RESTING_BLOCK_MS)
    await producer.idle()
    assert.equal(Number(await producer.read('eth_blockNumber', [])), before + block)
  }
})

test('stops for good when the log cannot be written: nothing is acknowledged, nothing is read', async t => {
  const { producer, log, messages } = await createProducer(t)
  await log.close()
  const refused = { name: 'LocalChainRpcError', code: -32603, message: /could not be kept/ }
  await assert.rejects(producer.send([await signTransfer(0)]), refused)
  await assert.rejects(producer.send([await signTransfer(1)]), refused)
  await assert.rejects(producer.read('eth_blockNumber', []), refused)
  await assert.rejects(producer.catchUp(true), refused)
  assert.deepEqual(messages, [])
})

test('a block that could not be written is never read', async t => {
  const { producer, log, clock } = await createProducer(t)
  await producer.send([await signTransfer(0)])
  await log.close()
  clock.valueMs += 2_000
  await assert.rejects(producer.catchUp(true), { code: -32603 })
  await assert.rejects(producer.read('eth_getBlockByNumber', ['latest', false]), { code: -32603 })
})
