import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { privateKeyToAddress } from 'viem/accounts'
import { banMs, offencesMax, offenceWindowMs, receiptLimits } from './limits.ts'
import { PeerGuard } from './peer-guard.ts'
import { addressOfPeer, libp2pKeyOf } from './peer-identity.ts'

const key = `0x${'00'.repeat(31)}07` as const
const peer = peerIdFromPrivateKey(libp2pKeyOf(key))

describe('the guard of the protocols', () => {
  let nowMs = 0
  const clock = () => nowMs

  function connection(): { aborted: number; asConnection: Connection } {
    const state = { aborted: 0 }
    const asConnection = { remotePeer: peer, abort: () => state.aborted++ } as unknown as Connection
    return Object.assign(state, { asConnection })
  }

  it('lets a peer send a burst, then only its rate', () => {
    const guard = new PeerGuard(clock)
    const take = () => guard.takeFromAllowance(peer, '/x', receiptLimits)
    for (let count = 0; count < receiptLimits.burst; count++) take()
    assert.throws(take, { code: 'RATE_EXCEEDED' })
    nowMs += 1_000
    for (let count = 0; count < receiptLimits.ratePerSecond; count++) take()
    assert.throws(take, { code: 'RATE_EXCEEDED' })
  })

  it('counts each protocol and each peer for itself', async () => {
    const guard = new PeerGuard(clock)
    const limits = { ...receiptLimits, burst: 1 }
    guard.takeFromAllowance(peer, '/x', limits)
    guard.takeFromAllowance(peer, '/y', limits)
    guard.takeFromAllowance(peerIdFromPrivateKey(await generateKeyPair('secp256k1')), '/x', limits)
    assert.throws(() => guard.takeFromAllowance(peer, '/x', limits), { code: 'RATE_EXCEEDED' })
  })

  it('bans a peer at its last offence within the window, for a while', () => {
    const guard = new PeerGuard(clock)
    const bad = connection()
    for (let count = 1; count < offencesMax; count++) guard.offended(bad.asConnection)
    assert.deepEqual([guard.isBanned(peer), bad.aborted], [false, 0])
    guard.offended(bad.asConnection)
    assert.deepEqual([guard.isBanned(peer), bad.aborted], [true, 1])
    assert.equal(guard.gater().denyInboundEncryptedConnection?.(peer, {} as never), true)
    nowMs += banMs
    assert.equal(guard.isBanned(peer), false)
  })

  it('forgives offences that are long ago', () => {
    const guard = new PeerGuard(clock)
    const bad = connection()
    for (let count = 0; count < 3 * offencesMax; count++) {
      guard.offended(bad.asConnection)
      nowMs += offenceWindowMs / (offencesMax - 1)
    }
    assert.equal(guard.isBanned(peer), false)
  })
})

describe('the identity of a peer', () => {
  it('is the address of its secp256k1 key', () => {
    assert.equal(addressOfPeer(peer), privateKeyToAddress(key).toLowerCase())
  })

  it('is none for another kind of key', async () => {
    assert.equal(addressOfPeer(peerIdFromPrivateKey(await generateKeyPair('Ed25519'))), undefined)
  })

  it('is refused for what is no private key, without repeating it', () => {
    for (const bad of [`0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`, '0x01'] as const) {
      assert.throws(
        () => libp2pKeyOf(bad),
        (error: Error) => error.name === 'PrivateKeyError' && !error.message.includes(bad.slice(2)),
      )
    }
  })
})
