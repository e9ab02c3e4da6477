import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JournalLedger, typedDataDigest, usageReceiptType } from '@deparrow/ledger'
import { Actor, ethersCrypto, testDomain } from '@deparrow/ledger/testing'
import { accept, alice, jobOf, SettlementFixture } from './testing/settlement-fixture.ts'

const node = new Actor(11)

/** A node has a job, and from then on the chain is not followed; its next block comes so many seconds before the hold's end. */
async function unfollowed(secondsBeforeEnd: number) {
  const fixture = new SettlementFixture()
  fixture.awaitsInbox = true
  fixture.chain.arrive({ account: alice.address, amount: 5_000_000n })
  const life = await fixture.start()
  await life.follower.poll()
  const { registration, order, orderDigest } = jobOf(alice, node)
  await accept(life.ledger, { type: 'OpenHold', order })
  await accept(life.ledger, { type: 'RegisterNode', registration })
  await accept(life.ledger, { type: 'AssignHold', orderDigest, node: node.address, attempt: 1 })
  const endMs = life.ledger.hold(orderDigest)?.expiresAtMs ?? 0
  fixture.chain.pauseSeconds = BigInt(endMs / 1_000 - secondsBeforeEnd) - fixture.chain.latest.timeSeconds - 1n
  return { fixture, life, orderDigest, endMs }
}

/** The follower comes back an hour after the hold's end, in another process. */
async function hourLater({ fixture, endMs }: Awaited<ReturnType<typeof unfollowed>>) {
  fixture.clock.ms = endMs + 3_600_000
  const { ledger, follower } = await fixture.start()
  assert.ok(ledger instanceof JournalLedger)
  await ledger.expireHolds()
  return { ledger, follower }
}

describe('a follower that was away past a hold’s end', () => {
  it('brings the receipt that was pushed in time, and its node is paid', async () => {
    const scene = await unfollowed(400)
    const { fixture, orderDigest } = scene
    const receipt = node.receipt(orderDigest, {})
    const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, receipt.message)
    fixture.chain.mine(state => {
      state.inbox.push(0n)
      return [{ type: 'pushedReceipt', index: 1, node: node.address, digest, receipt }]
    })
    const { ledger, follower } = await hourLater(scene)
    assert.ok(ledger.hold(orderDigest), 'it waits')
    await follower.poll()
    await ledger.expireHolds()
    assert.equal(ledger.hold(orderDigest), undefined)
    assert.equal(ledger.balance(node.address).availableMicrocredits, 95_000n)
  })

  it('lets the hold end when the chain has come to five minutes before its end and nothing was pushed', async () => {
    for (const [secondsBeforeEnd, isOver] of [
      [301, false],
      [300, true],
    ] as const) {
      const scene = await unfollowed(secondsBeforeEnd)
      scene.fixture.chain.mine()
      const { ledger, follower } = await hourLater(scene)
      await follower.poll()
      assert.equal(ledger.hold(scene.orderDigest) === undefined, isOver, `${secondsBeforeEnd} s before`)
      assert.equal(ledger.balance(alice.address).availableMicrocredits, isOver ? 5_000_000n : 4_000_000n)
    }
  })
})
