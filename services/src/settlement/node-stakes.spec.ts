import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bob, type Life, SettlementFixture } from './testing/settlement-fixture.ts'
import { eventsOf } from './testing/withdrawing.spec.fixture.ts'

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
