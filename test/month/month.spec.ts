import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { deployDefaults } from '@deparrow/contracts/deploy'
import { toFunctionSelector } from 'viem'
import { wei } from './contracts.ts'
import { type Malice, malices } from './malicious-night.ts'
import { type MonthReport, runMonth } from './run-month.ts'

const seed = seedOf(process.env['DEPARROW_MONTH_SEED'])
const size = { days: 30, nodes: 2_000, agents: 40, jobsPerDay: 400 } as const
/** It takes back what was posted in the evening of the tenth day; the first epoch is posted before the first. */
const epochOfTheGuardian = 11
/** Why the poster's answer to what decided is no answer; whoever withholds gives none. */
const refusals: Partial<Record<Malice, string>> = {
  'stolen balance': toFunctionSelector('SignerDiffers(bytes32,address,address)'),
  'invented payout': toFunctionSelector('SignerDiffers(bytes32,address,address)'),
  'duplicate entry': toFunctionSelector('NonceUsed(uint64,uint256)'),
  'missing receipt': 'NOT_PAID',
}
const capWei = 10n ** 27n

describe(`a month of epochs with seed ${seed}, and then no operator any more`, { timeout: 1_800_000 }, () => {
  let month: MonthReport

  before(
    async () => {
      month = await runMonth({ seed, ...size })
      const { epochs, receipts, payouts, malicious, exit } = month
      console.log(
        `seed ${seed}: ${epochs} epochs, ${malicious.length} of them malicious, ${receipts} receipts, ${payouts} payouts; after the end ${exit.claims} claims and ${exit.exits} exits. DEPARROW_MONTH_SEED=${seed} npm run test:month runs it again.`,
      )
    },
    { timeout: 1_800_000 },
  )

  it('had an epoch a day: the guardian took back one, the watcher had each malicious one cancelled, all others are final', () => {
    assert.equal(month.epochs, size.days)
    const cancelled = [...month.malicious.map(({ epoch }) => epoch), epochOfTheGuardian]
    assert.deepEqual(month.cancelled, cancelled.sort(ascending))
    assert.equal(month.exit.finalEpoch, size.days)
  })

  for (const malice of malices) {
    const refusal = refusals[malice]
    it(`had an epoch with a ${malice}, which the contract took and the watcher alone had cancelled, and gained by`, () => {
      const [epoch, ...others] = month.malicious.filter(one => one.malice === malice)
      assert.ok(epoch?.isCancelled)
      assert.deepEqual(others, [])
      assert.ok(epoch.findings.includes('ROOT_DIFFERS'))
      assert.equal(epoch.called.at(-1), 'expire')
      assert.deepEqual(epoch.failures, refusal === undefined ? [] : [refusal])
      assert.equal(epoch.answered > 0, malice !== 'withheld leaf')
      assert.ok(epoch.gainedWei > 0n)
    })
  }

  it('had no honest epoch that was demanded about, or that cost a bond', () => {
    const malicious = month.malicious.map(({ epoch }) => epoch)
    assert.deepEqual(month.disputed, { demanded: malicious, seized: malicious })
    assert.equal(month.foundRight.length, size.days - malicious.length)
  })

  it('had a receipt that the gateway ignored pushed into the inbox once it was time, and its node paid for it', () => {
    const { pushed } = month
    assert.deepEqual(pushed.sentEarly, [])
    assert.deepEqual(pushed.sentInTime, [`Sent pushReceipt ${pushed.receiptDigest}`])
    assert.deepEqual(pushed.inInbox, [pushed.receiptDigest])
    assert.ok(pushed.receivedAfter?.type === 'InboxItemRecorded')
    assert.equal(pushed.receivedAfter.data.digest, pushed.receiptDigest)
    assert.ok(pushed.dueMicrocredits > 0n)
    assert.equal(pushed.earnedMicrocredits, pushed.dueMicrocredits)
    assert.equal(pushed.paidWei, wei(pushed.dueMicrocredits + pushed.emissionMicrocredits))
  })

  it('gives each person in DPC what the journal says, to the wei', () => {
    assert.equal(month.after.people, size.agents + size.nodes + 1)
    assert.deepEqual(month.after.wrong, [])
  })

  it('takes nothing out twice: each claim, leaf, deposit and item is refused when it is sent again', () => {
    const { claims, exits, namesBurnt, depositsReturned, itemsBurnt, refusedTwice } = month.exit
    assert.ok(claims > size.nodes / 2 && exits > size.agents)
    assert.ok(depositsReturned > 0 && itemsBurnt > 0)
    assert.equal(refusedTwice, claims + exits + namesBurnt + depositsReturned + itemsBurnt)
  })

  it('leaves nothing in the contracts, nothing owed and nothing over', () => {
    const { settlementWei, registryWei, disputesWei } = month.after
    assert.deepEqual(
      { settlementWei, registryWei, disputesWei },
      { settlementWei: 0n, registryWei: 0n, disputesWei: 0n },
    )
  })

  it('gives the poster its bond back, but for one for each malicious epoch, of which the watcher has a tenth less what it asked in vain', () => {
    const { epochBondWei } = deployDefaults
    const count = BigInt(month.malicious.length)
    const gainedWei = month.malicious.reduce((sum, epoch) => sum + epoch.gainedWei, 0n)
    const askedInVainWei = (count * epochBondWei) / 10n - gainedWei
    assert.ok(askedInVainWei > 0n)
    assert.equal(month.after.posterWei, month.after.bondPaidInWei - count * epochBondWei + askedInVainWei)
  })

  it('has burnt fees, seized bonds, treasury, rewards and the emission of no epoch, and nothing else: the supply is what all have', () => {
    const { supplyWei, expectedSupplyWei, sumOfBalancesWei } = month.after
    assert.equal(supplyWei, expectedSupplyWei)
    assert.equal(supplyWei, sumOfBalancesWei)
    assert.ok(supplyWei <= capWei)
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

function ascending(a: number, b: number): number {
  return a - b
}

function seedOf(given = '20261122'): number {
  if (!/^\d{1,9}$/.test(given))
    throw new RangeError(`DEPARROW_MONTH_SEED is ${given}: give a whole number of at most nine digits`)
  return Number(given)
}
