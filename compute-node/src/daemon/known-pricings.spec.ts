import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ledgerConfigDefaults, type Pricing, pricingDigest, zeroHash } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { KnownPricings } from './known-pricings.ts'
import type { NodeLogRecord } from './node-log.ts'

const usual: Pricing = ledgerConfigDefaults
const dearer: Pricing = { ...usual, feeBasisPoints: 600 }
const digestOf = (pricing: Pricing) => pricingDigest(ethersCrypto, pricing)

function knowing(source: (() => Promise<readonly Pricing[]>) | undefined) {
  const records: NodeLogRecord[] = []
  return { pricings: new KnownPricings([usual], source, record => records.push(record)), records }
}

describe('the pricings that a node knows', () => {
  it('are those from the start when nobody can be asked', async () => {
    const { pricings } = knowing(undefined)
    await pricings.learn(digestOf(dearer))
    assert.deepEqual(pricings.digests(), [digestOf(usual)])
  })

  it('stay as they are when the source fails, or tells of others, and it is said why', async () => {
    const { pricings, records } = knowing(async () => Promise.reject(new Error('the gateway is away')))
    await pricings.learn(digestOf(dearer))
    assert.deepEqual([pricings.digests().length, records[0]?.code], [1, 'PRICINGS_NOT_READ'])
    const rateless = { ...dearer, rates: { ...dearer.rates, gpuHourMicrocredits: 1n << 64n } }
    const misled = knowing(async () => [rateless])
    await misled.pricings.learn(digestOf(dearer))
    assert.deepEqual([misled.pricings.digests().length, misled.records[0]?.code], [1, 'PRICINGS_NOT_READ'])
  })

  it('are asked for once by all who need one at the same time, and not again when it is known', async () => {
    let asked = 0
    const { pricings } = knowing(async () => {
      asked++
      return [dearer]
    })
    await Promise.all([pricings.learn(digestOf(dearer)), pricings.learn(digestOf(dearer))])
    await pricings.learn(digestOf(dearer))
    await pricings.learn(digestOf(usual))
    assert.equal(asked, 1)
    assert.ok(pricings.digests().includes(digestOf(dearer)))
    await pricings.learn(zeroHash)
    assert.equal(asked, 2)
  })

  it('are not kept without end', async () => {
    let fee = 0
    const { pricings } = knowing(async () => Array.from({ length: 50 }, () => ({ ...usual, feeBasisPoints: fee++ })))
    for (const _ of [1, 2, 3]) await pricings.learn(zeroHash)
    assert.equal(pricings.digests().length, 64)
  })
})
