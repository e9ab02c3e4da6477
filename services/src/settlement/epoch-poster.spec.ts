import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimFor } from './claims.ts'
import { runKilledAfter } from './testing/killed-life.ts'
import { accept, alice, bob, jobOf, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n

async function funded() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive({ account: alice.address, amount: 5n * credit }, { account: bob.address, amount: 5n * credit })
  const life = await fixture.start()
  await life.follower.poll()
  return { fixture, life }
}

async function withdrawing() {
  const { fixture, life } = await funded()
  await withdraw(life.ledger, alice, 2n * credit)
  await withdraw(life.ledger, bob, 3n * credit)
  return { fixture, life }
}

const callsOf = (fixture: SettlementFixture) => fixture.chain.mined.map(({ call }) => call.type)

async function runUntil(fixture: SettlementFixture, life: Life, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 20 && !holds(); round++) await fixture.run(life, 1)
  assert.ok(holds())
}

function assertPaid(life: Life): void {
  assert.equal(life.index.lastFinalEpoch, 1)
  assert.equal(claimFor(life.index, alice.address)?.unclaimedMicrocredits, 2n * credit)
  assert.equal(claimFor(life.index, bob.address)?.unclaimedMicrocredits, 3n * credit)
}

describe('the epoch poster', () => {
  it('asks the chain nothing and closes nothing while nothing is to be paid', async () => {
    const { fixture, life } = await funded()
    fixture.chain.failuresLeft = 1
    await life.poster.tick()
    assert.equal(fixture.chain.failuresLeft, 1)
    assert.equal(life.index.lastEpoch, 0)
  })

  it('does nothing before the follower knows the chain', async () => {
    const { fixture, life } = await withdrawing()
    const unaware = await fixture.start()
    await unaware.poster.tick()
    assert.deepEqual(fixture.chain.mined, [])
    assert.equal(life.index.lastEpoch, 0)
  })

  it('registers payees, posts the closed books, waits for the window, finalises, and does each of it once', async () => {
    const { fixture, life } = await withdrawing()
    await fixture.run(life, 10)
    assertPaid(life)
    assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'])
    assert.deepEqual(life.ledger.books().payables, 5n * credit)
    fixture.chain.claim(alice.address)
    fixture.chain.claim(bob.address)
    await life.follower.poll()
    assert.equal(claimFor(life.index, alice.address), undefined)
    assert.equal(life.ledger.books().reserve, 5n * credit)
    assert.equal(life.ledger.books().payables, 0n)
  })

  it('pays by instruction what is due, without the wallet at hand', async () => {
    const { fixture, life } = await funded()
    await accept(life.ledger, { type: 'InstructPayouts', instruction: bob.instruction() })
    await fixture.run(life, 10)
    assert.equal(claimFor(life.index, bob.address)?.unclaimedMicrocredits, 5n * credit)
    assert.equal(claimFor(life.index, alice.address), undefined)
  })

  it('registers the payout wallet of a node at work before it has earned anything', async () => {
    const { fixture, life } = await funded()
    const { registration, order, orderDigest } = jobOf(alice, bob)
    await accept(life.ledger, { type: 'RegisterNode', registration })
    await fixture.run(life, 1)
    assert.deepEqual(callsOf(fixture), [])
    await accept(life.ledger, { type: 'OpenHold', order })
    await accept(life.ledger, { type: 'AssignHold', orderDigest, node: bob.address, attempt: 1 })
    await fixture.run(life, 3)
    assert.deepEqual(callsOf(fixture), ['registerPayees'])
    assert.equal(life.index.payees.get(bob.address), 1)
  })

  it('lets the next epoch name the row before it, and one claim collect both', async () => {
    const { fixture, life } = await withdrawing()
    await fixture.run(life, 10)
    await withdraw(life.ledger, alice, credit, 2n)
    await fixture.run(life, 10)
    const claim = claimFor(life.index, alice.address)
    assert.deepEqual(
      [claim?.epoch, claim?.previousEpoch, claim?.incrementMicrocredits, claim?.unclaimedMicrocredits],
      [2, 1, credit, 3n * credit],
    )
  })

  it('waits from the first payout on, so that the ones that follow share its epoch', async () => {
    const { fixture } = await funded()
    fixture.gatherMs = 5_000
    const life = await fixture.start()
    await withdraw(life.ledger, alice, credit, 1n)
    await fixture.run(life, 3)
    await withdraw(life.ledger, bob, credit, 1n)
    await fixture.run(life, 1)
    assert.equal(life.index.lastEpoch, 0)
    await fixture.run(life, 10)
    assert.deepEqual(
      life.index.epochs.get(1)?.books.rows.map(row => row.wallet),
      [alice.address, bob.address],
    )
  })

  it('closes an epoch for fresh leaves alone only after the interval', async () => {
    const { fixture, life } = await funded()
    fixture.clock.ms += fixture.epochIntervalMs - 1
    await life.poster.tick()
    assert.equal(life.index.lastEpoch, 0)
    fixture.clock.ms += 1
    await fixture.run(life, 6)
    assert.equal(life.index.lastFinalEpoch, 1)
    fixture.clock.ms += fixture.epochIntervalMs
    await fixture.run(life, 2)
    assert.equal(life.index.lastEpoch, 1)
  })

  for (const fate of ['minedUnheard', 'inMempool', 'lost'] as const) {
    it(`sends nothing twice when the outcome of a call is unknown (${fate})`, async () => {
      for (let unknownCall = 0; unknownCall < 3; unknownCall++) {
        const { fixture, life } = await withdrawing()
        for (let round = 0; round < 14; round++) {
          if (fixture.chain.mined.length === unknownCall) fixture.chain.nextSend = round % 2 === 0 ? fate : 'mined'
          await fixture.run(life, 1)
        }
        assertPaid(life)
        assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'], `call ${unknownCall}`)
        assert.equal(life.poster.problem, undefined)
      }
    })
  }

  it('keeps the same books for the chain when the contract refuses them for now', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.mine(state => {
      state.inbox[0] = 1n
      return []
    })
    await fixture.run(life, 4)
    const [first] = [...life.index.epochs.values()]
    assert.deepEqual(life.poster.problem, {
      call: 'postEpoch',
      outcome: { status: 'reverted', code: 'BooksDoNotClose' },
    })
    fixture.chain.mine(state => {
      state.inbox[0] = 5n * credit
      return []
    })
    await fixture.run(life, 8)
    assertPaid(life)
    assert.deepEqual(life.index.epochs.get(1)?.books, first?.books)
  })

  it('raises an alarm when the chain has an epoch that the journal did not close', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    const foreign = await fixture.start()
    fixture.chain.mine(state => {
      const place = { parent: 0, inboxCut: 0, journalPosition: 0, closedAt: 0 }
      const header = { ...place, journalHash: '0x00', leavesRoot: '0x00' } as const
      const amounts = { burnMicrocredits: 0n, leavesTotalMicrocredits: 0n, rowCount: 0 }
      state.epochs = [
        {
          header: { ...header, ...amounts },
          rowsPosted: 0,
          payoutsMicrocredits: 0n,
          completedAtSeconds: 1,
          isCancelled: false,
        },
      ]
      return []
    })
    await foreign.follower.poll()
    await foreign.poster.tick()
    assert.match(foreign.poster.posterAlarm?.code ?? '', /^EPOCH_(FOREIGN|DIFFERS)$/)
    assert.equal(callsOf(fixture).includes('finalise'), false)
  })

  it('comes to the same end when it is killed before or after any of its effects', async () => {
    const killed: number[] = []
    for (let effects = 0; ; effects++) {
      const { fixture, life } = await withdrawing()
      const wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 12)
      assertPaid(last)
      assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'], `killed at ${effects}`)
      assert.equal(last.index.lastEpoch, 1)
      assert.equal(life.ledger.books().reserve, last.ledger.books().reserve + last.ledger.books().burn)
      if (!wasKilled) break
      killed.push(effects)
    }
    assert.ok(killed.length >= 12, `only ${killed.length} places to die at`)
  })
})
