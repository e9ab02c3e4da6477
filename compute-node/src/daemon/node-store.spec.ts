import assert from 'node:assert/strict'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Actor } from '@deparrow/ledger/testing'
import type { ReceiptHandover } from '../../protocol/index.ts'
import { contentIdOfBytes } from '../../protocol/index.ts'
import { NodeStore } from './node-store.ts'
import { offerFor } from './test-market.spec.fixture.ts'
import { freshFolder } from './test-node.spec.fixture.ts'

describe('the store of a node', () => {
  const self = new Actor(31)
  const identity = { address: self.address, chainId: '31337', settlement: `0x${'5e'.repeat(20)}` }
  const moduleCid = contentIdOfBytes(Buffer.from('module'))
  let folder: string
  let store: NodeStore | undefined

  beforeEach(() => {
    folder = freshFolder()
  })

  afterEach(() => {
    store?.close()
    store = undefined
    rmSync(folder, { recursive: true })
  })

  function open(): NodeStore {
    store?.close()
    store = new NodeStore(folder, identity)
    return store
  }

  function offer(nonce: bigint) {
    return offerFor(self.address, moduleCid, null, { nonce })
  }

  function handoverWith(sequence: bigint): ReceiptHandover {
    return { receipt: self.receipt(`0x${'ab'.repeat(32)}`, { sequence }), outputCid: null, failure: null }
  }

  it('gives jobs back as they came, the oldest first', () => {
    const jobs = [offer(1n), offer(2n)].map((job, index) => open().accept(job, 1_000 + index, 9_000))
    assert.deepEqual(open().assignedJobs(), jobs)
    assert.equal(open().stateOf(jobs[0] ?? { orderDigest: '0x', attempt: 1 }), 'assigned')
  })

  it('takes no job twice', () => {
    const job = offer(1n)
    open().accept(job, 1, 9_000)
    assert.throws(() => open().accept(job, 2, 9_000), /UNIQUE/)
    assert.throws(() => open().released(job, 2, 9_000), /UNIQUE/)
  })

  it('counts runs', () => {
    const job = open().accept(offer(1n), 1, 9_000)
    assert.equal(open().countRun(job).runs, 2)
    assert.equal(open().assignedJobs()[0]?.runs, 2)
  })

  it('begins its sequences at the clock and lets them ascend by one, whatever the clock does', () => {
    const [one, two] = [open().accept(offer(1n), 1, 9_000), open().accept(offer(2n), 2, 9_000)]
    assert.equal(open().keepReceipt(one, 5_000, handoverWith).sequence, 5_000n)
    assert.equal(open().keepReceipt(two, 4_000, handoverWith).sequence, 5_001n)
    assert.deepEqual(
      open()
        .heldReceipts()
        .map(({ sequence }) => sequence),
      [5_000n, 5_001n],
    )
  })

  it('has no second receipt signed for a job, neither before nor after the first is handed in', () => {
    const job = open().accept(offer(1n), 1, 9_000)
    open().keepReceipt(job, 5_000, handoverWith)
    const second = (sequence: bigint) => assert.fail(`signed with sequence ${sequence}`)
    assert.throws(() => open().keepReceipt(job, 5_000, second), { name: 'SecondReceiptError' })
    open().ended(job, 5_000)
    assert.throws(() => open().keepReceipt(job, 5_000, second), { name: 'SecondReceiptError' })
  })

  it('knows an order as taken in whatever attempt, unless it was given back', () => {
    const [taken, given] = [offer(1n), offer(2n)]
    open().accept(taken, 1, 9_000)
    open().released(given, 1, 9_000)
    assert.deepEqual([open().isTaken(taken.orderDigest), open().isTaken(given.orderDigest)], [true, false])
  })

  it('keeps nothing of a receipt that could not be signed, and uses its sequence for the next', () => {
    const job = open().accept(offer(1n), 1, 9_000)
    const fail = () => {
      throw new Error('no signature')
    }
    assert.throws(() => open().keepReceipt(job, 5_000, fail), /no signature/)
    assert.equal(open().stateOf(job), 'assigned')
    assert.equal(open().keepReceipt(job, 5_000, handoverWith).sequence, 5_000n)
  })

  it('remembers a job that it gave back until its hold has expired, and one that has ended thirty days more', () => {
    const [given, ended, other] = [offer(1n), offer(2n), offer(3n)]
    const key = ({ orderDigest }: typeof given) => ({ orderDigest, attempt: 1 })
    open().released(given, 1, 9_000)
    open().accept(ended, 1, 9_000)
    open().accept(other, 1, 9_000)
    open().ended(key(ended), 9_000)
    assert.deepEqual([open().stateOf(key(given)), open().stateOf(key(ended))], ['released', 'ended'])
    open().ended(key(other), 9_001)
    assert.deepEqual([open().stateOf(key(given)), open().stateOf(key(ended))], [undefined, 'ended'])
    open().ended(key(other), 9_001 + 30 * 86_400_000)
    assert.equal(open().stateOf(key(ended)), undefined)
  })

  it('refuses a file of a newer version', () => {
    open().close()
    store = undefined
    const database = new DatabaseSync(join(folder, 'node.sqlite'))
    database.exec('PRAGMA user_version = 2')
    database.close()
    assert.throws(open, { name: 'NodeStoreNewerError' })
  })

  it('refuses a file that is damaged, of another program, or no database', () => {
    const job = offer(1n)
    open().accept(job, 1, 9_000)
    store?.close()
    store = undefined
    truncateSync(join(folder, 'node.sqlite'), 8_192)
    assert.throws(open, { name: 'NodeStoreDamagedError' })
    rmSync(join(folder, 'node.sqlite'))
    const foreign = new DatabaseSync(join(folder, 'node.sqlite'))
    foreign.exec('CREATE TABLE other (value TEXT)')
    foreign.close()
    assert.throws(open, { name: 'NodeStoreDamagedError' })
    rmSync(join(folder, 'node.sqlite'))
    writeFileSync(join(folder, 'node.sqlite'), 'this is no database, but long enough to look like one'.repeat(50))
    assert.throws(open, { name: 'NodeStoreDamagedError' })
  })
})
