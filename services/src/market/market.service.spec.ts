import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type JobOrder, type Ledger, zeroHash } from '@deparrow/ledger'
import { digestOfOrder, testStartMs } from '@deparrow/ledger/testing'
import {
  contentIdOfBytes,
  ended,
  FaultyJobStore,
  inputBytes,
  MarketFixture,
  moduleBytes,
  nodeActor,
  otherNodeActor,
  outputBytes,
  payer,
  stranger,
  wasmSpec,
} from './market.spec.fixture.ts'

const credits = 10_000_000n

async function startFunded() {
  const fixture = new MarketFixture()
  const started = await fixture.start()
  await fixture.deposit(started.ledger, payer.address, credits)
  return { fixture, ...started }
}

type Started = Awaited<ReturnType<typeof startFunded>>

async function submitRefused({ fixture, market }: Started, fields: Partial<JobOrder>, spec = wasmSpec()) {
  const order = fixture.order(spec, fields)
  const answer = await market.submit(order.message, order.signature, spec)
  assert.ok(!answer.ok)
  assert.equal((await market.jobs(payer.address, 10, undefined)).jobs.length, 0)
  return answer.refusal
}

async function submitJob({ fixture, market }: Started, fields: Partial<JobOrder> = {}, spec = wasmSpec()) {
  const order = fixture.order(spec, fields)
  const answer = await market.submit(order.message, order.signature, spec)
  assert.ok(
    answer.ok,
    JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  )
  return { order, spec, job: answer.job }
}

describe('admission', () => {
  it('refuses an order with a missing field and names it', async () => {
    const started = await startFunded()
    const { nonce: _nonce, ...message } = started.fixture.order(wasmSpec()).message
    const answer = await started.market.submit(message, `0x${'00'.repeat(65)}`, wasmSpec())
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
    assert.equal(answer.refusal.field, 'order.nonce')
  })

  it('refuses a specification with an unknown field and names it', async () => {
    const { fixture, market } = await startFunded()
    const order = fixture.order(wasmSpec())
    const answer = await market.submit(order.message, order.signature, { ...wasmSpec(), network: true })
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
    assert.equal(answer.refusal.field, 'spec.network')
  })

  it('refuses a specification that the order does not sign', async () => {
    const { fixture, market } = await startFunded()
    const order = fixture.order(wasmSpec())
    const answer = await market.submit(order.message, order.signature, wasmSpec({ args: ['other'] }))
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
    assert.equal(answer.refusal.field, 'order.specDigest')
  })

  for (const field of ['fuelMax', 'cpuMillicoresMax', 'memoryBytesMax', 'wallMsMax'] as const) {
    it(`refuses an order whose ${field} is not that of the specification`, async () => {
      const value = field === 'cpuMillicoresMax' ? 7 : 7n
      const refusal = await submitRefused(await startFunded(), { [field]: value })
      assert.ok(refusal.code === 'MALFORMED')
      assert.equal(refusal.field, `order.${field}`)
    })
  }

  it('refuses an order that somebody else signed', async () => {
    const { fixture, market } = await startFunded()
    const order = fixture.order(wasmSpec(), { payer: payer.address }, stranger)
    const answer = await market.submit(order.message, order.signature, wasmSpec())
    assert.ok(!answer.ok && answer.refusal.code === 'INVALID_SIGNATURE')
    assert.equal(answer.refusal.expectedSigner, payer.address)
  })

  it('refuses an order whose deadline has passed', async () => {
    const refusal = await submitRefused(await startFunded(), { deadline: BigInt(testStartMs / 1000) })
    assert.equal(refusal.code, 'DEADLINE_PASSED')
  })

  it('refuses an order whose maximum is below its own bid times priority', async () => {
    const refusal = await submitRefused(await startFunded(), {
      bidMicrocredits: 600n,
      priority: 2,
      maxPriceMicrocredits: 1_199n,
    })
    assert.deepEqual(refusal, {
      code: 'PRICE_ABOVE_MAXIMUM',
      priceMicrocredits: 1_200n,
      maximumMicrocredits: 1_199n,
    })
  })

  it('refuses an order of which module or input is not stored', async () => {
    const started = await startFunded()
    const missing = contentIdOfBytes(Uint8Array.of(1))
    const module = await submitRefused(started, {}, wasmSpec({ moduleCid: missing }))
    assert.deepEqual(module, { code: 'CONTENT_NOT_STORED', contentId: missing })
    const input = await submitRefused(started, {}, wasmSpec({ inputCid: missing }))
    assert.deepEqual(input, { code: 'CONTENT_NOT_STORED', contentId: missing })
  })

  it('refuses a module that is not WebAssembly or too large', async () => {
    const started = await startFunded()
    const refusal = await submitRefused(started, {}, wasmSpec({ moduleCid: contentIdOfBytes(inputBytes) }))
    assert.equal(refusal.code, 'NOT_WEBASSEMBLY')
    const large = new Uint8Array(8 * 2 ** 20 + 1)
    large.set(moduleBytes)
    const moduleCid = await started.fixture.content.put(large)
    assert.equal((await submitRefused(started, {}, wasmSpec({ moduleCid }))).code, 'MODULE_TOO_LARGE')
  })

  it('refuses when the credits do not suffice, names both amounts and keeps no job', async () => {
    const refusal = await submitRefused(await startFunded(), { maxPriceMicrocredits: credits + 1n })
    assert.deepEqual(refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: credits + 1n,
      availableMicrocredits: credits,
    })
  })

  it('refuses a nonce that was used before', async () => {
    const started = await startFunded()
    const { order } = await submitJob(started)
    const again = started.fixture.order(wasmSpec(), { nonce: order.message.nonce, maxPriceMicrocredits: 5n })
    const answer = await started.market.submit(again.message, again.signature, wasmSpec())
    assert.ok(!answer.ok)
    assert.equal(answer.refusal.code, 'NONCE_USED')
  })

  it('gives the same job for the same signed order and holds its price once', async () => {
    const started = await startFunded()
    const { order, spec, job } = await submitJob(started)
    const again = await Promise.all([
      started.market.submit(order.message, order.signature, spec),
      started.market.submit(order.message, order.signature, spec),
    ])
    assert.deepEqual(
      again.map(answer => answer.ok && answer.job.id),
      [job.id, job.id],
    )
    assert.equal(started.ledger.balance(payer.address).heldMicrocredits, order.message.maxPriceMicrocredits)
  })
})

