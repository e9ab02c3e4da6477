import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Actor } from '@deparrow/ledger/testing'
import { alicePlace, asked, sentAfterPosting } from './testing/demands.spec.fixture.ts'
import { freeBondWei } from './testing/in-memory-contract.ts'
import { alice, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'
import { callsOf, credit, runUntil, withdrawing } from './testing/withdrawing.spec.fixture.ts'

/** So many more wallets that withdraw, none of which has a payee id. */
async function withdrawAlso(fixture: SettlementFixture, life: Life, count: number): Promise<void> {
  const actors = Array.from({ length: count }, (_, index) => new Actor(0x1000 + index))
  fixture.chain.arrive(...actors.map(({ address: account }) => ({ account, amount: credit })))
  await life.follower.poll()
  for (const actor of actors) await withdraw(life.ledger, actor, credit)
}

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

describe('the poster’s coin', () => {
  it('is looked at before books are closed: an epoch that could not be answered for does not begin, and the alarm says what it takes', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.coinWei = 20_199_999n
    await fixture.run(life, 5)
    const alarm = { code: 'POSTER_COIN_LOW', coinWei: 20_199_999n, neededWei: 20_200_000n }
    assert.deepEqual(life.poster.posterAlarm, alarm)
    assert.equal(life.index.lastEpoch, 0)
    fixture.chain.coinWei = 20_200_000n
    await fixture.run(life, 10)
    assert.equal(life.poster.posterAlarm, undefined)
    assert.equal(life.index.lastFinalEpoch, 1)
  })

  it('is an alarm also while an epoch waits, with each open demand above four; answers go out nevertheless', async () => {
    const key = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as const
    const questions = [1, 2, 3, 4, 5].map(index => ({ kind: 'leaf', place: alicePlace, key: key(index) }) as const)
    const { fixture, life } = await asked(...questions)
    fixture.chain.coinWei = 24_199_999n
    await life.poster.tick()
    assert.equal(life.poster.posterAlarm?.code === 'POSTER_COIN_LOW' && life.poster.posterAlarm.neededWei, 24_200_000n)
    assert.equal(sentAfterPosting(fixture).length, 5)
    await life.poster.tick()
    assert.equal(life.poster.posterAlarm, undefined)
  })
})

describe('the registration of payees', () => {
  it('is not sent without coin for all of it: nobody would take it, and everything else waits for its nonce', async () => {
    const { fixture, life } = await withdrawing()
    await withdrawAlso(fixture, life, 60)
    fixture.chain.coinWei = 23_439_999n
    await fixture.run(life, 5)
    const alarm = { code: 'POSTER_COIN_LOW', coinWei: 23_439_999n, neededWei: 23_440_000n }
    assert.deepEqual([life.poster.posterAlarm, callsOf(fixture)], [alarm, []])
    fixture.chain.coinWei = 23_440_000n
    await fixture.run(life, 1)
    assert.deepEqual(callsOf(fixture), ['registerPayees'])
  })

  it('waits for coin also while the window of an epoch runs', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    const registered = () => callsOf(fixture).filter(type => type === 'registerPayees').length
    await withdrawAlso(fixture, life, 1)
    fixture.chain.coinWei = 0n
    await fixture.run(life, 5)
    assert.deepEqual([registered(), life.poster.posterAlarm?.code], [1, 'POSTER_COIN_LOW'])
    assert.equal(life.index.lastFinalEpoch, 1)
    fixture.chain.coinWei = 10n ** 18n
    await runUntil(fixture, life, () => registered() === 2)
  })
})

describe('an alarm of the poster', () => {
  it('ends on a network with nothing to do too, once the coin is there', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.pending !== undefined)
    fixture.chain.coinWei = 0n
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    await fixture.run(life, 3)
    assert.equal(life.poster.posterAlarm?.code, 'POSTER_COIN_LOW')
    fixture.chain.coinWei = 10n ** 18n
    await fixture.run(life, 3)
    assert.equal(life.poster.posterAlarm, undefined)
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

describe('the exit', () => {
  it('that has started ends all posting for good, also in a later life, while claims go on', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    await withdraw(life.ledger, alice, credit, 2n)
    fixture.chain.startExit()
    const sent = fixture.chain.mined.length
    await fixture.run(life, 6)
    const later = await fixture.start()
    await fixture.run(later, 6)
    assert.equal(fixture.chain.mined.length, sent)
    assert.equal(later.follower.isExitStarted, true)
    assert.equal(later.index.lastEpoch, 1)
    assert.deepEqual([later.poster.posterAlarm, later.poster.problem], [undefined, undefined])
    fixture.chain.claim(alice.address)
    await later.follower.poll()
    assert.equal(later.follower.chainAlarm, undefined)
    assert.equal(later.index.claimed.get(alice.address), 2n * credit)
  })

  it('takes the pending epoch back in the journal, which closes no other one', async () => {
    const { fixture, life } = await withdrawing()
    await runUntil(fixture, life, () => callsOf(fixture).includes('postEpoch'))
    fixture.chain.startExit()
    await fixture.run(life, 5)
    assert.equal(life.index.epochs.get(1)?.cancelled?.epoch, 1)
    assert.equal(life.index.pending, undefined)
    assert.equal(life.index.lastEpoch, 1)
  })

  it('is not believed while a reorganisation can take it back', async () => {
    const { fixture, life } = await withdrawing()
    fixture.chain.confirmations = 2
    fixture.chain.startExit()
    await life.follower.poll()
    assert.equal(life.follower.isExitStarted, false)
    fixture.chain.reorg(1)
    fixture.chain.mine()
    await runUntil(fixture, life, () => life.index.lastFinalEpoch === 1)
    assert.equal(life.follower.isExitStarted, false)
  })
})
