import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { claimFor } from './claims.ts'
import { freeBondWei } from './testing/in-memory-contract.ts'
import { runKilledAfter } from './testing/killed-life.ts'
import { alice, bob, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n

async function withdrawing() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive({ account: alice.address, amount: 9n * credit }, { account: bob.address, amount: 9n * credit })
  const life = await fixture.start()
  await life.follower.poll()
  await withdraw(life.ledger, alice, 2n * credit)
  await withdraw(life.ledger, bob, 3n * credit)
  return { fixture, life }
}

const callsOf = (fixture: SettlementFixture) => fixture.chain.mined.map(({ call }) => call.type)

async function runUntil(fixture: SettlementFixture, life: Life, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 30 && !holds(); round++) await fixture.run(life, 1)
  assert.ok(holds())
}

/** Claims all that is owed and says whether each got what was withdrawn, once. */
function assertPaidOnce(fixture: SettlementFixture): void {
  const { cumulative, claimed } = fixture.chain.contract
  for (const [actor, owed] of [
    [alice, 2n * credit],
    [bob, 3n * credit],
  ] as const) {
    assert.equal(cumulative.get(actor.address), owed)
    fixture.chain.claim(actor.address)
    assert.throws(() => fixture.chain.claim(actor.address), { code: 'NothingToClaim' })
    assert.equal(fixture.chain.contract.claimed.get(actor.address), owed)
  }
  assert.equal(claimed.size, 0)
}

const eventsOf = async (life: Life, type: string) =>
  (await life.ledger.events(0, 1_000)).filter(event => event.type === type)

describe('an epoch that the chain cancelled', () => {
  it('is no alarm: its payouts are in the next one, which has the next number and builds on the head', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal(life.poster.posterAlarm, undefined)
    assert.equal(life.index.epochs.get(2)?.books.parent, 0)
    assert.equal(life.index.epochs.get(1)?.cancelled?.lastEpoch, 1)
    assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'postEpoch', 'finalise'])
    assertPaidOnce(fixture)
    await life.follower.poll()
    assert.equal(life.ledger.books().payables, 0n)
  })

  it('cannot be claimed from, and what is final before it can', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    await withdraw(life.ledger, alice, credit, 2n)
    await runUntil(fixture, life, () => callsOf(fixture).filter(type => type === 'postEpoch').length === 2)
    fixture.chain.cancel(2)
    await life.follower.poll()
    assert.equal(claimFor(life.index, alice.address)?.unclaimedMicrocredits, 2n * credit)
    assert.equal(claimFor(life.index, alice.address)?.epoch, 1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 3)
    assert.deepEqual(
      [claimFor(life.index, alice.address)?.unclaimedMicrocredits, claimFor(life.index, alice.address)?.previousEpoch],
      [3n * credit, 1],
    )
  })

  it('is recorded once, however often and in whatever order the logs are given, and by a later life', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.distortLogs = logs => [...logs, ...logs].reverse()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal(again.follower.chainAlarm, undefined)
    assert.equal((await eventsOf(again, 'EpochCancelled')).length, 1)
  })

  it('is not seen while a reorg can take the cancellation back', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.confirmations = 2
    fixture.chain.cancel(1)
    await life.follower.poll()
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
    fixture.chain.reorg(1)
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
  })

  it('is followed by the same end when the poster is killed before or after any of its effects', async () => {
    let killedCount = 0
    for (let effects = 0; ; effects++) {
      const { fixture, life } = await withdrawing()
      await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
      fixture.chain.cancel(1)
      const wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 12)
      assert.equal(last.index.lastFinalEpoch, 2, `killed at ${effects}`)
      assert.equal(last.poster.posterAlarm, undefined)
      assertPaidOnce(fixture)
      if (!wasKilled) break
      killedCount++
    }
    assert.ok(killedCount >= 6, `only ${killedCount} places to die at`)
  })

  it('leaves nothing to record when the exit takes back nothing', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    fixture.chain.mine(() => [{ type: 'epochCancelled', epoch: 2, lastEpoch: 1, headEpoch: 1, reason: 'exit' }])
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
  })

  it('raises an alarm when the chain goes on from an epoch that the journal does not have', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.mine(() => [{ type: 'epochCancelled', epoch: 3, lastEpoch: 3, headEpoch: 2, reason: 'guardian' }])
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'REFUSED')
  })
})

