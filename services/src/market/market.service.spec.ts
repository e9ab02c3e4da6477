import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Ledger } from '@deparrow/ledger'
import { digestOfOrder, testStartMs } from '@deparrow/ledger/testing'
import {
  contentIdOfBytes,
  ended,
  FaultyJobStore,
  funds,
  MarketFixture,
  nodeActor,
  otherNodeActor,
  outputBytes,
  payer,
  startFunded,
  stranger,
  submitJob,
  wasmSpec,
} from './market.spec.fixture.ts'

describe('a job', () => {
  it('is assigned under a hold certificate, runs, and is settled by its receipt', async () => {
    const { fixture, market, mesh, ledger } = await startFunded()
    await mesh.join(nodeActor)
    const { job } = await submitJob({ fixture, market })
    const assignment = await mesh.assigned(1)
    assert.equal(assignment.certificate.message.node, nodeActor.address)
    fixture.clock.ms += 20
    mesh.listener?.jobStarted(nodeActor.address, job.id, 0)
    mesh.listener?.logReceived(nodeActor.address, job.id, new TextEncoder().encode('half '))
    assert.equal((await market.job(job.id))?.status, 'running')
    mesh.outputs.set(contentIdOfBytes(outputBytes), outputBytes)
    fixture.clock.ms += 1_000
    const outputDigest = `0x${Buffer.from(await crypto.subtle.digest('SHA-256', outputBytes)).toString('hex')}` as const
    const receipt = fixture.receipt(assignment, nodeActor, { outputDigest, fuel: 1_000_000n })
    assert.deepEqual(await mesh.handIn(nodeActor, receipt), { acknowledged: true })
    const done = await ended(market, job.id)
    assert.equal(done.status, 'completed')
    assert.equal(done.startedAtMs, testStartMs + 20)
    assert.equal(done.outputCid, contentIdOfBytes(outputBytes))
    assert.deepEqual(await fixture.content.get(contentIdOfBytes(outputBytes)), outputBytes)
    assert.equal(await market.log(job.id, 100), 'half ')
    const { capturedMicrocredits, earnedMicrocredits, feeMicrocredits } = done.settlement ?? assert.fail()
    assert.equal(earnedMicrocredits + feeMicrocredits, capturedMicrocredits)
    assert.equal(ledger.balance(nodeActor.address).availableMicrocredits, earnedMicrocredits)
  })

  it('is acknowledged again when its receipt comes again, also after a restart', async () => {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    const { job } = await submitJob(started)
    const receipt = started.fixture.receipt(await started.mesh.assigned(1), nodeActor)
    assert.deepEqual(await started.mesh.handIn(nodeActor, receipt), { acknowledged: true })
    await ended(started.market, job.id)
    assert.deepEqual(await started.mesh.handIn(nodeActor, receipt), { acknowledged: true })
    await started.market.stop()
    const { mesh } = await started.fixture.start()
    assert.deepEqual(await mesh.handIn(nodeActor, receipt), { acknowledged: true })
  })

  it('waits while no node fits, and goes to the first that joins', async () => {
    const started = await startFunded()
    await started.mesh.join(otherNodeActor, { memoryBytesMax: 1 })
    const { job } = await submitJob(started)
    assert.equal((await started.market.job(job.id))?.node, undefined)
    await started.mesh.join(nodeActor)
    const assignment = await started.mesh.assigned(1)
    assert.equal(assignment.certificate.message.node, nodeActor.address)
  })

  it('goes to another node when one refuses, by that node’s signed release', async () => {
    const started = await startFunded()
    started.mesh.reply = async (node, { orderDigest }) =>
      node === nodeActor.address
        ? { accepted: false, code: 'BUSY', release: nodeActor.release(orderDigest) }
        : { accepted: true }
    await started.mesh.join(nodeActor)
    await started.mesh.join(otherNodeActor)
    await submitJob(started)
    const second = await started.mesh.assigned(2)
    assert.equal(second.certificate.message.node, otherNodeActor.address)
    assert.equal(second.certificate.message.attempt, 2)
  })

  it('is not offered again at once to the node that refused it, however often that joins', async () => {
    const { fixture, market, mesh } = await startFunded()
    mesh.reply = async (_, { orderDigest, certificate }) => {
      const { attempt } = certificate.message
      return { accepted: false, code: 'NO_FREE_SLOT', release: nodeActor.release(orderDigest, attempt) }
    }
    await mesh.join(nodeActor)
    await submitJob({ fixture, market })
    await mesh.assigned(1)
    for (let count = 0; count < 3; count++) {
      await market.tick()
      await mesh.join(nodeActor)
    }
    await market.tick()
    assert.equal(mesh.assignments.length, 1)
    await mesh.join(otherNodeActor)
    await mesh.assigned(2)
  })

  it('stays bound to a node that refuses without a valid release', async () => {
    const started = await startFunded()
    started.mesh.reply = async (_node, { orderDigest }) => ({
      accepted: false,
      code: 'BUSY',
      release: { ...nodeActor.release(orderDigest), signature: stranger.release(orderDigest).signature },
    })
    await started.mesh.join(nodeActor)
    await started.mesh.join(otherNodeActor)
    const { job } = await submitJob(started)
    await started.mesh.assigned(1)
    await started.market.tick()
    assert.equal(started.ledger.hold(job.id)?.assignment?.node, nodeActor.address)
  })

  it('is delivered again to a node that comes back without it, and not to one that has it', async () => {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    const { job } = await submitJob(started)
    await started.mesh.assigned(1)
    started.mesh.leave(nodeActor)
    await started.mesh.join(nodeActor, { running: [job.id] })
    await started.market.tick()
    assert.equal(started.mesh.assignments.length, 1)
    await started.mesh.join(nodeActor, { running: [] })
    await started.market.tick()
    const again = await started.mesh.assigned(2)
    assert.equal(again.certificate.message.attempt, 1)
  })

  it('ends as cancelled, and costs nothing, when no node took it before its deadline', async () => {
    const started = await startFunded()
    const { job } = await submitJob(started)
    started.fixture.clock.ms += 600_000
    await started.market.tick()
    const done = await ended(started.market, job.id)
    assert.equal(done.status, 'cancelled')
    assert.equal(done.failure?.code, 'NO_NODE')
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, funds)
  })

  it('fails when its hold expires without a receipt, and all credits return', async () => {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    const { job } = await submitJob(started)
    await started.mesh.assigned(1)
    started.fixture.clock.ms += (600 + 900) * 1_000
    await started.ledger.expireHolds()
    const done = await ended(started.market, job.id)
    assert.equal(done.status, 'failed')
    assert.equal(done.failure?.code, 'HOLD_EXPIRED')
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, funds)
  })

  it('keeps its code and sentence of failure, and says failed', async () => {
    const started = await startFunded()
    await started.mesh.join(nodeActor)
    const { job } = await submitJob(started)
    const receipt = started.fixture.receipt(await started.mesh.assigned(1), nodeActor, { outcome: 'failedByJob' })
    await started.mesh.handIn(nodeActor, receipt, { failure: { code: 'TRAP', message: 'unreachable' } })
    const done = await ended(started.market, job.id)
    assert.equal(done.status, 'failed')
    assert.deepEqual(done.failure, { code: 'TRAP', message: 'unreachable' })
  })
})

