import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TypedDataEncoder } from 'ethers'
import { ledgerConfigDefaults } from '../journal/config.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { pricingDigest, pricingType } from './pricing-digest.ts'

describe('the digest of a pricing', () => {
  const { rates, feeBasisPoints, burnBasisPoints } = ledgerConfigDefaults

  it('has no rate of more than 8 bytes', () => {
    const beyond = { ...ledgerConfigDefaults, rates: { ...rates, gpuHourMicrocredits: 2n ** 64n } }
    assert.throws(() => pricingDigest(ethersCrypto, beyond), { name: 'TypedDataFieldError' })
  })

  it('is the struct’s hash as ethers reckons it, over all of its fields', () => {
    const types = { Pricing: [...pricingType.fields] }
    const pricing = { ...rates, feeBasisPoints, burnBasisPoints }
    assert.equal(
      pricingDigest(ethersCrypto, ledgerConfigDefaults),
      TypedDataEncoder.hashStruct('Pricing', types, pricing),
    )
    for (const { name } of pricingType.fields) {
      const other = { ...pricing, [name]: 7n }
      assert.notEqual(
        TypedDataEncoder.hashStruct('Pricing', types, other),
        pricingDigest(ethersCrypto, ledgerConfigDefaults),
      )
    }
  })
})