describe('an epoch that lapsed', () => {
  /** Rows of the second part are missing, and no longer taken. */
  async function halfPosted() {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('registerPayees'))
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    const books = life.index.epochs.get(1)?.books
    assert.ok(books)
    const { rows: _, epoch: __, ...figures } = books
    const closedAt = Math.floor((life.index.epochs.get(1)?.closedAtMs ?? 0) / 1_000)
    fixture.chain.mine(state => {
      const header = { ...figures, closedAt, rowCount: 2 }
      const openedAtSeconds = Number(fixture.chain.latest.timeSeconds) + 1
      const progress = { rowsPosted: 0, payoutsMicrocredits: 0n, completedAtSeconds: undefined, isCancelled: false }
      state.epochs.push({ header, openedAtSeconds, ...progress })
      return []
    })
    return { fixture, life }
  }

  it('by time, of which there is no log, is closed again, and the log that comes with the next one is no second record', async () => {
    const { fixture, life } = await halfPosted()
    fixture.chain.pauseSeconds = 4_000n
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal((await eventsOf(life, 'EpochCancelled')).length, 1)
    assert.equal(life.follower.chainAlarm, undefined)
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal(again.follower.chainAlarm, undefined)
    assertPaidOnce(fixture)
  })

  it('by the guardian is closed again', async () => {
    const { fixture, life } = await halfPosted()
    fixture.chain.cancel(1)
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 2)
    assert.equal((await eventsOf(life, 'EpochCancelled')).length, 1)
    assertPaidOnce(fixture)
  })
})

describe('an epoch that never came on chain', () => {
  it('is closed again under its number once it is too old, and its first transaction can do nothing any more', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    const first = life.index.epochs.get(1)?.books
    const nowSeconds = BigInt(Math.floor(fixture.clock.ms / 1_000))
    fixture.chain.pauseSeconds = nowSeconds + 86_500n - fixture.chain.latest.timeSeconds
    fixture.clock.ms += 86_500_000
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.notEqual(life.index.epochs.get(1)?.books.journalPosition, first?.journalPosition)
    const [given] = await eventsOf(life, 'EpochCancelled')
    assert.ok(given?.type === 'EpochCancelled')
    assert.equal(given.data.journalPosition, first?.journalPosition)
    assert.deepEqual(callsOf(fixture), ['registerPayees', 'postEpoch', 'finalise'])
    assertPaidOnce(fixture)
  })

  it('is closed again when the contract says that it leaves out an item, and not before the journal has the item', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.payees.size === 2)
    fixture.chain.nextSend = 'lost'
    await runUntil(fixture, life, () => life.index.lastEpoch === 1)
    life.poster.problem = { call: 'postEpoch', outcome: { status: 'reverted', code: 'InboxItemLeftOut' } }
    fixture.chain.nextSend = 'lost'
    await life.poster.tick()
    assert.deepEqual(await eventsOf(life, 'EpochCancelled'), [])
    fixture.chain.arrive({ account: alice.address, amount: credit })
    await life.follower.poll()
    life.poster.problem = { call: 'postEpoch', outcome: { status: 'reverted', code: 'InboxItemLeftOut' } }
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.equal(life.index.epochs.get(1)?.books.inboxCut, 3)
    assertPaidOnce(fixture)
  })
})

describe('the poster’s bond', () => {
  it('is looked at before books are closed; without it no epoch is sent, and all goes on once somebody adds to it', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.mine(state => {
      state.bondWei = 5n
      return []
    })
    await fixture.run(life, 5)
    assert.deepEqual(life.poster.posterAlarm, { code: 'BOND_TOO_SMALL', freeWei: 5n, neededWei: 10n ** 18n })
    assert.equal(life.index.lastEpoch, 0)
    assert.deepEqual(callsOf(fixture), ['registerPayees'])
    fixture.chain.mine(state => {
      state.bondWei = 10n ** 18n
      return []
    })
    await fixture.run(life, 10)
    assert.equal(life.poster.posterAlarm, undefined)
    assert.equal(life.index.lastFinalEpoch, 1)
    assert.equal(freeBondWei(fixture.chain.contract, 1_000_000), 10n ** 18n)
  })
})

describe('the price of gas', () => {
  it('above the limit holds everything back, books too, and is no alarm', async () => {
    const { fixture } = await withdrawing()
    fixture.maxFeePerGasWei = 100n
    fixture.chain.feePerGasWei = 101n
    const life = await fixture.start()
    await fixture.run(life, 5)
    assert.deepEqual(life.poster.pause, { code: 'FEE_TOO_HIGH', feePerGasWei: 101n, feePerGasMaxWei: 100n })
    assert.equal(life.poster.posterAlarm, undefined)
    assert.deepEqual([life.index.lastEpoch, callsOf(fixture)], [0, []])
    fixture.chain.feePerGasWei = 100n
    await fixture.run(life, 10)
    assert.equal(life.index.lastFinalEpoch, 1)
    assert.equal(life.poster.pause, undefined)
  })

  it('above half of the limit holds back an epoch that would only refresh leaves', async () => {
    const fixture = new SettlementFixture()
    fixture.maxFeePerGasWei = 100n
    fixture.chain.feePerGasWei = 51n
    fixture.chain.arrive({ account: alice.address, amount: credit })
    const life = await fixture.start()
    fixture.clock.ms += fixture.epochIntervalMs
    await fixture.run(life, 3)
    assert.equal(life.index.lastEpoch, 0)
    assert.deepEqual(life.poster.pause, { code: 'FEE_TOO_HIGH', feePerGasWei: 51n, feePerGasMaxWei: 50n })
    fixture.chain.feePerGasWei = 50n
    await fixture.run(life, 6)
    assert.equal(life.index.lastFinalEpoch, 1)
  })
})

