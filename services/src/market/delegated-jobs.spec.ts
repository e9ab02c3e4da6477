import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type JobOrder,
  type Ledger,
  type OrderCancellation,
  orderCancellationType,
  type SpendPermission,
} from '@deparrow/ledger'
import { Actor, permissionOf, revocationOf, testStartMs } from '@deparrow/ledger/testing'
import {
  accept,
  ended,
  nodeActor,
  otherNodeActor,
  payer,
  type Started,
  startFunded,
  stranger,
  wasmSpec,
} from './market.spec.fixture.ts'

const delegate = new Actor(0xd1)
const otherDelegate = new Actor(0xd2)

async function permit(ledger: Ledger, fields: Partial<SpendPermission> = {}, to = delegate): Promise<void> {
  await accept(ledger, { type: 'GrantPermission', permission: permissionOf(payer, to, fields) })
}

/** An order that the delegate signs for the payer's wallet. */
function orderOf({ fixture }: Pick<Started, 'fixture'>, fields: Partial<JobOrder> = {}, signer = delegate) {
  return fixture.order(wasmSpec(), { payer: payer.address, ...fields }, signer)
}

async function submit(started: Started, fields: Partial<JobOrder> = {}) {
  const order = orderOf(started, fields)
  return started.market.submit(order.message, order.signature, wasmSpec())
}

async function submitted(started: Started, fields: Partial<JobOrder> = {}) {
  const answer = await submit(started, fields)
  assert.ok(answer.ok, answer.ok ? '' : answer.refusal.code)
  return answer.job
}

function cancellation(orderDigest: OrderCancellation['orderDigest'], signer: Actor) {
  const message = { orderDigest, payer: payer.address, deadline: BigInt(testStartMs / 1000 + 600) }
  return signer.sign(orderCancellationType, message)
}

describe('an order that a delegate signed', () => {
  it('is refused before the ledger is asked when the payer never let that key spend', async () => {
    const started = await startFunded()
    await permit(started.ledger, {}, otherDelegate)
    const answer = await submit(started)
    assert.ok(!answer.ok && answer.refusal.code === 'INVALID_SIGNATURE')
    assert.equal(answer.refusal.expectedSigner, payer.address)
  })

  it('is refused with the ledger’s reason and leaves no job behind: a cap, an engine, the end of the permission', async () => {
    const started = await startFunded()
    await permit(started.ledger, { engines: ['docker'] })
    const refusalOf = async (fields: Partial<JobOrder> = {}) => {
      const answer = await submit(started, fields)
      assert.ok(!answer.ok)
      return answer.refusal.code
    }
    assert.equal(await refusalOf(), 'ENGINE_NOT_ALLOWED')
    await permit(started.ledger, { nonce: 2n })
    assert.equal(await refusalOf({ maxPriceMicrocredits: 1_000_001n }), 'CAP_EXCEEDED')
    await accept(started.ledger, { type: 'RevokePermission', revocation: revocationOf(payer, delegate, 2n) })
    assert.equal(await refusalOf(), 'PERMISSION_EXPIRED')
    assert.equal((await started.market.jobs(payer.address, 10, undefined)).jobs.length, 0)
  })

  it('is bought for the payer, runs with the permission in its assignment, and is settled', async () => {
    const started = await startFunded()
    await permit(started.ledger)
    await started.mesh.join(nodeActor)
    const job = await submitted(started)
    assert.equal(job.order.message.payer, payer.address)
    const assignment = await started.mesh.assigned(1)
    assert.deepEqual(assignment.permission, permissionOf(payer, delegate))
    await started.mesh.handIn(nodeActor, started.fixture.receipt(assignment, nodeActor))
    assert.equal((await ended(started.market, job.id)).status, 'completed')
  })

  it('gets its job again after the permission was revoked', async () => {
    const started = await startFunded()
    await permit(started.ledger)
    const order = orderOf(started)
    const first = await started.market.submit(order.message, order.signature, wasmSpec())
    await accept(started.ledger, { type: 'RevokePermission', revocation: revocationOf(payer, delegate, 1n) })
    const again = await started.market.submit(order.message, order.signature, wasmSpec())
    assert.ok(first.ok && again.ok)
    assert.equal(again.job.id, first.job.id)
  })

  it('goes only to a node that the permission names, however busy that one is, and waits for it', async () => {
    const started = await startFunded()
    await permit(started.ledger, { counterparties: [nodeActor.address] })
    await started.mesh.join(otherNodeActor)
    const job = await submitted(started)
    await started.market.tick()
    assert.equal(started.mesh.assignments.length, 0)
    assert.deepEqual(started.fixture.problems, [])
    await started.mesh.join(nodeActor, { slotsMax: 1 })
    await started.mesh.assigned(1)
    const waiting = await submitted(started)
    await started.market.tick()
    assert.deepEqual(
      started.mesh.assignments.map(({ node }) => node),
      [nodeActor.address],
    )
    assert.equal(started.ledger.hold(waiting.id)?.assignment, undefined)
    assert.equal(started.ledger.hold(job.id)?.assignment?.node, nodeActor.address)
  })

  it('ends at its deadline when no node that the permission names has come, and counts no longer', async () => {
    const started = await startFunded()
    await permit(started.ledger, { counterparties: [nodeActor.address] })
    await started.mesh.join(otherNodeActor)
    const job = await submitted(started)
    assert.equal(started.ledger.permission(payer.address, delegate.address)?.dayMicrocredits, 1_000_000n)
    started.fixture.clock.ms = Number(job.order.message.deadline) * 1000
    await started.market.tick()
    assert.equal((await ended(started.market, job.id)).status, 'cancelled')
    assert.equal(started.ledger.permission(payer.address, delegate.address)?.dayMicrocredits, 0n)
  })
})

describe('a job that a delegate ordered', () => {
  it('is not cancelled by another delegate of the payer, nor by a stranger', async () => {
    const started = await startFunded()
    await permit(started.ledger)
    await permit(started.ledger, {}, otherDelegate)
    const job = await submitted(started)
    for (const signer of [otherDelegate, stranger]) {
      const { message, signature } = cancellation(job.id, signer)
      const answer = await started.market.cancel(message, signature)
      assert.ok(!answer.ok && answer.refusal.code === 'INVALID_SIGNATURE')
      assert.equal(answer.refusal.expectedSigner, payer.address)
    }
  })

  it('is cancelled by its delegate, and by its payer', async () => {
    const started = await startFunded()
    await permit(started.ledger)
    for (const signer of [delegate, payer]) {
      const job = await submitted(started)
      const { message, signature } = cancellation(job.id, signer)
      assert.ok((await started.market.cancel(message, signature)).ok)
      assert.equal((await ended(started.market, job.id)).status, 'cancelled')
    }
  })

  it('of the payer’s own is not cancelled by a delegate', async () => {
    const started = await startFunded()
    await permit(started.ledger)
    const order = orderOf(started, {}, payer)
    const answer = await started.market.submit(order.message, order.signature, wasmSpec())
    assert.ok(answer.ok)
    const { message, signature } = cancellation(answer.job.id, delegate)
    const refused = await started.market.cancel(message, signature)
    assert.ok(!refused.ok && refused.refusal.code === 'INVALID_SIGNATURE')
  })
})
