import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jobOutcomes } from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import { offerFor, TestMarket } from './test-market.spec.fixture.ts'
import { freshFolder, nodeNumber, startTestNode } from './test-node.spec.fixture.ts'

const program = fileURLToPath(new URL('./node-process.spec.fixture.js', import.meta.url))

describe('a node that is killed', () => {
  const self = new Actor(nodeNumber)
  let market: TestMarket
  let folder: string
  let processes: ChildProcess[]

  beforeEach(async () => {
    market = await TestMarket.start()
    folder = freshFolder()
    processes = []
  })

  afterEach(async () => {
    for (const child of processes) await kill(child)
    await market.stop()
    rmSync(folder, { recursive: true })
  })

  async function startProcess(): Promise<ChildProcess> {
    const joins = market.hellos.length
    const child = fork(program, [folder, market.addresses[0] ?? ''], { execArgv: ['--max-semi-space-size=2'] })
    processes.push(child)
    await market.until(() => market.hellos.length > joins)
    return child
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  function outcomes(): readonly (string | undefined)[] {
    return market.receipts.map(({ receipt }) => jobOutcomes[receipt.message.outcome])
  }

  it('runs its jobs once more, then takes the blame, and never uses a sequence twice', async () => {
    const job = offerFor(self.address, market.put('hang'), null)
    const first = await startProcess()
    assert.deepEqual(await market.assign(job), { accepted: true })
    await market.until(() => market.started.length === 1)
    await kill(first)

    const second = await startProcess()
    assert.deepEqual(market.hellos[1]?.running, [job.orderDigest])
    await market.until(() => market.started.length === 2)
    assert.deepEqual(await market.assign(job), { accepted: true })
    await kill(second)

    market.answerReceipt = () => ({ acknowledged: false, code: 'TRY_AGAIN', final: false })
    const third = await startProcess()
    await market.until(() => market.receipts.length >= 1)
    assert.deepEqual([outcomes()[0], market.receipts[0]?.failure?.code], ['failedByNode', 'NODE_DIED'])
    await kill(third)

    const handedInBefore = market.receipts.length
    market.answerReceipt = () => ({ acknowledged: true })
    await startProcess()
    await market.until(() => market.receipts.length > handedInBefore)
    assert.deepEqual(market.receipts.at(-1), market.receipts[0])

    const next = offerFor(self.address, market.put('echo'), null, { nonce: 2n })
    assert.deepEqual(await market.assign(next), { accepted: true })
    const receiptOfNext = () => market.receipts.find(({ receipt }) => receipt.message.orderDigest === next.orderDigest)
    await market.until(() => receiptOfNext() !== undefined)
    const [before, after] = [market.receipts[0], receiptOfNext()]
    assert.ok(before && after && after.receipt.message.sequence > before.receipt.message.sequence)
  })

  it('keeps the output of a receipt that was not acknowledged', async () => {
    market.answerReceipt = () => ({ acknowledged: false, code: 'OUTPUT_UNAVAILABLE', final: false })
    const first = await startProcess()
    await market.assign(offerFor(self.address, market.put('echo'), market.put('the input')))
    await market.until(() => market.receipts.length === 1)
    await kill(first)
    await startProcess()
    await market.until(() => market.receipts.length >= 2)
    assert.equal(await market.fetch(market.receipts[1]?.outputCid ?? ''), 'the input')
  })

  it('leaves no lock behind, and locks its folder while it lives', async () => {
    const first = await startProcess()
    await assert.rejects(startTestNode(market, folder), { name: 'NodeFolderLockedError' })
    await kill(first)
    const { node } = await startTestNode(market, folder)
    await node.stop()
  })

  it('ends a job whose deadline passed meanwhile, without running it', async () => {
    const job = offerFor(self.address, market.put('hang'), null)
    const first = await startProcess()
    await market.assign(job)
    await market.until(() => market.started.length === 1)
    await kill(first)
    const clock = { nowMs: () => Number(job.order.message.deadline) * 1000 + 1 }
    const { node, engine } = await startTestNode(market, folder, { clock })
    await market.until(() => market.receipts.length === 1)
    assert.deepEqual([outcomes()[0], market.receipts[0]?.failure?.code], ['failedByNode', 'DEADLINE_PASSED'])
    assert.equal(engine.requests.length, 0)
    await node.stop()
  })

  it('stopped in order, leaves its running jobs to the next start', async () => {
    const job = offerFor(self.address, market.put('hang'), null)
    const first = await startTestNode(market, folder)
    await market.until(() => market.hellos.length === 1)
    await market.assign(job)
    await market.until(() => market.started.length === 1)
    await first.node.stop()
    assert.deepEqual([first.engine.isClosed, market.receipts], [true, []])
    const second = await startTestNode(market, folder)
    await market.until(() => market.started.length === 2)
    assert.equal(second.engine.requests.length, 1)
    await second.node.stop()
  })
})
