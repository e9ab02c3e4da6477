import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '@deparrow/ledger'
import { testStartMs } from '@deparrow/ledger/testing'
import {
  contentIdOfBytes,
  ended,
  funds,
  MarketFixture,
  nodeActor,
  otherNodeActor,
  outputBytes,
  payer,
  startFunded,
  stranger,
  submitJob,
} from './market.spec.fixture.ts'

describe('a receipt', () => {
  async function startAssigned() {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    await started.mesh.join(otherNodeActor)
    const { job } = await submitJob(started)
    const assignment = await started.mesh.assigned(1)
    const isFirst = assignment.certificate.message.node === nodeActor.address
    return {
      ...started,
      job,
      assignment,
      owner: isFirst ? nodeActor : otherNodeActor,
      other: isFirst ? otherNodeActor : nodeActor,
    }
  }

  it('is refused from a node that does not have the job', async () => {
    const { fixture, mesh, assignment, other } = await startAssigned()
    const reply = await mesh.handIn(other, fixture.receipt(assignment, other))
    assert.deepEqual(reply, { acknowledged: false, code: 'NOT_ASSIGNED', final: true })
  })

  it('is refused when another node hands it in', async () => {
    const { fixture, mesh, assignment, owner, other } = await startAssigned()
    const reply = await mesh.handIn(other, fixture.receipt(assignment, owner))
    assert.deepEqual(reply, { acknowledged: false, code: 'WRONG_NODE', final: true })
  })

  it('is refused when it was altered after signing', async () => {
    const { fixture, mesh, assignment, owner, ledger, job } = await startAssigned()
    const receipt = fixture.receipt(assignment, owner)
    const altered = { ...receipt, message: { ...receipt.message, fuel: receipt.message.fuel + 1n } }
    const reply = await mesh.handIn(owner, altered)
    assert.deepEqual(reply, { acknowledged: false, code: 'INVALID_SIGNATURE', final: true })
    assert.ok(ledger.hold(job.id))
  })

  it('is refused for an unknown job, another input and an output that is not its own', async () => {
    const { fixture, mesh, assignment, owner } = await startAssigned()
    const code = async (fields: Parameters<MarketFixture['receipt']>[2], handed = {}) => {
      const reply = await mesh.handIn(owner, fixture.receipt(assignment, owner, fields), handed)
      return reply.acknowledged || reply.code
    }
    assert.equal(await code({ orderDigest: zeroHash }), 'UNKNOWN_JOB')
    assert.equal(await code({ inputDigest: zeroHash }), 'INPUT_MISMATCH')
    assert.equal(await code({}, { outputCid: contentIdOfBytes(outputBytes) }), 'OUTPUT_MISMATCH')
    assert.equal(await code({ attempt: 2 }), 'NOT_ASSIGNED')
  })

  it('is asked for again while its output cannot be fetched', async () => {
    const { fixture, mesh, assignment, owner, ledger, job } = await startAssigned()
    const receipt = fixture.receipt(assignment, owner, { outputDigest: `0x${'77'.repeat(32)}` })
    const reply = await mesh.handIn(owner, receipt)
    assert.deepEqual(reply, { acknowledged: false, code: 'OUTPUT_UNAVAILABLE', final: false })
    assert.ok(ledger.hold(job.id))
  })

  it('is refused when another one has settled the job', async () => {
    const { fixture, mesh, market, assignment, owner, job } = await startAssigned()
    await mesh.handIn(owner, fixture.receipt(assignment, owner))
    await ended(market, job.id)
    const reply = await mesh.handIn(owner, fixture.receipt(assignment, owner, { fuel: 1n }))
    assert.deepEqual(reply, { acknowledged: false, code: 'JOB_ENDED', final: true })
  })
})

describe('a hello', () => {
  it('is refused when the registration is for another node or its signature is wrong', async () => {
    const { mesh } = await startFunded()
    assert.deepEqual(await mesh.join(nodeActor, { registration: otherNodeActor.registration() }), {
      accepted: false,
      code: 'REGISTRATION_FOREIGN',
    })
    const registration = { ...nodeActor.registration(), signature: otherNodeActor.registration().signature }
    assert.deepEqual(await mesh.join(nodeActor, { registration }), { accepted: false, code: 'INVALID_SIGNATURE' })
  })

  it('is accepted again with an old registration', async () => {
    const { fixture, mesh } = await startFunded()
    await mesh.join(nodeActor)
    fixture.clock.ms += 86_400_000
    assert.deepEqual(await mesh.join(nodeActor), { accepted: true })
  })
})

describe('a cancellation', () => {
  it('returns the credits of a job that no node has', async () => {
    const started = await startFunded()
    const { job } = await submitJob(started)
    const cancellation = payer.cancellation(job.id)
    const answer = await started.market.cancel(cancellation.message, cancellation.signature)
    assert.ok(answer.ok)
    assert.equal(answer.job.status, 'cancelled')
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, funds)
  })

  it('reaches the node that has the job, and its receipt settles it', async () => {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    const { job } = await submitJob(started)
    const assignment = await started.mesh.assigned(1)
    const cancellation = payer.cancellation(job.id)
    const answer = await started.market.cancel(cancellation.message, cancellation.signature)
    assert.ok(answer.ok)
    await started.market.tick()
    assert.deepEqual(started.mesh.cancelled, [{ node: nodeActor.address, orderDigest: job.id }])
    await started.mesh.handIn(nodeActor, started.fixture.receipt(assignment, nodeActor, { outcome: 'cancelled' }))
    assert.equal((await ended(started.market, job.id)).status, 'cancelled')
  })

  it('is refused from somebody else, for an unknown job, late, and after the end', async () => {
    const started = await startFunded()
    const { job } = await submitJob(started)
    const code = async (cancellation: ReturnType<typeof payer.cancellation>) => {
      const answer = await started.market.cancel(cancellation.message, cancellation.signature)
      return answer.ok || answer.refusal.code
    }
    assert.equal(await code(stranger.cancellation(job.id)), 'INVALID_SIGNATURE')
    assert.equal(await code(payer.cancellation(zeroHash)), 'UNKNOWN_JOB')
    assert.equal(await code(payer.cancellation(job.id, { deadline: 1n })), 'DEADLINE_PASSED')
    assert.equal(await code(payer.cancellation(job.id)), true)
    assert.equal(await code(payer.cancellation(job.id, { deadline: BigInt(testStartMs / 1000 + 60) })), 'JOB_ENDED')
  })
})
