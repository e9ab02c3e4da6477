import assert from 'node:assert/strict'
import { bytesToHex, leafPlace } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { Asked } from './in-memory-demands.ts'
import { alice, bob, type Life, SettlementFixture, withdraw } from './settlement-fixture.ts'

export const credit = 1_000_000n

/** Where the leaves of these accounts stand. */
export const placeOf = (account: Parameters<typeof leafPlace>[1]) => bytesToHex(leafPlace(ledgerCrypto, account))
export const [alicePlace, bobPlace] = [placeOf(alice.address), placeOf(bob.address)]

/** A network whose first epoch, in which alice and bob withdraw, is on chain and inside its window. */
export async function pendingEpoch(configure: (fixture: SettlementFixture) => void = () => undefined) {
  const fixture = new SettlementFixture()
  configure(fixture)
  fixture.chain.arrive({ account: alice.address, amount: 9n * credit }, { account: bob.address, amount: 9n * credit })
  const life = await fixture.start()
  await life.follower.poll()
  await withdraw(life.ledger, alice, 2n * credit)
  await withdraw(life.ledger, bob, 3n * credit)
  for (let round = 0; fixture.chain.contract.epochs[0]?.completedAtSeconds === undefined; round++) {
    assert.ok(round < 20, 'no epoch came on chain')
    await life.follower.poll()
    await life.poster.tick()
    if (fixture.chain.contract.epochs.length === 0) fixture.chain.mine()
    fixture.clock.ms += 1_000
  }
  return { fixture, life }
}

/** The same with demands on that epoch. */
export async function asked(...demands: readonly Asked[]) {
  const { fixture, life } = await pendingEpoch()
  fixture.chain.demand(1, ...demands)
  return { fixture, life }
}

/** What was mined since the epoch was posted: functions of answers, and names of other calls. */
export function sentAfterPosting({ chain }: SettlementFixture): readonly string[] {
  const calls = chain.mined.map(({ call }) => ('answer' in call ? call.answer.functionName : call.type))
  return calls.slice(calls.lastIndexOf('postEpoch') + 1)
}

/** One round of the process, in which no block comes but for what it sends. */
export async function round({ follower, poster }: Pick<Life, 'follower' | 'poster'>): Promise<void> {
  await follower.poll()
  await poster.tick()
}
