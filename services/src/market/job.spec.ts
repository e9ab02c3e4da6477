import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '@deparrow/ledger'
import { evolveJob, isAssigned, type Job, type JobChange, newJob } from './job.ts'
import { nodeActor, otherNodeActor, payer, wasmSpec } from './market.spec.fixture.ts'

const order = payer.order({ nonce: 1n })

const settlement = {
  capturedMicrocredits: 100n,
  earnedMicrocredits: 95n,
  feeMicrocredits: 5n,
  releasedMicrocredits: 0n,
}

const receipt = nodeActor.receipt(zeroHash, { startedAtMs: 1_100n, endedAtMs: 1_400n })

const held: JobChange = { type: 'held' }
const assigned: JobChange = { type: 'assigned', node: nodeActor.address, attempt: 1 }
const started: JobChange = { type: 'started', node: nodeActor.address, atMs: 1_200 }
const received: JobChange = { type: 'receiptReceived', receipt, atMs: 1_500 }
const settled: JobChange = { type: 'settled', settlement, atMs: 1_510 }

const after = (...changes: readonly JobChange[]): Job =>
  changes.reduce(evolveJob, newJob(zeroHash, order, wasmSpec(), 1_000))

describe('a job', () => {
  it('goes from pending over running to its outcome, with its times', () => {
    assert.equal(after(held, assigned).status, 'pending')
    assert.equal(after(held, assigned, started).status, 'running')
    const done = after(held, assigned, started, received, settled)
    assert.equal(done.status, 'completed')
    assert.deepEqual(
      [done.submittedAtMs, done.startedAtMs, done.receiptAtMs, done.endedAtMs, done.settledAtMs],
      [1_000, 1_200, 1_500, 1_500, 1_510],
    )
  })

  it('does not change when a change comes twice', () => {
    for (const changes of [[held], [held, assigned], [held, assigned, started], [held, assigned, started, received]]) {
      const job = after(...changes)
      assert.equal(evolveJob(job, changes.at(-1) as JobChange), job)
    }
  })

  it('changes no more after its end', () => {
    const job = after(held, assigned, received, settled)
    for (const change of [
      held,
      assigned,
      started,
      received,
      settled,
      { type: 'expired', amountMicrocredits: 1n, atMs: 9 },
    ]) {
      assert.equal(evolveJob(job, change as JobChange), job)
    }
  })

  it('is not started by a node that does not have it', () => {
    const job = after(held, assigned)
    assert.equal(evolveJob(job, { type: 'started', node: otherNodeActor.address, atMs: 1 }), job)
  })

  it('is not taken from its node by the release of an earlier attempt', () => {
    const job = after(held, assigned, { type: 'unassigned', attempt: 1 }, { ...assigned, attempt: 2 })
    assert.equal(evolveJob(job, { type: 'unassigned', attempt: 1 }), job)
    assert.ok(isAssigned(job))
  })

  it('waits again after a release', () => {
    const job = after(held, assigned, started, { type: 'unassigned', attempt: 1 })
    assert.equal(job.status, 'pending')
    assert.equal(job.node, undefined)
    assert.equal(job.startedAtMs, undefined)
  })

  it('has a start even when the node’s message was lost: the receipt’s running time before its arrival', () => {
    assert.equal(after(held, assigned, received).startedAtMs, 1_200)
  })

  for (const [outcome, status, code] of [
    ['failedByJob', 'failed', 'FAILED_BY_JOB'],
    ['failedByNode', 'failed', 'FAILED_BY_NODE'],
    ['timedOut', 'failed', 'TIMED_OUT'],
    ['idle', 'failed', 'IDLE'],
    ['cancelled', 'cancelled', 'CANCELLED'],
  ] as const) {
    it(`ends as ${status} by a receipt that says ${outcome}`, () => {
      const done = after(held, assigned, { ...received, receipt: nodeActor.receipt(zeroHash, { outcome }) }, settled)
      assert.equal(done.status, status)
      assert.equal(done.failure?.code, code)
    })
  }

  it('returns all its credits when its hold expires or is released', () => {
    const expired = after(held, assigned, { type: 'expired', amountMicrocredits: 7n, atMs: 2_000 })
    assert.equal(expired.status, 'failed')
    assert.equal(expired.settlement?.releasedMicrocredits, 7n)
    const released = after(held, { type: 'released', reason: 'notAssigned', amountMicrocredits: 7n, atMs: 2_000 })
    assert.equal(released.status, 'cancelled')
    assert.equal(released.settlement?.capturedMicrocredits, 0n)
  })
})
