import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '../hex.ts'
import { chainHash, encodeEvent } from '../journal/codec.ts'
import type { EventOf, LedgerEvent, LedgerEventType } from '../journal/event.ts'
import {
  firstDay,
  generous,
  nextDayMs,
  node,
  referrer,
  rewardsLedger,
  runJob,
  stranger,
  wallet,
} from '../rewards/rewards.spec.fixture.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { changeOf, grantOf, referralOf } from '../testing/rewards-actors.ts'
import { Auditor } from './auditor.ts'
import { readCanonicalEvent } from './canonical-event.ts'

/** A grant, a referral, two jobs, the bonuses for them, and a change that comes into force. */
function journal(): readonly LedgerEvent[] {
  const ledger = rewardsLedger({ ...generous, uptimeDayMicrocreditsMax: 24_000n })
  ledger.accept({ type: 'GrantCredits', grant: grantOf(stranger.address, { nonce: 1n }) })
  ledger.accept({ type: 'RecordReferral', referral: referralOf(wallet, node.address, referrer.address) })
  const change = changeOf({ nonce: 2n, feeBasisPoints: 100 })
  ledger.accept({ type: 'ChangeConfig', change })
  runJob(ledger, 1_000_003n)
  ledger.nowMs = nextDayMs
  ledger.accept({ type: 'PayUptimeBonus', node: node.address, day: firstDay })
  ledger.accept({ type: 'PayReferralBonus', node: node.address })
  ledger.nowMs = Number(change.message.effectiveAt) * 1000 + 5
  runJob(ledger, 1_000_000n)
  return ledger.events
}

/** What is found in a journal whose places and hashes are whole. */
function problemIn(
  events: readonly LedgerEvent[],
): { readonly type: LedgerEventType; readonly problem: string } | undefined {
  const auditor = new Auditor(ethersCrypto)
  let hash: Hex = zeroHash
  for (const [index, event] of events.entries()) {
    const placed = { ...event, position: index + 1 }
    const payload = encodeEvent(placed)
    hash = chainHash(ethersCrypto, hash, payload)
    const finding = auditor.follow(placed, payload, hash)
    if (finding !== undefined) return { type: event.type, problem: finding.problem }
  }
  return undefined
}

/** Asserts that the first event of a type, changed, is what is found wrong. */
function assertFound<T extends LedgerEventType>(
  type: T,
  change: (event: EventOf<T>) => object,
  problem: RegExp,
  events = journal(),
): void {
  const index = events.findIndex(event => event.type === type)
  const event = events[index] as EventOf<T>
  const found = problemIn(events.with(index, { ...event, ...change(event) } as LedgerEvent))
  assert.equal(found?.type, type)
  assert.match(found.problem, problem)
}

/** The entries of a payment out of the budget with another amount. */
function paying({ entries }: LedgerEvent, more: bigint) {
  return entries.map(entry => ({
    ...entry,
    amountMicrocredits: entry.amountMicrocredits + (entry.amountMicrocredits < 0n ? -more : more),
  }))
}

