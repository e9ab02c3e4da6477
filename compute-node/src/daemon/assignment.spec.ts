import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  assignmentReleaseType,
  ledgerConfigDefaults,
  type Pricing,
  pricingDigest,
  type SpendPermission,
  typedDataDigest,
  zeroHash,
} from '@deparrow/ledger'
import { Actor, ethersCrypto, permissionOf, testDomain } from '@deparrow/ledger/testing'
import { assignProtocol, writeFrame } from '../../protocol/index.ts'
import type { AssignmentRefusalCode } from './assignment-check.ts'
import { type OfferChanges, offerFor, patience, payer, TestMarket } from './test-market.spec.fixture.ts'
import { freshFolder, nodeNumber, startTestNode, type TestNode } from './test-node.spec.fixture.ts'

describe('an assignment', () => {
  const self = new Actor(nodeNumber)
  const other = new Actor(40)
  const folder = freshFolder()
  let market: TestMarket
  let test: TestNode
  let nonce = 0n

  before(async () => {
    market = await TestMarket.start()
    test = await startTestNode(market, folder, { slotsMax: 2, memoryBytesMax: 10_000_000 })
    await test.node.joined(patience())
  })

  after(async () => {
    await test.node.stop()
    await market.stop()
    rmSync(folder, { recursive: true })
  })

  function offer(script: string, changes: OfferChanges = {}) {
    return offerFor(self.address, market.put(script), null, { nonce: ++nonce, ...changes })
  }

  async function refused(job: ReturnType<typeof offer>, code: AssignmentRefusalCode): Promise<void> {
    const answer = await market.assign(job)
    assert.ok(!answer.accepted)
    assert.equal(answer.code, code)
    const { orderDigest } = job
    const { attempt } = job.certificate.message
    assert.deepEqual(answer.release.message, { orderDigest, node: self.address, attempt })
    const digest = typedDataDigest(ethersCrypto, testDomain, assignmentReleaseType, answer.release.message)
    const signer = ethersCrypto.recoverSigner(Buffer.from(digest.slice(2), 'hex'), answer.release.signature)
    assert.equal(signer, self.address)
    assert.ok(test.engine.requests.every(({ seed }) => Buffer.from(seed).toString('hex') !== orderDigest.slice(2)))
  }

  it('is given back when the order was altered after it was signed', async () => {
    const job = offer('echo')
    const order = { ...job.order, message: { ...job.order.message, maxPriceMicrocredits: 2n } }
    await refused({ ...job, order }, 'ORDER_DIGEST_MISMATCH')
  })

  it('is given back when somebody else than the payer signed the order', async () => {
    const job = offer('echo', { order: { payer: other.address } })
    await refused(job, 'ORDER_SIGNATURE_INVALID')
    const signature = `${job.order.signature.slice(0, -2)}00` as const
    await refused({ ...job, order: { ...job.order, signature: signature as `0x${string}` } }, 'ORDER_SIGNATURE_INVALID')
  })

  describe('that a delegate of the payer ordered', () => {
    const wallet = new Actor(41)
    const delegated = (fields: Partial<SpendPermission> = {}, signer = wallet) => {
      const { message } = permissionOf(wallet, payer, fields)
      const permission = permissionOf(signer, payer, message)
      return { ...offer('echo', { order: { payer: wallet.address } }), permission }
    }

    it('is given back when the payer did not sign the permission, or signed it for somebody else', async () => {
      await refused(delegated({}, other), 'ORDER_SIGNATURE_INVALID')
      await refused(delegated({}, payer), 'ORDER_SIGNATURE_INVALID')
      await refused(delegated({ delegate: other.address }), 'ORDER_SIGNATURE_INVALID')
    })

    it('is given back when the permission is another wallet’s', async () => {
      const job = { ...offer('echo', { order: { payer: wallet.address } }), permission: permissionOf(other, payer) }
      await refused(job, 'ORDER_SIGNATURE_INVALID')
    })

    it('is given back when the permission names other nodes or engines', async () => {
      await refused(delegated({ counterparties: [other.address] }), 'ORDER_SIGNATURE_INVALID')
      await refused(delegated({ engines: ['docker'] }), 'ORDER_SIGNATURE_INVALID')
    })

    it('is taken with the permission that allows it here', async () => {
      const job = delegated({ counterparties: [other.address, self.address], engines: ['wasm'] })
      assert.deepEqual(await market.assign(job), { accepted: true })
      await market.until(() => market.receipts.some(({ receipt }) => receipt.message.orderDigest === job.orderDigest))
    })
  })

  it('is given back when the specification is not the one that was ordered', async () => {
    const job = offer('echo')
    await refused({ ...job, spec: { ...job.spec, args: ['--more'] } }, 'SPEC_MISMATCH')
  })

  it('is given back when the certificate is for another node or another order', async () => {
    await refused(offer('echo', { certificate: { node: other.address } }), 'CERTIFICATE_MISMATCH')
    await refused(offer('echo', { certificate: { orderDigest: zeroHash } }), 'CERTIFICATE_MISMATCH')
    await refused(offer('echo', { certificate: { hold: zeroHash } }), 'CERTIFICATE_MISMATCH')
  })

  it('is given back when the certificate is for another amount than the order’s', async () => {
    await refused(offer('echo', { certificate: { amountMicrocredits: 1n } }), 'CERTIFICATE_MISMATCH')
  })

  it('is given back when the certificate pays another wallet than the node’s', async () => {
    await refused(offer('echo', { certificate: { payoutWallet: other.address } }), 'PAYOUT_WALLET_MISMATCH')
  })

  it('is given back when the certificate names a pricing that the node does not know', async () => {
    await refused(offer('echo', { certificate: { pricingDigest: zeroHash } }), 'PRICING_UNKNOWN')
  })

  it('is given back when the network tells of another pricing than the certificate names, and taken when it tells of that one', async () => {
    const dearer = { ...ledgerConfigDefaults, feeBasisPoints: 600 }
    const certificate = { pricingDigest: pricingDigest(ethersCrypto, dearer) }
    const asking = (answers: readonly (readonly Pricing[])[]) => {
      const left = [...answers]
      return startTestNode(market, freshFolder(), { pricingSource: async () => left.shift() ?? [] })
    }
    await test.node.stop()
    const other = await asking([[{ ...dearer, burnBasisPoints: 1 }], [ledgerConfigDefaults, dearer]])
    await other.node.joined(patience())
    await refused(offer('echo', { certificate }), 'PRICING_UNKNOWN')
    assert.equal((await market.assign(offer('echo', { certificate }))).accepted, true)
    await other.node.stop()
    test = await startTestNode(market, folder, { slotsMax: 2, memoryBytesMax: 10_000_000 })
    await test.node.joined(patience())
  })

  it('is given back when the certificate dates the assignment later than now', async () => {
    const assignedAtMs = BigInt(Date.now() + 120_000)
    await refused(offer('echo', { certificate: { assignedAtMs } }), 'ASSIGNED_IN_FUTURE')
  })

  it('is given back when the certificate dates the assignment back, to before an epoch that need not have its hold', async () => {
    const assignedAtMs = BigInt(Date.now() - 601_000)
    await refused(offer('echo', { certificate: { assignedAtMs } }), 'ASSIGNED_LONG_AGO')
  })

  it('is given back when another ledger signed the certificate, or it was altered', async () => {
    await refused(offer('echo', { certifiedBy: other }), 'CERTIFICATE_SIGNATURE_INVALID')
    await refused(offer('echo', { certifiedBy: payer }), 'CERTIFICATE_SIGNATURE_INVALID')
    const job = offer('echo')
    const message = { ...job.certificate.message, attempt: 2 }
    await refused({ ...job, certificate: { ...job.certificate, message } }, 'CERTIFICATE_SIGNATURE_INVALID')
  })

  it('is given back when the hold has ended or ends before the node could hand in', async () => {
    await refused(offer('echo', { certificate: { expires: 1n } }), 'CERTIFICATE_EXPIRED')
    const deadline = BigInt(Math.floor(Date.now() / 1000) + 60)
    await refused(offer('echo', { order: { deadline }, certificate: { expires: deadline } }), 'CERTIFICATE_EXPIRED')
  })

  it('is given back when the deadline has passed or the grace is too short', async () => {
    const nowSeconds = BigInt(Math.floor(Date.now() / 1000))
    await refused(offer('echo', { order: { deadline: nowSeconds - 1n, graceSeconds: 900 } }), 'DEADLINE_PASSED')
    const certificate = { expires: nowSeconds + 900n }
    await refused(offer('echo', { order: { graceSeconds: 299 }, certificate }), 'GRACE_TOO_SHORT')
  })

  it('is given back when the node has not got the engine', async () => {
    const job = offer('echo', { order: { engine: 'docker' } })
    await refused(job, 'ENGINE_NOT_OFFERED')
  })

  it('is given back when the order counts on GPUs, which this node has not got', async () => {
    await refused(offer('echo', { order: { gpuCountMax: 1 } }), 'GPU_NOT_OFFERED')
  })

  it('is given back when the specification may use more than the order pays for', async () => {
    await refused(offer('echo', { order: { fuelMax: 999_999n } }), 'LIMITS_ABOVE_ORDER')
    await refused(offer('echo', { order: { wallMsMax: 4_999n } }), 'LIMITS_ABOVE_ORDER')
    await refused(offer('echo', { order: { memoryBytesMax: 1n } }), 'LIMITS_ABOVE_ORDER')
  })

  it('is given back when it needs more memory than the node has, or than is free', async () => {
    await refused(offer('echo', { limits: { memoryBytesMax: 10_000_001 } }), 'MEMORY_ABOVE_CAPACITY')
    const hanging = offer('hang', { limits: { memoryBytesMax: 6_000_000 } })
    await market.assign(hanging)
    await refused(offer('echo', { limits: { memoryBytesMax: 6_000_000 } }), 'NO_FREE_MEMORY')
    await market.cancel(hanging.orderDigest)
    await market.until(() => market.receipts.some(({ receipt }) => receipt.message.orderDigest === hanging.orderDigest))
  })

  it('is given back when every slot is taken, and not taken later with the same certificate', async () => {
    const hanging = [offer('hang'), offer('hang')]
    for (const job of hanging) assert.deepEqual(await market.assign(job), { accepted: true })
    const third = offer('echo')
    await refused(third, 'NO_FREE_SLOT')
    for (const { orderDigest } of hanging) await market.cancel(orderDigest)
    await market.until(() =>
      hanging.every(job => market.receipts.some(({ receipt }) => receipt.message.orderDigest === job.orderDigest)),
    )
    await refused(third, 'ALREADY_ENDED')
  })

  it('is not heard when it is garbage, too large or in another version', async () => {
    const { connection } = market
    assert.ok(connection)
    const open = (id: string) => connection.newStream(id, { signal: patience() })
    const garbage = await open(assignProtocol.id)
    const reset = new Promise<Error | undefined>(resolve =>
      garbage.addEventListener('close', event => resolve(event.error)),
    )
    await writeFrame(garbage, Buffer.from('{"orderDigest":1}'), patience())
    assert.equal((await reset)?.name, 'StreamResetError')
    const large = await open(assignProtocol.id)
    const cut = new Promise<Error | undefined>(resolve =>
      large.addEventListener('close', event => resolve(event.error)),
    )
    large.send(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
    assert.equal((await cut)?.name, 'StreamResetError')
    await assert.rejects(open('/deparrow/assign/9.0.0'), { name: 'UnsupportedProtocolError' })
  })
})
