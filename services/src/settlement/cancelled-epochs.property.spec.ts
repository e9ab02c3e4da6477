import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { alice, bob, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'
import { credit } from './testing/withdrawing.spec.fixture.ts'

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
