import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type JobOrder, jobOrderType010 } from '@deparrow/ledger'
import { testStartMs } from '@deparrow/ledger/testing'
import {
  contentIdOfBytes,
  funds,
  inputBytes,
  moduleBytes,
  nodeActor,
  otherNodeActor,
  payer,
  type Started,
  startFunded,
  stranger,
  submitJob,
  wasmSpec,
} from './market.spec.fixture.ts'

async function submitRefused({ fixture, market }: Started, fields: Partial<JobOrder>, spec = wasmSpec()) {
  const order = fixture.order(spec, fields)
  const answer = await market.submit(order.message, order.signature, spec)
  assert.ok(!answer.ok)
  assert.equal((await market.jobs(payer.address, 10, undefined)).jobs.length, 0)
  return answer.refusal
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

  it('refuses an order for GPUs, which no node offers, after its signature and deadline', async () => {
    const started = await startFunded()
    assert.deepEqual(await submitRefused(started, { gpuCountMax: 2 }), { code: 'GPU_NOT_OFFERED', gpuCountMax: 2 })
    const late = await submitRefused(started, { gpuCountMax: 2, deadline: BigInt(testStartMs / 1000) })
    assert.equal(late.code, 'DEADLINE_PASSED')
  })

  it('refuses an order with some of the limits that came after 0.1.0 and not all', async () => {
    const started = await startFunded()
    const { gpuCountMax: _, ...message } = started.fixture.order(wasmSpec()).message
    const signature = payer.sign(jobOrderType010, message).signature
    const answer = await started.market.submit(message, signature, wasmSpec())
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
    assert.equal(answer.refusal.field, 'order.gpuCountMax')
  })

  it('refuses an order as 0.1.0 signed it, which the contract that judges cannot read', async () => {
    const started = await startFunded()
    const {
      gpuCountMax: _,
      storageBytesMax: __,
      egressBytesMax: ___,
      ...message
    } = started.fixture.order(wasmSpec()).message
    const signed = payer.sign(jobOrderType010, message)
    const answer = await started.market.submit(message, signed.signature, wasmSpec())
    assert.ok(!answer.ok && answer.refusal.code === 'MALFORMED')
    assert.equal(answer.refusal.field, 'gpuCountMax')
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
    const refusal = await submitRefused(await startFunded(), { maxPriceMicrocredits: funds + 1n })
    assert.deepEqual(refusal, {
      code: 'INSUFFICIENT_CREDITS',
      requiredMicrocredits: funds + 1n,
      availableMicrocredits: funds,
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
