import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, keccak256 } from 'ethers'
import fc from 'fast-check'
import { bytesToHex, zeroHash } from '../hex.ts'
import { StoreDamagedError } from '../ports/event-store.ts'
import { Actor } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { AmbiguousTextError } from './canonical-bytes.ts'
import { chainHash, decodeEvent, encodeEvent, sealEvent } from './codec.ts'
import type { LedgerEvent } from './event.ts'

const event: LedgerEvent = {
  position: 1,
  atMs: 2,
  commandId: 'claim',
  type: 'InboxItemRecorded',
  data: {
    index: 0,
    kind: 'deposit',
    account: `0x${'ab'.repeat(20)}`,
    amountMicrocredits: 10n ** 15n,
    place: { transactionHash: zeroHash, blockNumber: 3n, logIndex: 4 },
  },
  entries: [{ account: 'treasury', amountMicrocredits: -5n }],
}

const stored = (payload: string) => ({ position: event.position, payload, hash: zeroHash })

function withKind(kind: string): LedgerEvent {
  return { ...event, data: { ...event.data, kind } } as LedgerEvent
}

describe('an event’s bytes', () => {
  it('refuse a text that would be read back as a number', () => {
    for (const kind of ['0n', '-7n', '123456789012345678901234567890n']) {
      assert.throws(() => encodeEvent(withKind(kind)), AmbiguousTextError)
    }
  })

  it('keep every other text as it is, however hostile', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('n', '-n', '1n ', '+1n', '1N', '٣n', '1\nn', '1n\n', '"', '\\u0031n', '\ud800', '","type":"x'),
    )
    fc.assert(
      fc.property(texts, kind => {
        fc.pre(!/^-?\d+n$/.test(kind))
        assert.deepEqual(decodeEvent(stored(encodeEvent(withKind(kind)))), withKind(kind))
      }),
    )
  })

  it('are sealed in one pass as they are encoded and hashed apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (kind, before) => {
        fc.pre(!/^-?\d+n$/.test(kind))
        const previous = bytesToHex(before)
        const payload = encodeEvent(withKind(kind))
        const hash = chainHash(ethersCrypto, previous, payload)
        assert.deepEqual(sealEvent(ethersCrypto, previous, withKind(kind)), { position: 1, payload, hash })
      }),
    )
  })

  it('are these, for ever', () => {
    assert.equal(
      encodeEvent(event),
      `{"atMs":2,"commandId":"claim","data":{"account":"0x${'ab'.repeat(20)}","amountMicrocredits":"1000000000000000n",` +
        `"index":0,"kind":"deposit","place":{"blockNumber":"3n","logIndex":4,"transactionHash":"${zeroHash}"}},` +
        '"entries":[{"account":"treasury","amountMicrocredits":"-5n"}],"position":1,"type":"InboxItemRecorded"}',
    )
  })

  it('do not depend on the order in which the fields were set', () => {
    const turned = Object.fromEntries(Object.entries(event).reverse()) as unknown as LedgerEvent
    assert.equal(encodeEvent(turned), encodeEvent(event))
  })

  it('give back every event that the decider makes', () => {
    const ledger = new TestLedger()
    const ann = new Actor(1)
    ledger.deposit(ann.address, 10n)
    ledger.refuse({ type: 'OpenHold', order: ann.order({ nonce: 1n }) }, 'INSUFFICIENT_CREDITS')
    assert.deepEqual(ledger.stored.map(decodeEvent), ledger.events)
  })

  it('are refused when they are not those of this place', () => {
    const payload = encodeEvent(event)
    for (const position of [0, 2]) assert.throws(() => decodeEvent({ ...stored(payload), position }), StoreDamagedError)
    assert.throws(() => decodeEvent(stored('null')), StoreDamagedError)
    assert.throws(() => decodeEvent(stored('{"position":1')), StoreDamagedError)
  })
})

describe('the chain of hashes', () => {
  it('is keccak256(hash before ‖ payload)', () => {
    const first = chainHash(ethersCrypto, zeroHash, '{"é":1}')
    assert.equal(first, keccak256(concat([zeroHash, '0x7b22c3a9223a317d'])))
    assert.equal(chainHash(ethersCrypto, first, '{}'), keccak256(concat([first, '0x7b7d'])))
  })
})
