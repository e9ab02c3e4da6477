import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { publishedAccount } from './published-account.ts'
import {
  DevelopmentKeyError,
  isPublishedDevelopmentKey,
  publishedAddresses,
  refuseDevelopmentKey,
} from './published-development-keys.ts'
import { SecretKey } from './secret-key.ts'

const secret = `0x${'5e'.repeat(32)}` as const

test('the listed addresses are those of the published sentence', () => {
  const derived = publishedAddresses.map((_, index) => publishedAccount(index).address.toLowerCase())
  assert.equal(publishedAddresses.length, 20)
  assert.deepEqual(publishedAddresses, derived)
})

test('a published key is refused on every chain but the local one, whatever the letter case', () => {
  for (const address of publishedAddresses) {
    assert.throws(() => refuseDevelopmentKey(address.toUpperCase().replace('0X', '0x'), 1), DevelopmentKeyError)
    assert.doesNotThrow(() => refuseDevelopmentKey(address, 31337))
  }
})

test('another key is not taken for a published one', () => {
  assert.equal(isPublishedDevelopmentKey(`0x${'12'.repeat(20)}`), false)
  assert.doesNotThrow(() => refuseDevelopmentKey(`0x${'12'.repeat(20)}`, 1))
})

test('a secret key does not show itself in text, JSON, logs or listings', () => {
  const key = new SecretKey(secret)
  const shown = [`${key}`, JSON.stringify({ key }), inspect(key), inspect({ key }, { depth: 5, showHidden: true })]
  for (const text of shown) assert.ok(!text.includes('5e5e'), text)
  assert.deepEqual(Object.keys(key), [])
  assert.equal(key.reveal(), secret)
})