describe('the auditor of rewards and of the configuration', () => {
  it('has nothing to say about what the decider wrote', () => {
    assert.equal(problemIn(journal()), undefined)
  })

  it('reads every event of theirs in its canonical form', () => {
    for (const event of journal()) assert.deepEqual(readCanonicalEvent(encodeEvent(event)), event)
  })

  it('finds a grant of another amount, to another wallet, or that the treasurer did not sign', () => {
    assertFound('CreditsGranted', event => ({ entries: paying(event, 1n), data: event.data }), /budget of/)
    assertFound(
      'CreditsGranted',
      ({ data }) => ({ data: { ...data, grant: grantOf(node.address, { nonce: 1n }, stranger) } }),
      /did not sign|command id/,
    )
    assertFound(
      'CreditsGranted',
      ({ entries }) => ({
        entries: entries.map(entry =>
          entry.account === 'rewards' ? entry : { ...entry, account: `wallet:${node.address}` },
        ),
      }),
      /the signature allows/,
    )
  })

  it('finds a grant that counts its day wrongly or names another cap', () => {
    const numbers = [
      { grantedMicrocredits: 1n },
      { day: firstDay - 1 },
      { limitMicrocredits: 1n },
      { budgetMicrocredits: 1n },
    ]
    for (const change of numbers) {
      assertFound('CreditsGranted', ({ data }) => ({ data: { ...data, ...change } }), /counts|names/)
    }
  })

  it('finds a bonus of 1 µcr more or less than is due', () => {
    for (const type of ['UptimeBonusPaid', 'ReferralBonusPaid'] as const) {
      for (const more of [1n, -1n]) {
        const change = (event: EventOf<typeof type>) => ({
          entries: paying(event, more),
          data: { ...event.data, amountMicrocredits: event.data.amountMicrocredits + more },
        })
        assertFound(type, change, more > 0n ? /more than is due/ : /less than is due/)
      }
    }
  })

  it('finds a bonus that counts too few fees, or names other numbers than hold', () => {
    const numbers = ['countedMicrocredits', 'feesMicrocredits', 'limitMicrocredits', 'budgetMicrocredits'] as const
    for (const field of numbers) {
      for (const type of ['UptimeBonusPaid', 'ReferralBonusPaid'] as const) {
        assertFound(type, ({ data }) => ({ data: { ...data, [field]: data[field] - 1n } }), /counts|names/)
      }
    }
  })

  it('finds hours in which the node did nothing, and a day that was paid', () => {
    assertFound('UptimeBonusPaid', ({ data }) => ({ data: { ...data, hours: 2 } }), /pays 2 hours/)
    const events = journal()
    const index = events.findIndex(({ type }) => type === 'UptimeBonusPaid')
    const twice = problemIn(events.toSpliced(index + 1, 0, events[index] as LedgerEvent))
    assert.equal(twice?.type, 'UptimeBonusPaid')
  })

  it('finds a bonus that goes to somebody else', () => {
    assertFound(
      'UptimeBonusPaid',
      ({ data }) => ({ data: { ...data, payoutWallet: stranger.address } }),
      /not the node’s/,
    )
    assertFound(
      'ReferralBonusPaid',
      ({ data }) => ({ data: { ...data, referrer: stranger.address } }),
      /referred nobody/,
    )
  })

  it('finds a referral bonus before the node’s own', () => {
    const events = journal()
    const index = events.findIndex(({ type }) => type === 'UptimeBonusPaid')
    assert.deepEqual(problemIn(events.toSpliced(index, 1)), {
      type: 'ReferralBonusPaid',
      problem: 'pays a referral before the node’s own bonus',
    })
  })

  it('finds a referral that the payout wallet did not sign, and a second one', () => {
    assertFound(
      'ReferralRecorded',
      ({ data }) => ({
        data: {
          referral: { ...data.referral, signature: referralOf(stranger, node.address, referrer.address).signature },
        },
      }),
      /did not sign|command id/,
    )
    const events = journal()
    const index = events.findIndex(({ type }) => type === 'ReferralRecorded')
    const again = events.toSpliced(index + 1, 0, events[index] as LedgerEvent)
    assert.deepEqual(problemIn(again), { type: 'ReferralRecorded', problem: 'names a second referrer' })
  })

  it('finds a change that comes before its time, late, or not at all', () => {
    assertFound('ConfigChanged', ({ atMs }) => ({ atMs: atMs - 1 }), /out of time/)
    assertFound('ConfigChanged', ({ atMs }) => ({ atMs: atMs + 1 }), /out of time/)
    const events = journal()
    const index = events.findIndex(({ type }) => type === 'ConfigChanged')
    assert.match(problemIn(events.toSpliced(index, 1))?.problem ?? '', /was due/)
  })

  it('finds a change to other terms than were announced', () => {
    assertFound(
      'ConfigChanged',
      ({ data }) => ({ data: { ...data, pricing: { ...data.pricing, feeBasisPoints: 99 } } }),
      /feeBasisPoints into force/,
    )
    const rewards = ({ data }: EventOf<'ConfigChanged'>) => ({ ...data.rewards, bonusShareBasisPoints: 10_000 })
    assertFound(
      'ConfigChanged',
      event => ({ data: { ...event.data, rewards: rewards(event) } }),
      /bonusShareBasisPoints into force/,
    )
  })

  it('finds an announcement that the treasurer did not sign, or for another time', () => {
    const forged = changeOf({ nonce: 2n, feeBasisPoints: 100 }, stranger)
    assertFound('ConfigChangeScheduled', ({ data }) => ({ data: { ...data, change: forged } }), /did not sign/)
    assertFound(
      'ConfigChangeScheduled',
      ({ data }) => ({ data: { ...data, effectiveAtMs: data.effectiveAtMs - 1_000 } }),
      /another time than was signed/,
    )
  })

  it('finds a job that is priced by a change that does not count yet', () => {
    assertFound(
      'JobSettled',
      ({ data }) => ({
        data: { ...data, feeMicrocredits: 10_001n, earnedMicrocredits: data.capturedMicrocredits - 10_001n },
      }),
      /split/,
    )
  })
})
