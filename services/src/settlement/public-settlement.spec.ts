import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimFor } from './claims.ts'
import { alicePlace, bobPlace, credit, pendingEpoch, placeOf } from './testing/demands.spec.fixture.ts'
import { alice, bob, publicOf, withdraw } from './testing/settlement-fixture.ts'

const stranger = `0x${'77'.repeat(20)}` as const
const all = { first: 100 }

describe('what everybody may know of settlement', () => {
  it('is no payout of an epoch that was cancelled, and none of who has none', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    assert.deepEqual(view.payouts(stranger, all), { items: [], nextCursor: undefined })
    const [pending] = view.payouts(alice.address, all).items
    assert.deepEqual([pending?.epoch, pending?.isFinal, pending?.unclaimedMicrocredits], [1, false, 2n * credit])
    fixture.chain.cancel(1)
    await life.follower.poll()
    assert.deepEqual(view.payouts(alice.address, all).items, [])
    assert.equal(view.rowProof(alice.address, 1), undefined)
    assert.deepEqual(view.finalEpochs(all).items, [])
  })

  it('is no leaf of another epoch than the last final and the pending one, nor of an account that has none', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    assert.equal(view.exitLeaf(alice.address, false, 'final'), undefined)
    assert.equal(view.exitLeaf(stranger, false, 'pending'), undefined)
    assert.equal(view.exitLeaf(alice.address, true, 'pending'), undefined)
    assert.equal(view.exitLeaf(alice.address, false, 'pending')?.availableMicrocredits, 7n * credit)
    await fixture.run(life, 6)
    assert.equal(view.exitLeaf(alice.address, false, 'pending'), undefined)
    assert.equal(view.exitLeaf(alice.address, false, 'final')?.epoch, 1)
  })

  it('is which claim collected a payout, and what of each final epoch was claimed', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    await fixture.run(life, 6)
    await withdraw(life.ledger, alice, credit, 2n)
    await fixture.run(life, 10)
    assert.equal(life.index.lastFinalEpoch, 2)
    const unclaimed = view.payouts(alice.address, all).items
    assert.deepEqual(
      unclaimed.map(({ epoch, cumulativeMicrocredits, unclaimedMicrocredits, claimTx }) => {
        return [epoch, cumulativeMicrocredits, unclaimedMicrocredits, claimTx]
      }),
      [
        [2, 3n * credit, credit, undefined],
        [1, 2n * credit, 2n * credit, undefined],
      ],
    )
    fixture.chain.claim(alice.address)
    await life.follower.poll()
    const claimed = view.payouts(alice.address, all).items
    assert.deepEqual(new Set(claimed.map(({ unclaimedMicrocredits }) => unclaimedMicrocredits)), new Set([0n]))
    assert.ok(claimed.every(({ claimTx }) => claimTx !== undefined))
    assert.equal(view.payouts(bob.address, all).items[0]?.unclaimedMicrocredits, 3n * credit)
    assert.deepEqual(
      view.finalEpochs(all).items.map(({ epoch, payoutsMicrocredits, claimedMicrocredits }) => {
        return [epoch, payoutsMicrocredits, claimedMicrocredits]
      }),
      [
        [2, credit, credit],
        [1, 5n * credit, 2n * credit],
      ],
    )
  })

  it('is what a claim takes, the same as the wallet’s own claim', async () => {
    const { fixture, life } = await pendingEpoch()
    await fixture.run(life, 6)
    const claim = claimFor(life.index, bob.address)
    assert.ok(claim)
    const { part, index, row, proof: siblings } = claim
    assert.deepEqual(publicOf(life).rowProof(bob.address, 1), { part, index, row, siblings })
  })

  it('is what the contract owes, to the µcr what it holds, after each step', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    const check = async () => {
      await life.follower.poll()
      const { leavesMicrocredits, unclaimedMicrocredits, uncoveredMicrocredits } = view.status().owed
      const owed = leavesMicrocredits + unclaimedMicrocredits + uncoveredMicrocredits
      assert.equal(owed * 10n ** 12n, await fixture.chain.contractWei())
    }
    await check()
    await fixture.run(life, 6)
    await check()
    fixture.chain.arrive({ account: bob.address, amount: 7n * credit })
    await check()
    assert.equal(view.status().owed.uncoveredMicrocredits, 7n * credit)
    fixture.chain.claim(bob.address)
    await check()
    assert.equal(view.status().owed.claimedMicrocredits, 3n * credit)
  })

  it('is in pages that name where the next one begins', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    for (let nonce = 2n; nonce <= 4n; nonce++) {
      await fixture.run(life, 10)
      await withdraw(life.ledger, alice, credit, nonce)
    }
    await fixture.run(life, 10)
    const first = view.payouts(alice.address, { first: 3 })
    assert.deepEqual([first.items.map(({ epoch }) => epoch), first.nextCursor], [[4, 3, 2], '2'])
    const rest = view.payouts(alice.address, { first: 3, cursor: '2' })
    assert.deepEqual([rest.items.map(({ epoch }) => epoch), rest.nextCursor], [[1], undefined])
    const finals = view.finalEpochs({ first: 2 })
    assert.deepEqual([finals.items.map(({ epoch }) => epoch), finals.nextCursor], [[4, 3], '3'])
  })

  it('is which demands are open, page by page, and none of the other pages when one is answered in between', async () => {
    const { fixture, life } = await pendingEpoch()
    const view = publicOf(life)
    const credits = [alicePlace, bobPlace, placeOf(stranger)].map(place => {
      return { kind: 'credit', place, value: 1n } as const
    })
    fixture.chain.demand(1, ...credits)
    await life.follower.poll()
    await life.poster.tick()
    const first = view.demands({ first: 2 })
    assert.equal(first.items.length, 2)
    assert.ok(first.nextCursor)
    const rest = view.demands({ first: 2, cursor: first.nextCursor })
    assert.deepEqual(
      [rest.items.map(({ question }) => question.place), rest.nextCursor],
      [[placeOf(stranger)], undefined],
    )
    assert.equal(rest.items[0]?.state, 'unanswerable')
  })
})
