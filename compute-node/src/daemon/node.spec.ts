import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  jobOutcomes,
  nodeRegistrationType,
  payoutInstructionType,
  typedDataDigest,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { Actor, ethersCrypto, testDomain } from '@deparrow/ledger/testing'
import { verifyTypedData } from 'ethers'
import type { AssignmentOffer, ReceiptHandover } from '../../protocol/index.ts'
import type { NodeOptions } from './node-options.ts'
import { keyOf, type OfferChanges, offerFor, patience, payer, TestMarket } from './test-market.spec.fixture.ts'
import { freshFolder, nodeNumber, startTestNode, type TestNode } from './test-node.spec.fixture.ts'

describe('a compute node', () => {
  const self = new Actor(nodeNumber)
  let market: TestMarket
  let folder: string
  let started: TestNode[]

  beforeEach(async () => {
    market = await TestMarket.start()
    folder = freshFolder()
    started = []
  })

  afterEach(async () => {
    for (const { node } of started) await node.stop()
    await market.stop()
    rmSync(folder, { recursive: true })
  })

  async function joinedNode(options: Partial<NodeOptions> = {}): Promise<TestNode> {
    const node = await startTestNode(market, folder, options)
    started.push(node)
    await node.node.joined(patience())
    return node
  }

  function offer(script: string, changes: OfferChanges & { readonly input?: string } = {}): AssignmentOffer {
    const inputCid = changes.input === undefined ? null : market.put(changes.input)
    return offerFor(self.address, market.put(script), inputCid, changes)
  }

  async function receiptOf(job: AssignmentOffer): Promise<ReceiptHandover> {
    const find = () => market.receipts.find(({ receipt }) => receipt.message.orderDigest === job.orderDigest)
    await market.until(() => find() !== undefined)
    return find() as ReceiptHandover
  }

  async function outcomeOf(job: AssignmentOffer): Promise<{ outcome: string | undefined; code: string | undefined }> {
    const { receipt, failure } = await receiptOf(job)
    return { outcome: jobOutcomes[receipt.message.outcome], code: failure?.code }
  }

  it('joins with its registration and its payout instruction, signed by the key that is its peer id', async () => {
    const { node } = await joinedNode({ slotsMax: 3, memoryBytesMax: 5_000_000 })
    const hello = market.hellos[0]
    assert.ok(hello?.payoutInstruction)
    assert.equal(hello.address, self.address)
    assert.equal(hello.peerId, node.peerId)
    assert.deepEqual([hello.engines, hello.slotsMax, hello.memoryBytesMax, hello.running], [['wasm'], 3, 5_000_000, []])
    const { registration, payoutInstruction } = hello
    for (const [type, signed] of [
      [nodeRegistrationType, registration],
      [payoutInstructionType, payoutInstruction],
    ] as const) {
      const types = { [type.name]: [...type.fields] }
      const domain = { name: 'DEparrow', version: '1', ...testDomain }
      assert.equal(verifyTypedData(domain, types, signed.message, signed.signature).toLowerCase(), self.address)
    }
    assert.equal(registration.message.payoutWallet, self.address)
    assert.equal(payoutInstruction.message.minimumMicrocredits, 1n)
  })

  it('gives no instruction in the name of another payout wallet', async () => {
    const wallet = new Actor(77).address
    await joinedNode({ payout: { wallet } })
    assert.equal(market.hellos[0]?.registration.message.payoutWallet, wallet)
    assert.equal(market.hellos[0]?.payoutInstruction, undefined)
  })

  it('runs a job, tells its start and its log, serves the output and signs a receipt for it', async () => {
    await joinedNode()
    const job = offer('log', { input: 'some input' })
    const outputs: (string | undefined)[] = []
    market.answerReceipt = ({ outputCid }) => {
      market.fetch(outputCid ?? '').then(text => outputs.push(text))
      return { acknowledged: false, code: 'OUTPUT_UNAVAILABLE', final: false }
    }
    assert.deepEqual(await market.assign(job), { accepted: true })
    const { receipt, failure, outputCid } = await receiptOf(job)
    assert.deepEqual(market.started, [job.orderDigest])
    assert.equal(market.logs.join(''), 'one two three')
    assert.equal(failure, null)
    assert.equal(jobOutcomes[receipt.message.outcome], 'completed')
    assert.notEqual(receipt.message.inputDigest, zeroHash)
    assert.equal(receipt.message.inputDigest, receipt.message.outputDigest)
    assert.deepEqual([receipt.message.fuel, receipt.message.cpuMs, receipt.message.memoryBytesPeak], [10n, 2n, 65_536n])
    assert.equal(receipt.message.endedAtMs - receipt.message.startedAtMs, 3n)
    const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, receipt.message)
    assert.equal(ethersCrypto.recoverSigner(Buffer.from(digest.slice(2), 'hex'), receipt.signature), self.address)
    assert.equal(await market.fetch(outputCid ?? ''), 'some input')
  })

  it('forgets a receipt and its output when it is acknowledged', async () => {
    const { node } = await joinedNode()
    const first = offer('echo', { input: 'first' })
    await market.assign(first)
    const { outputCid } = await receiptOf(first)
    const second = offer('echo', { nonce: 2n })
    await market.assign(second)
    await receiptOf(second)
    assert.equal(await market.fetch(outputCid ?? ''), undefined)
    assert.ok(node.receiptsHeld() <= 1)
  })

  it('answers an assignment that is sent again as it did at first, and runs the job once', async () => {
    const { engine } = await joinedNode()
    const job = offer('hang')
    assert.deepEqual(await market.assign(job), { accepted: true })
    await market.until(() => market.started.length === 1)
    assert.deepEqual(await market.assign(job), { accepted: true })
    assert.equal(engine.requests.length, 1)
  })

  it('does not run a job again whose receipt is acknowledged', async () => {
    const { node, engine } = await joinedNode()
    const job = offer('echo')
    await market.assign(job)
    await receiptOf(job)
    while (node.receiptsHeld() > 0) await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(await market.assign(job), { accepted: true }, 'a release would take the receipt back')
    assert.equal(engine.requests.length, 1)
  })

  it('takes no order in an attempt that is not above one that it gave back, forged or not', async () => {
    const { engine } = await joinedNode()
    for (const [index, fault] of [{ certifiedBy: payer }, { certificate: { payoutWallet: payer.address } }].entries()) {
      const genuine = offer('echo', { nonce: BigInt(index + 1) })
      const { message: order } = genuine.order
      const given = { ...fault, certificate: { ...fault.certificate, attempt: 5 }, nonce: order.nonce, order }
      assert.equal((await market.assign(offer('echo', given))).accepted, false)
      const answer = await market.assign(genuine)
      assert.equal(!answer.accepted && answer.code, 'ALREADY_ENDED')
      const later = { nonce: order.nonce, order, certificate: { attempt: 6 } }
      assert.deepEqual(await market.assign(offer('echo', later)), { accepted: true })
      await market.until(() => market.receipts.length === index + 1)
    }
    assert.equal(engine.requests.length, 2)
  })

  it('neither runs nor gives back an order in a later attempt while it works for it or after it has signed its receipt', async () => {
    const { node, engine } = await joinedNode()
    const [running, done] = [offer('hang'), offer('echo', { nonce: 2n })]
    await market.assign(running)
    await market.assign(done)
    await receiptOf(done)
    while (node.receiptsHeld() > 0) await new Promise(resolve => setImmediate(resolve))
    for (const { order } of [running, done]) {
      const { nonce } = order.message
      const script = nonce === 1n ? 'hang' : 'echo'
      const again = { nonce, order: order.message, certificate: { attempt: 2 } }
      await assert.rejects(market.assign(offer(script, again)), 'genuine')
      await assert.rejects(market.assign(offer(script, { ...again, certifiedBy: payer })), 'forged')
    }
    assert.equal(engine.requests.length, 2)
    assert.equal(market.receipts.length, 1)
  })

  it('stops a cancelled job and signs a receipt that says so', async () => {
    await joinedNode()
    const job = offer('hang')
    await market.assign(job)
    await market.until(() => market.started.length === 1)
    await market.cancel(job.orderDigest)
    assert.deepEqual(await outcomeOf(job), { outcome: 'cancelled', code: 'CANCELLED' })
  })

  it('hears a cancel of a job that it does not know', async () => {
    await joinedNode()
    await market.cancel(zeroHash)
    assert.deepEqual(market.receipts, [])
  })

  for (const [script, outcome, code] of [
    ['trap', 'failedByJob', 'TRAP'],
    ['invalid', 'failedByJob', 'MODULE_INVALID'],
    ['throw', 'failedByNode', 'NODE_ERROR'],
  ] as const) {
    it(`signs ${outcome} with ${code} for a job that ends in "${script}"`, async () => {
      await joinedNode()
      const job = offer(script)
      await market.assign(job)
      assert.deepEqual(await outcomeOf(job), { outcome, code })
    })
  }

  it('takes the blame for a job whose module or input cannot be had', async () => {
    await joinedNode()
    const job = offer('echo', { input: 'gone' })
    market.content.delete(job.spec.inputCid ?? '')
    await market.assign(job)
    assert.deepEqual(await outcomeOf(job), { outcome: 'failedByNode', code: 'CONTENT_NOT_FOUND' })
  })

  it('does not run a module that does not hash to its CID', async () => {
    const { engine } = await joinedNode()
    const job = offer('echo')
    market.content.set(job.spec.engine === 'wasm' ? job.spec.moduleCid : '', Buffer.from('forged'))
    await market.assign(job)
    assert.deepEqual(await outcomeOf(job), { outcome: 'failedByNode', code: 'CONTENT_MISMATCH' })
    assert.equal(engine.requests.length, 0)
  })

  it('fetches a module once for many jobs', async () => {
    await joinedNode()
    const first = offer('echo')
    await market.assign(first)
    await receiptOf(first)
    market.content.clear()
    const second = offerFor(self.address, first.spec.engine === 'wasm' ? first.spec.moduleCid : '', null, { nonce: 2n })
    await market.assign(second)
    assert.equal((await outcomeOf(second)).outcome, 'completed')
  })

  it('hands the one receipt in again, unchanged, when it hears that its sequence is gone', async () => {
    await joinedNode()
    const refusals = ['SEQUENCE_USED', 'SEQUENCE_USED']
    market.answerReceipt = () => {
      const code = refusals.shift()
      return code === undefined ? { acknowledged: true } : { acknowledged: false, code, final: false }
    }
    await market.assign(offer('echo'))
    await market.until(() => market.receipts.length === 3)
    const [first, second, third] = market.receipts
    assert.deepEqual([second, third], [first, first])
  })

  it('archives a receipt that is refused for good, with the code, and hands it in no more', async () => {
    const { node } = await joinedNode()
    market.answerReceipt = () => ({ acknowledged: false, code: 'NOT_ASSIGNED', final: true })
    const job = offer('echo')
    await market.assign(job)
    await receiptOf(job)
    while (node.receiptsHeld() > 0) await new Promise(resolve => setImmediate(resolve))
    const archive = JSON.parse(readFileSync(join(folder, 'refused-receipts.jsonl'), 'utf8'))
    assert.equal(archive.code, 'NOT_ASSIGNED')
    assert.equal(archive.handover.receipt.message.orderDigest, job.orderDigest)
  })

  it('joins again after the market was down, naming the jobs in hand, and hands in what it held', async () => {
    const { node } = await joinedNode()
    const [done, hanging] = [offer('echo'), offer('hang', { nonce: 2n })]
    market.answerReceipt = () => ({ acknowledged: false, code: 'TRY_AGAIN', final: false })
    await market.assign(hanging)
    await market.assign(done)
    await receiptOf(done)
    const { port } = market
    await market.stop()
    market = await TestMarket.start(port)
    await market.until(() => market.hellos.length === 1 && market.started.length === 1 && market.receipts.length === 1)
    assert.deepEqual(new Set(market.hellos[0]?.running), new Set([done.orderDigest, hanging.orderDigest]))
    assert.deepEqual(market.started, [hanging.orderDigest])
    assert.equal((await receiptOf(done)).receipt.message.orderDigest, done.orderDigest)
    assert.equal(node.jobsRunning(), 1)
  })

  it('keeps trying to join a market that refuses it', async () => {
    market.joinAnswer = { accepted: false, code: 'UNKNOWN_NODE' }
    const { node, records } = await startTestNode(market, folder)
    started.push({ node, records } as TestNode)
    await market.until(() => market.hellos.length === 2)
    assert.equal(node.isJoined(), false)
    assert.ok(records.some(({ code }) => code === 'UNKNOWN_NODE'))
    market.joinAnswer = { accepted: true }
    await node.joined(patience())
  })

  it('does not listen to a market with another key than the one that it was told', async () => {
    const impostor = await TestMarket.start(0, keyOf(99))
    const address = `/ip4/127.0.0.1/tcp/${impostor.port}/p2p/${market.libp2p.peerId}`
    const { node, records } = await startTestNode({ addresses: [address] }, folder)
    started.push({ node, records } as TestNode)
    await market.until(() => true)
    while (!records.some(({ code }) => code === 'MARKET_NOT_REACHED'))
      await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual([impostor.hellos, node.isJoined()], [[], false])
    await impostor.stop()
  })

  it('refuses addresses of a market without its peer id', async () => {
    for (const addresses of [[], ['nonsense'], ['/ip4/127.0.0.1/tcp/1']]) {
      await assert.rejects(startTestNode({ addresses }, folder), { name: 'MarketAddressError' })
    }
  })

  it('refuses a folder that another node uses, and one that belongs to another key or network', async () => {
    const { node } = await startTestNode(market, folder)
    await assert.rejects(startTestNode(market, folder), { name: 'NodeFolderLockedError' })
    await node.stop()
    const otherKey = startTestNode(market, folder, { privateKey: keyOf(5) })
    await assert.rejects(otherKey, { name: 'NodeFolderForeignError' })
    const otherNetwork = startTestNode(market, folder, { domain: { ...testDomain, chainId: 1 } })
    await assert.rejects(otherNetwork, { name: 'NodeFolderForeignError' })
  })
})
