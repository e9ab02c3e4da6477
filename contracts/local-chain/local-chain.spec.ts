import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createFolder,
  GENESIS_SECONDS,
  manualClock,
  NEVER_MS,
  openChain,
  openWaitingChain,
  payee,
  readBlocks,
  sendTransfer,
  signTransfer,
  waitForBlockOf,
} from './test-chain.spec.fixture.ts'

test('mines a transaction on an idle chain at once, with the time of the clock', async t => {
  const clock = manualClock()
  const chain = await openChain(t, { clock, blockIntervalMs: NEVER_MS })
  clock.valueMs += 5_400
  const block = await waitForBlockOf(chain, await sendTransfer(chain, 0))
  assert.equal(Number(block.number), 1)
  assert.equal(Number(block.timestamp), GENESIS_SECONDS + 5)
})

test('is at most a second ahead of its clock: a third transaction of the same second waits for the next', async t => {
  const clock = manualClock()
  const chain = await openChain(t, { clock, blockIntervalMs: NEVER_MS })
  clock.valueMs += 1_000
  const first = await waitForBlockOf(chain, await sendTransfer(chain, 0))
  const second = await waitForBlockOf(chain, await sendTransfer(chain, 1))
  assert.deepEqual([Number(first.timestamp), Number(second.timestamp)], [GENESIS_SECONDS + 1, GENESIS_SECONDS + 2])
  const third = await sendTransfer(chain, 2)
  assert.equal(await chain.request('eth_getTransactionReceipt', [third]), null)
  clock.valueMs += 1_000
  const fourth = await sendTransfer(chain, 3)
  assert.deepEqual((await waitForBlockOf(chain, third)).transactions, [third, fourth])
})

test('block times ascend by a second at least, even when the clock stands still or is set back', async t => {
  const clock = manualClock()
  const chain = await openChain(t, { clock })
  await waitForBlockOf(chain, await sendTransfer(chain, 0))
  clock.valueMs -= 3_600_000
  await waitForBlockOf(chain, await sendTransfer(chain, 1))
  const times = (await readBlocks(chain)).map(block => Number(block.timestamp))
  assert.deepEqual(
    times,
    times.map((_, index) => GENESIS_SECONDS + index),
  )
})

test('mines what arrives together in order of arrival, also out of one batch of nonces', async t => {
  const chain = await openWaitingChain(t)
  const hashes = await Promise.all(Array.from({ length: 40 }, (_, nonce) => sendTransfer(chain, nonce)))
  const pending = (await chain.request('eth_getBlockByNumber', ['pending', false])) as { transactions: string[] }
  assert.deepEqual(pending.transactions, hashes)
})

test('after a restart every block has the hash and state root that it had', async t => {
  const dataFolder = createFolder(t)
  const first = await openChain(t, { dataFolder })
  for (let nonce = 0; nonce < 5; nonce += 1) await waitForBlockOf(first, await sendTransfer(first, nonce))
  const before = await readBlocks(first)
  await first.close()
  const second = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  await second.close()
  const third = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  const after = await readBlocks(third)

  assert.deepEqual(after.slice(0, before.length), before)
  assert.equal(after.flatMap(block => block.transactions).length, 5)
  assert.equal(await third.request('eth_getBalance', [payee, 'latest']), '0x23')
})

test('reads between the transactions leave no trace in the hashes', async t => {
  const dataFolder = createFolder(t)
  const chain = await openChain(t, { dataFolder })
  const call = { to: payee, data: '0x' }
  for (let nonce = 0; nonce < 4; nonce += 1) {
    await chain.request('eth_call', [call, 'pending'])
    await chain.request('eth_estimateGas', [call])
    await chain.request('eth_getBlockByNumber', ['pending', true])
    await assert.rejects(chain.request('eth_sendRawTransaction', ['0x02c0']))
    await waitForBlockOf(chain, await sendTransfer(chain, nonce))
  }
  const before = await readBlocks(chain)
  await chain.close()
  const reopened = await openChain(t, { dataFolder })
  assert.deepEqual((await readBlocks(reopened)).slice(0, before.length), before)
})

test('a transaction that was accepted but not mined is mined when the chain starts again', async t => {
  const dataFolder = createFolder(t)
  const first = await openWaitingChain(t, dataFolder)
  const hashes = [await sendTransfer(first, 0), await sendTransfer(first, 1)]
  assert.equal(await first.request('eth_blockNumber'), '0x0')
  await first.close()

  const second = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  const [, block] = await readBlocks(second)
  assert.deepEqual(block?.transactions, hashes)
})

test('a nonce gap and a replaced transaction come out of a restart as they went in', async t => {
  const dataFolder = createFolder(t)
  const first = await openWaitingChain(t, dataFolder)
  const early = await sendTransfer(first, 2)
  const replaced = await sendTransfer(first, 0)
  const dearer = await first.request('eth_sendRawTransaction', [await signTransfer(0, '20')])
  await first.close()

  const second = await openChain(t, { dataFolder, blockIntervalMs: 5 })
  const middle = await sendTransfer(second, 1)
  await waitForBlockOf(second, early)
  const before = await readBlocks(second)
  await second.close()

  const third = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  assert.deepEqual((await readBlocks(third)).slice(0, before.length), before)
  assert.deepEqual(
    before.flatMap(block => block.transactions),
    [dearer, middle, early],
  )
  assert.equal(await third.request('eth_getTransactionReceipt', [replaced]), null)
})

test('the chain time catches up with the clock when the chain starts again', async t => {
  const dataFolder = createFolder(t)
  const clock = manualClock()
  const first = await openChain(t, { dataFolder, clock })
  await waitForBlockOf(first, await sendTransfer(first, 0))
  await first.close()
  clock.valueMs += 86_400_000
  const second = await openChain(t, { dataFolder, clock })
  assert.equal(Number((await readBlocks(second)).at(-1)?.timestamp), GENESIS_SECONDS + 86_400)
})

test('replays 300 blocks with a transaction each in less than three seconds', async t => {
  const dataFolder = createFolder(t)
  const first = await openChain(t, { dataFolder, blockIntervalMs: 1 })
  const signed = await Promise.all(Array.from({ length: 300 }, (_, nonce) => signTransfer(nonce)))
  for (const raw of signed) await waitForBlockOf(first, String(await first.request('eth_sendRawTransaction', [raw])))
  const blocks = await readBlocks(first)
  await first.close()

  const startedAtMs = performance.now()
  const second = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  const replayMs = performance.now() - startedAtMs
  t.diagnostic(`${blocks.length} blocks in ${replayMs.toFixed()} ms, Hardhat's start included`)
  assert.deepEqual((await readBlocks(second)).slice(0, blocks.length), blocks)
  assert.ok(replayMs < 3_000, `${replayMs} ms`)
})
