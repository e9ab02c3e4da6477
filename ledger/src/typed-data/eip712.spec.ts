import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { transferType } from '../account/transfer.ts'
import { zeroAddress } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { domainName, domainVersion, TypedDataFieldError, typedDataDigest } from './eip712.ts'
import { typedDataJson } from './json.ts'
import { addressText, messageOf, messageTypes } from './message-types.spec.fixture.ts'
import type { Message, MessageType } from './types.ts'

const domain = fc.record({ chainId: fc.nat(), verifyingContract: addressText })

const transfer: Message = {
  from: zeroAddress,
  to: zeroAddress,
  amountMicrocredits: 1n,
  lane: 0,
  nonce: 1n,
  deadline: 1n,
}

describe('the digest of a message', () => {
  for (const type of messageTypes) {
    it(`of type ${type.name} is the one that ethers reckons, also from what is sent as JSON`, () => {
      fc.assert(
        fc.property(domain, messageOf(type), (own, message) => {
          const digest = typedDataDigest(ethersCrypto, own, type, message)
          const types = { [type.name]: type.fields.map(field => ({ ...field })) }
          const full = { name: domainName, version: domainVersion, ...own }
          assert.equal(digest, TypedDataEncoder.hash(full, types, message))
          const json = typedDataJson(own, type, message)
          const { EIP712Domain: _, ...sent } = json.types
          const sentTypes = Object.fromEntries(Object.entries(sent).map(([name, fields]) => [name, [...fields]]))
          assert.equal(TypedDataEncoder.hash(json.domain, sentTypes, json.message), digest)
        }),
        { numRuns: 30, seed: 20_261_125 },
      )
    })
  }

  it('differs between chains, contracts and types', () => {
    const own = { chainId: 1, verifyingContract: zeroAddress }
    const renamed = { ...transferType, name: 'Withdrawal' }
    const digests = [
      typedDataDigest(ethersCrypto, own, transferType, transfer),
      typedDataDigest(ethersCrypto, { ...own, chainId: 2 }, transferType, transfer),
      typedDataDigest(ethersCrypto, { ...own, verifyingContract: `0x${'01'.repeat(20)}` }, transferType, transfer),
      typedDataDigest(ethersCrypto, own, renamed, transfer),
    ]
    assert.equal(new Set(digests).size, 4)
  })

  it('is not made of a field that is missing or not of its type', () => {
    const own = { chainId: 1, verifyingContract: zeroAddress }
    const wrong: readonly Record<string, unknown>[] = [
      { to: undefined },
      { to: '0x' },
      { to: `0x${'00'.repeat(32)}` },
      { to: 'somebody' },
      { amountMicrocredits: -1n },
      { amountMicrocredits: 2n ** 64n },
      { amountMicrocredits: '1' },
      { lane: 2 ** 32 },
      { lane: -1 },
      { lane: 0.5 },
      { lane: Number.NaN },
    ]
    for (const change of wrong) {
      const message = { ...transfer, ...change } as Message
      assert.throws(() => typedDataDigest(ethersCrypto, own, transferType, message), TypedDataFieldError)
    }
  })

  it('names the field that is missing or not of its type, also when it is a text or a list', () => {
    const own = { chainId: 1, verifyingContract: zeroAddress }
    const type: MessageType = {
      name: 'Every',
      fields: [
        { name: 'text', type: 'string' },
        { name: 'people', type: 'address[]' },
        { name: 'texts', type: 'string[]' },
        { name: 'digest', type: 'bytes32' },
        { name: 'small', type: 'uint8' },
      ],
    }
    const good = { text: 'x', people: [zeroAddress], texts: ['x'], digest: `0x${'ab'.repeat(32)}`, small: 255 }
    const wrong: readonly (readonly [keyof typeof good, unknown])[] = [
      ['text', undefined],
      ['text', 7],
      ['text', ['x']],
      ['people', undefined],
      ['people', zeroAddress],
      ['people', [zeroAddress, '0x']],
      ['people', [undefined]],
      ['texts', 'x'],
      ['texts', ['x', 7]],
      ['digest', zeroAddress],
      ['small', 256],
      ['small', -1],
    ]
    assert.equal(typedDataDigest(ethersCrypto, own, type, good).length, 66)
    for (const [field, value] of wrong) {
      assert.throws(() => typedDataDigest(ethersCrypto, own, type, { ...good, [field]: value } as Message), {
        name: 'TypedDataFieldError',
        message: `the field ${field} of the message is missing or not of its type`,
      })
    }
  })
})