describe('stakes', () => {
  it('are recorded once each, in the order of the chain, and never above what is there', async () => {
    const fixture = new SettlementFixture()
    const life = await fixture.start()
    const wei = 10n ** 12n
    fixture.chain.distortLogs = logs => [...logs, ...logs].reverse()
    fixture.chain.stake(bob.address, { type: 'added', amountWei: 10n * wei + 1n })
    fixture.chain.stake(bob.address, { type: 'unbonding', amountWei: 3n * wei + 1n })
    await life.follower.poll()
    assert.deepEqual(figures(life), [6n, 3n])
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal((await eventsOf(again, 'NodeStakeRecorded')).length, 2)
    fixture.chain.stake(bob.address, { type: 'withdrawn' })
    await again.follower.poll()
    assert.deepEqual(figures(again), [6n, 0n])
    fixture.chain.stake(bob.address, { type: 'slashed' })
    await again.follower.poll()
    assert.deepEqual(figures(again), [0n, 0n])
    assert.equal(again.follower.chainAlarm, undefined)
  })

  it('add up when the journal is heard late', async () => {
    const fixture = new SettlementFixture()
    const life = await fixture.start()
    const { apply } = life.index
    const late: Parameters<typeof apply>[0][] = []
    life.index.apply = event => late.push(event)
    const change = { type: 'added', amountWei: 10n ** 12n } as const
    fixture.chain.mine(() => [1, 2, 3].map(() => ({ type: 'stake', node: bob.address, change })))
    await life.follower.poll()
    assert.equal(life.index.stakes.size, 0)
    for (const event of late) apply.call(life.index, event)
    assert.deepEqual(figures(life), [3n, 0n])
  })
})

function figures({ index }: Life): readonly (bigint | undefined)[] {
  const stake = index.stakes.get(bob.address)
  return [stake?.stakeMicrocredits, stake?.unbondingMicrocredits]
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('withdraw'), who: fc.nat(1), amount: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('run'), who: fc.nat(1), amount: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel', 'claim', 'restart', 'lose'),
      who: fc.nat(1),
      amount: fc.nat(2),
    }),
  },
)

describe('payouts, in any order of posting, cancelling, claiming and restarting', () => {
  it('are each paid exactly once, and the contract holds what the journal owes', async () => {
    let cancelled = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async steps => {
        const fixture = new SettlementFixture()
        fixture.chain.arrive({ account: alice.address, amount: credit }, { account: bob.address, amount: credit })
        let life = await fixture.start()
        await life.follower.poll()
        const withdrawn = new Map([alice, bob].map(({ address }) => [address, 0n]))
        for (const [index, { do: what, who, amount }] of steps.entries()) {
          const actor = who === 0 ? alice : bob
          if (what === 'withdraw') {
            await withdraw(life.ledger, actor, BigInt(amount), BigInt(fixture.clock.ms + index))
            withdrawn.set(actor.address, (withdrawn.get(actor.address) ?? 0n) + BigInt(amount))
          } else if (what === 'run') await fixture.run(life, amount)
          else if (what === 'cancel') cancelled += await cancelNext(fixture, life)
          else if (what === 'claim') attempt(() => claimFinal(fixture, actor.address))
          else if (what === 'restart') life = await fixture.start()
          else fixture.chain.nextSend = (['lost', 'inMempool', 'minedUnheard'] as const)[amount] ?? 'lost'
          assert.equal(life.follower.chainAlarm, undefined)
          assert.equal(life.poster.posterAlarm, undefined)
        }
        await fixture.run(life, 25)
        for (const { address } of [alice, bob]) attempt(() => claimFinal(fixture, address))
        await life.follower.poll()
        for (const [address, amount] of withdrawn) {
          assert.equal(fixture.chain.contract.claimed.get(address) ?? 0n, amount)
        }
        assert.equal(life.ledger.books().payables, 0n)
        assert.equal(await fixture.chain.contractWei(), life.ledger.books().reserve * 10n ** 12n)
      }),
      { numRuns: 40, seed: 20_261_122 },
    )
    assert.ok(cancelled > 20, `only ${cancelled} epochs were cancelled`)
  })
})

/** Goes on until an epoch is on chain, for a few rounds, and cancels it; answers how many were. */
async function cancelNext(fixture: SettlementFixture, life: Life): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await fixture.run(life, 1)
    if (attempt(() => fixture.chain.cancel(fixture.chain.contract.epochs.length)) === 1) return 1
  }
  return 0
}

/** Of a wallet's rows only those of final epochs can be claimed. */
function claimFinal(fixture: SettlementFixture, wallet: `0x${string}`): void {
  const { epochs, finalEpoch } = fixture.chain.contract
  const isWaiting = epochs.some((epoch, index) => index >= finalEpoch && !epoch.isCancelled)
  if (!isWaiting) fixture.chain.claim(wallet)
}

/** Does what the contract may refuse; answers 1 when it did not. */
function attempt(action: () => void): number {
  try {
    action()
    return 1
  } catch (error) {
    assert.equal((error as Error).name, 'ContractRevert')
    return 0
  }
}
