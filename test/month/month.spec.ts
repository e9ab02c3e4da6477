import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type MonthReport, runMonth } from './run-month.ts'

const seed = seedOf(process.env['DEPARROW_MONTH_SEED'])
const size = { days: 30, nodes: 2_000, agents: 40, jobsPerDay: 600 } as const
const capWei = 10n ** 27n

describe(`a month of epochs with seed ${seed}, and then no operator any more`, () => {
  let month: MonthReport

  before(async () => {
    month = await runMonth({ seed, ...size })
    const { epochs, receipts, payouts, exit } = month
    console.log(
      `seed ${seed}: ${epochs} epochs, ${receipts} receipts, ${payouts} payouts, ${exit.claims} claims after the end, ${exit.exits} exits; DEPARROW_MONTH_SEED=${seed} npm run test:month runs it again`,
    )
  })

  it('gives each person in DPC what the journal says, to the wei', () => {
    assert.equal(month.after.people, size.nodes + size.agents)
    assert.deepEqual(month.after.wrong, [])
  })

  it('takes nothing out twice: each claim, leaf, deposit and item is refused when it is sent again', () => {
    const { claims, exits, namesBurnt, depositsReturned, itemsBurnt, refusedTwice } = month.exit
    assert.ok(claims > size.nodes / 2 && exits > size.nodes / 2)
    assert.ok(depositsReturned > 0 && itemsBurnt > 0)
    assert.equal(refusedTwice, claims + exits + namesBurnt + depositsReturned + itemsBurnt)
  })

  it('leaves nothing in the contracts, nothing owed and nothing over', () => {
    assert.equal(month.after.settlementWei, 0n)
    assert.equal(month.after.registryWei, 0n)
  })

  it('gives the poster its bond back', () => {
    assert.equal(month.after.posterWei, month.after.bondPaidInWei)
  })

  it('has burnt fees, treasury, rewards and the emission of no epoch, and nothing else: the supply is what all have', () => {
    const { supplyWei, expectedSupplyWei, sumOfBalancesWei } = month.after
    assert.equal(supplyWei, expectedSupplyWei)
    assert.equal(supplyWei, sumOfBalancesWei)
    assert.ok(supplyWei <= capWei)
  })

  it('had an epoch a day, of which the guardian took back one', () => {
    assert.equal(month.epochs, size.days)
    assert.deepEqual(month.cancelled, [11])
    assert.equal(month.exit.finalEpoch, size.days)
  })
})

describe('a short month', () => {
  it('follows from its seed: the same one gives the same journal, another one another', async () => {
    const short = { days: 4, nodes: 20, agents: 10, jobsPerDay: 20 } as const
    const [first, same, other] = [
      await runMonth({ seed: 1, ...short }),
      await runMonth({ seed: 1, ...short }),
      await runMonth({ seed: 2, ...short }),
    ]
    assert.equal(first.journalHash, same.journalHash)
    assert.notEqual(first.journalHash, other.journalHash)
  })
})

function seedOf(given = '20261122'): number {
  if (!/^\d{1,9}$/.test(given))
    throw new RangeError(`DEPARROW_MONTH_SEED is ${given}: give a whole number of at most nine digits`)
  return Number(given)
}
