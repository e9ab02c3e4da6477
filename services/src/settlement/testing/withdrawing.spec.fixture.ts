import assert from 'node:assert/strict'
import { alice, bob, type Life, SettlementFixture, withdraw } from './settlement-fixture.ts'

export const credit = 1_000_000n

/** A network in which alice and bob have withdrawn, and no epoch has paid them yet. */
export async function withdrawing() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive({ account: alice.address, amount: 9n * credit }, { account: bob.address, amount: 9n * credit })
  const life = await fixture.start()
  await life.follower.poll()
  await withdraw(life.ledger, alice, 2n * credit)
  await withdraw(life.ledger, bob, 3n * credit)
  return { fixture, life }
}

/** What was mined, in its order. */
export const callsOf = (fixture: SettlementFixture) => fixture.chain.mined.map(({ call }) => call.type)

export async function runUntil(fixture: SettlementFixture, life: Life, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 30 && !holds(); round++) await fixture.run(life, 1)
  assert.ok(holds())
}

/** Claims all that is owed and says whether each got what was withdrawn, once. */
export function assertPaidOnce(fixture: SettlementFixture): void {
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

export const eventsOf = async (life: Life, type: string) =>
  (await life.ledger.events(0, 1_000)).filter(event => event.type === type)
