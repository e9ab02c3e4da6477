import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { contentIdOf, ledgerConfigDefaults, usageReceiptType } from '@deparrow/ledger'
import { Actor, testDomain } from '@deparrow/ledger/testing'
import { JobPapers, papersFile } from '../daemon/job-papers.ts'
import type { NodeLogRecord } from '../daemon/node-log.ts'
import { offerFor, patience, TestMarket } from '../daemon/test-market.spec.fixture.ts'
import { freshFolder, nodeNumber, startTestNode } from '../daemon/test-node.spec.fixture.ts'
import { NodeFolder, NodePapersMissingError, NodePapersUnreadableError } from './node-folder.ts'

const node = new Actor(41)
const nowMs = Date.now()

let folder: string
let papers: JobPapers
let said: NodeLogRecord[]
let opened: NodeFolder[]

const open = () => {
  const own = new NodeFolder(folder, testDomain, record => said.push(record))
  opened.push(own)
  return own
}
const offer = (nonce: bigint, attempt = 1) => {
  return offerFor(node.address, contentIdOf(`0x${'12'.repeat(32)}`), null, { nonce, certificate: { attempt } })
}
const handoverOf = (orderDigest: `0x${string}`, sequence: bigint) => {
  return { receipt: node.receipt(orderDigest, { sequence }), outputCid: null, failure: null }
}

/** Somebody else changes the file. */
function tamper(sql: string): void {
  const database = new DatabaseSync(join(folder, papersFile))
  database.exec(sql)
  database.close()
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deparrow-papers-'))
  papers = new JobPapers(folder)
  said = []
  opened = []
})

afterEach(async () => {
  for (const one of opened) one.close()
  papers.close()
  await rm(folder, { recursive: true })
})

describe('the papers of a node', () => {
  it('are kept by a running node beyond the acknowledgement of its receipt, and read beside it', {
    timeout: 30_000,
  }, async () => {
    const market = await TestMarket.start()
    const nodeFolder = freshFolder()
    const acknowledged = Promise.withResolvers<void>()
    const log = ({ code }: NodeLogRecord) => code === 'RECEIPT_ACKNOWLEDGED' && acknowledged.resolve()
    const running = await startTestNode(market, nodeFolder, { log })
    try {
      await running.node.joined(patience())
      const job = offerFor(new Actor(nodeNumber).address, market.put('done'), null, {})
      assert.deepEqual(await market.assign(job), { accepted: true })
      await acknowledged.promise
      const own = new NodeFolder(nodeFolder, testDomain, record => said.push(record))
      opened.push(own)
      const [kept, ...others] = own.jobs(0)
      assert.deepEqual([kept?.order.orderDigest, others, said], [job.orderDigest, [], []])
      assert.deepEqual(kept?.paper.receipt, market.receipts[0]?.receipt)
    } finally {
      await running.node.stop()
      await market.stop()
    }
    const left = new NodeFolder(nodeFolder, testDomain, () => {})
    assert.equal(left.jobs(0).length, 1)
    left.close()
    await rm(nodeFolder, { recursive: true })
  })

  it('are not in a folder without their file, nor in a file of something else', async () => {
    assert.throws(() => new NodeFolder(join(folder, 'nowhere'), testDomain, () => {}), NodePapersMissingError)
    const other = await mkdtemp(join(tmpdir(), 'deparrow-papers-'))
    for (const make of [
      (path: string) =>
        writeFileSync(path, 'not a database, but as long as the header of one would have to be, and longer'),
      (path: string) => new DatabaseSync(path).exec('CREATE TABLE paper (node TEXT)'),
    ]) {
      const path = join(other, papersFile)
      await rm(path, { force: true })
      make(path)
      assert.throws(() => new NodeFolder(other, testDomain, () => {}), NodePapersUnreadableError)
    }
    await rm(other, { recursive: true })
  })

  it('are left out, and said to be of no use once, where they are not of one another', () => {
    for (const nonce of [1n, 2n, 3n, 4n]) papers.keep(offer(nonce), ledgerConfigDefaults, nowMs)
    const own = open()
    assert.equal(own.jobs(0).length, 4)
    const [first, second, third, fourth] = own.jobs(0).map(({ order }) => order.orderDigest)
    assert.ok(first && second && third && fourth)
    papers.addReceipt({ orderDigest: first, attempt: 1 }, handoverOf(second, 1n))
    const foreign = new Actor(42).sign(usageReceiptType, node.receipt(second, {}).message)
    papers.addReceipt({ orderDigest: second, attempt: 1 }, { ...handoverOf(second, 1n), receipt: foreign })
    tamper(`UPDATE paper SET pricing = '{"rates":{}}', handover = '1' WHERE order_digest = '${third}'`)
    tamper(`UPDATE paper SET offer = '{}', handover = '1' WHERE order_digest = '${fourth}'`)
    assert.deepEqual(own.jobs(0), [])
    assert.deepEqual(own.jobs(0), [])
    const reasons = said.map(({ code, message }) => [code, message.split(': ').at(-1)])
    const unusable = (...codes: readonly string[]) => codes.map(code => ['NODE_PAPER_UNUSABLE', code])
    const expected = unusable('RECEIPT_UNRELATED', 'RECEIPT_NOT_SIGNED', 'NOT_READABLE', 'NOT_READABLE')
    assert.deepEqual(reasons.sort(), expected.sort())
  })

  it('are those of jobs whose certificates end after a time, while the node writes on', () => {
    papers.keep(offer(1n), ledgerConfigDefaults, nowMs)
    const own = open()
    const [job] = own.jobs(0)
    assert.ok(job)
    const ends = Number(job.paper.certificate.message.expires)
    assert.deepEqual([own.jobs(ends).length, own.jobs(ends - 1).length], [0, 1])
    assert.deepEqual([...own.nodes], [node.address])
    papers.keep(offer(2n), ledgerConfigDefaults, nowMs)
    papers.keep(offer(2n, 2), ledgerConfigDefaults, nowMs)
    assert.deepEqual(
      own
        .jobs(0)
        .map(({ order }) => order.attempt)
        .sort(),
      [1, 1, 2],
    )
    assert.deepEqual(said, [])
  })

  it('stay when the node takes the job again, and are forgotten sixty days after the end', () => {
    papers.keep(offer(1n), ledgerConfigDefaults, nowMs)
    const own = open()
    const [job] = own.jobs(0)
    assert.ok(job)
    papers.addReceipt(job.order, handoverOf(job.order.orderDigest, 5n))
    papers.keep(offer(1n), ledgerConfigDefaults, nowMs)
    assert.equal(own.jobs(0)[0]?.paper.receipt?.message.sequence, 5n)
    papers.addReceipt(job.order, handoverOf(job.order.orderDigest, 6n))
    assert.equal(own.jobs(0)[0]?.paper.receipt?.message.sequence, 6n)
    papers.keep(offer(2n), ledgerConfigDefaults, nowMs + 70 * 24 * 3_600_000)
    assert.deepEqual(own.jobs(0), [])
  })
})