describe('a job', () => {
  it('is assigned under a hold certificate, runs, and is settled by its receipt', async () => {
    const { fixture, market, mesh, ledger, ...rest } = await startFunded()
    await mesh.join(nodeActor)
    const { job } = await submitJob({ fixture, market, mesh, ledger, ...rest })
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
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, credits)
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
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, credits)
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
    assert.equal(started.ledger.balance(payer.address).availableMicrocredits, credits)
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
    await fixture.deposit(await fixture.openLedger(), payer.address, credits)
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
    await (await first.fixture.openLedger()).submit({ type: 'SettleReceipt', receipt })
    const { market } = await first.fixture.start()
    const done = await market.job(job.id)
    assert.equal(done?.status, 'failed')
    assert.equal(done?.failure?.code, 'TIMED_OUT')
    assert.equal(done?.receipt?.signature, receipt.signature)
  })
})

describe('a quote', () => {
  it('is what the job costs if it uses all its limits, and counts the nodes that fit', async () => {
    const { market, mesh } = await startFunded()
    await mesh.join(nodeActor)
    await mesh.join(otherNodeActor, { engines: ['docker'] })
    const quote = market.quote(wasmSpec(), 1, 0n)
    assert.ok(quote.ok)
    // 10^9 fuel of 3.6 × 10^12 for 10 credits is 2 777.8 µcr, 16 MiB for 10 s at 1 credit a GiB-hour 43.4 µcr.
    assert.equal(quote.maxPriceMicrocredits, 2_821n)
    assert.equal(quote.nodesAvailable, 1)
  })

  it('is refused for a priority that there is not', async () => {
    const { market } = await startFunded()
    const quote = market.quote(wasmSpec(), 3, 0n)
    assert.ok(!quote.ok)
    assert.equal(quote.refusal.code, 'MALFORMED')
  })
})

describe('a job database that cannot write', () => {
  it('lets no hold be opened for a job that it does not have', async () => {
    const fixture = new MarketFixture()
    const store = new FaultyJobStore(fixture.database.kysely)
    fixture.store = store
    const { ledger, market } = await fixture.start()
    await fixture.deposit(ledger, payer.address, credits)
    store.failuresLeft = 1
    const order = fixture.order(wasmSpec())
    await assert.rejects(market.submit(order.message, order.signature, wasmSpec()), /disk is full/)
    assert.equal(ledger.hold(digestOfOrder(order)), undefined)
    assert.equal(await market.job(digestOfOrder(order)), undefined)
  })

  it('keeps a settled job in memory until it can, and then has it', async () => {
    const fixture = new MarketFixture()
    const store = new FaultyJobStore(fixture.database.kysely)
    fixture.store = store
    const started = { fixture, ...(await fixture.start()) }
    await fixture.deposit(started.ledger, payer.address, credits)
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
