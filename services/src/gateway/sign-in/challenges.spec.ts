import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '@deparrow/ledger'
import { Challenges, challengeMs } from './challenges.ts'

const wallet: Address = `0x${'a1'.repeat(20)}`
const other: Address = `0x${'a2'.repeat(20)}`

describe('a challenge', () => {
  it('is not lost to any number of challenges that others ask for', () => {
    const challenges = new Challenges()
    const nonce = challenges.issue(wallet, 0)
    for (let count = 0; count < 10_000; count++) challenges.issue(other, 0)
    assert.equal(challenges.take(nonce, wallet, 1), true)
  })

  it('is for one wallet, once, and not for ever', () => {
    const challenges = new Challenges()
    const nonce = challenges.issue(wallet, 1_000)
    assert.match(nonce, /^[0-9a-f]{32,128}$/)
    assert.equal(challenges.take(nonce, other, 1_000), false)
    assert.equal(challenges.take(nonce, wallet, 1_000 + challengeMs), false)
    assert.equal(challenges.take(nonce, wallet, 999 + challengeMs), true)
    assert.equal(challenges.take(nonce, wallet, 999 + challengeMs), false)
  })

  it('cannot be made up, changed, or taken from another process', () => {
    const challenges = new Challenges()
    const nonce = challenges.issue(wallet, 0)
    const later = `f${nonce.slice(1)}`
    const forged = `${nonce.slice(0, -1)}${nonce.endsWith('0') ? '1' : '0'}`
    for (const text of ['', 'a'.repeat(nonce.length), later, forged, `${nonce}00`, new Challenges().issue(wallet, 0)]) {
      assert.equal(challenges.take(text, wallet, 1), false)
    }
  })
})