describe('a restart', () => {
  const unreachableLedger = (ledger: Ledger): Ledger =>
    new Proxy(ledger, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name === 'submit') return () => Promise.reject(new Error('the process was killed'))
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  it('opens the hold of a job that was stored when the process ended before its hold was opened', async () => {
    const fixture = new MarketFixture()
    await fixture.deposit(await fixture.openLedger(), payer.address, funds)
    const killed = await fixture.start(unreachableLedger)
    const order = fixture.order(wasmSpec())
    await assert.rejects(killed.market.submit(order.message, order.signature, wasmSpec()))
    const { ledger, market } = await fixture.start()
    assert.ok(ledger.hold(digestOfOrder(order)))
    assert.equal((await market.job(digestOfOrder(order)))?.isHeld, true)
  })

  it('delivers a job again whose node did not hear of it', async () => {
    const first = await startFunded()
    first.mesh.reply = () => new Promise(() => {})
    await first.mesh.join(nodeActor)
    const { job } = await submitJob(first)
    await first.mesh.assigned(1)
    const { mesh, market } = await first.fixture.start()
    await mesh.join(nodeActor)
    await market.tick()
    assert.equal((await mesh.assigned(1)).orderDigest, job.id)
  })

  it('learns from the journal of a job that was settled without it', async () => {
    const first = await startFunded()
    await first.mesh.join(nodeActor)
    const { job } = await submitJob(first)
    const receipt = first.fixture.receipt(await first.mesh.assigned(1), nodeActor, { outcome: 'timedOut' })
    await first.market.stop()
    await (await first.fixture.openLedger()).submit({ type: 'ReceiveReceipt', receipt })
    const { market } = await first.fixture.start()
    const done = await market.job(job.id)
    assert.equal(done?.status, 'failed')
    assert.equal(done?.failure?.code, 'TIMED_OUT')
    assert.equal(done?.receipt?.signature, receipt.signature)
  })
})

describe('a job database that cannot write', () => {
  it('lets no hold be opened for a job that it does not have', async () => {
    const fixture = new MarketFixture()
    const store = new FaultyJobStore(fixture.database.kysely)
    fixture.store = store
    const { ledger, market } = await fixture.start()
    await fixture.deposit(ledger, payer.address, funds)
    store.failuresLeft = 1
    const order = fixture.order(wasmSpec())
    await assert.rejects(market.submit(order.message, order.signature, wasmSpec()), /disk is full/)
    assert.equal(ledger.hold(digestOfOrder(order)), undefined)
    assert.equal(await market.job(digestOfOrder(order)), undefined)
  })

  it('takes the order again after its first write has failed and another was written', async () => {
    const fixture = new MarketFixture()
    const store = new FaultyJobStore(fixture.database.kysely)
    fixture.store = store
    const { ledger, market } = await fixture.start()
    await fixture.deposit(ledger, payer.address, funds)
    const order = fixture.order(wasmSpec(), { lane: 1 })
    store.failuresLeft = 1
    await assert.rejects(market.submit(order.message, order.signature, wasmSpec()), /disk is full/)
    await submitJob({ fixture, market })
    const again = await market.submit(order.message, order.signature, wasmSpec())
    assert.equal(again.ok && again.job.isHeld, true)
    assert.notEqual(ledger.hold(digestOfOrder(order)), undefined)
  })

  it('keeps a settled job in memory until it can, and then has it', async () => {
    const fixture = new MarketFixture()
    const store = new FaultyJobStore(fixture.database.kysely)
    fixture.store = store
    const started = { fixture, ...(await fixture.start()) }
    await fixture.deposit(started.ledger, payer.address, funds)
    const { job } = await submitJob(started)
    const cancellation = payer.cancellation(job.id)
    await started.market.tick()
    store.failuresLeft = 1
    await assert.rejects(started.market.cancel(cancellation.message, cancellation.signature), /disk is full/)
    const again = await started.market.cancel(cancellation.message, cancellation.signature)
    assert.ok(again.ok)
    await started.market.stop()
    assert.equal((await store.job(job.id))?.status, 'cancelled')
  })
})
