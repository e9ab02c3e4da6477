import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from '../hex.ts'
import { testConfig, testStartMs, treasurerActor } from '../testing/actors.ts'
import { grantOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { Grant } from './grant.ts'
import { firstDay, nextDayMs, rewardsBudget, rewardsLedger, stranger, wallet } from './rewards.spec.fixture.ts'

const startSeconds = BigInt(testStartMs / 1000)

function grant(fields: Partial<Grant> & Pick<Grant, 'nonce'>, signer = treasurerActor) {
  return { type: 'GrantCredits', grant: grantOf(wallet.address, fields, signer) } as const
}

describe('a grant', () => {
  it('is refused under any key but the treasurer’s, whomever it names', () => {
    const ledger = rewardsLedger()
    ledger.refuse(grant({ nonce: 1n }, stranger), 'INVALID_SIGNATURE')
    ledger.refuse(grant({ nonce: 1n, treasurer: stranger.address }, stranger), 'INVALID_SIGNATURE')
    ledger.refuse(grant({ nonce: 1n, treasurer: stranger.address }), 'INVALID_SIGNATURE')
  })

  it('is refused to everybody where the treasurer is the zero address', () => {
    const ledger = new TestLedger({ ...testConfig, treasurer: zeroAddress })
    ledger.fundRewards(5_000_000n)
    ledger.refuse(grant({ nonce: 1n, treasurer: zeroAddress }), 'INVALID_SIGNATURE')
    ledger.refuse(grant({ nonce: 1n, treasurer: zeroAddress }, stranger), 'INVALID_SIGNATURE')
  })

  it('is refused to nobody, and for a reason of more than 256 characters', () => {
    const ledger = rewardsLedger()
    ledger.refuse({ type: 'GrantCredits', grant: grantOf(zeroAddress, { nonce: 1n }) }, 'MALFORMED')
    ledger.refuse(grant({ nonce: 1n, reason: 'x'.repeat(257) }), 'MALFORMED')
    ledger.accept(grant({ nonce: 1n, reason: 'x'.repeat(256) }))
  })

  it('is refused at its deadline, and with one beyond 30 days', () => {
    const ledger = rewardsLedger()
    ledger.refuse(grant({ nonce: 1n, deadline: startSeconds }), 'DEADLINE_PASSED')
    ledger.refuse(grant({ nonce: 1n, deadline: startSeconds + 2_592_001n }), 'DEADLINE_TOO_FAR')
  })

  it('is refused for nothing, and for more than there are tokens', () => {
    const ledger = rewardsLedger()
    for (const amountMicrocredits of [0n, 1_000_000_000_000_001n]) {
      ledger.refuse(grant({ nonce: 1n, amountMicrocredits }), 'AMOUNT_OUT_OF_RANGE')
    }
  })

  it('is refused with a nonce that a change or a grant of the treasurer used in that lane', () => {
    const ledger = rewardsLedger()
    ledger.accept(grant({ nonce: 3n }))
    ledger.refuse(grant({ nonce: 3n, amountMicrocredits: 2n }), 'NONCE_USED')
    ledger.refuse(grant({ nonce: 2n }), 'NONCE_USED')
    ledger.accept(grant({ nonce: 2n, lane: 1 }))
  })

  it('is refused when the budget has 1 µcr too little, and taken when it has exactly enough', () => {
    const ledger = rewardsLedger({}, 999_999n)
    const first = grant({ nonce: 1n })
    const { refusal } = ledger.refuse(first, 'REWARDS_EXHAUSTED')
    const amounts = { requiredMicrocredits: 1_000_000n, availableMicrocredits: 999_999n }
    assert.deepEqual(refusal, { code: 'REWARDS_EXHAUSTED', ...amounts })
    ledger.fundRewards(1n)
    // The refusal was journalled, so that the same signature gets the same answer; a new one is looked at anew.
    ledger.refuse(first, 'REWARDS_EXHAUSTED')
    ledger.accept(grant({ nonce: 2n }))
    assert.equal(rewardsBudget(ledger), 0n)
    assert.equal(ledger.balance(wallet.address), 1_000_000n)
  })

  it('is refused above the cap of a calendar day, to whomever the others went', () => {
    const ledger = rewardsLedger({ grantDayMicrocreditsMax: 2_500_000n })
    ledger.accept(grant({ nonce: 1n }))
    ledger.accept({ type: 'GrantCredits', grant: grantOf(stranger.address, { nonce: 2n }) })
    const over = grant({ nonce: 3n, amountMicrocredits: 500_001n })
    const { refusal } = ledger.refuse(over, 'GRANT_CAP_REACHED')
    assert.deepEqual(refusal, {
      code: 'GRANT_CAP_REACHED',
      day: firstDay,
      limitMicrocredits: 2_500_000n,
      grantedMicrocredits: 2_000_000n,
      amountMicrocredits: 500_001n,
    })
    ledger.accept(grant({ nonce: 3n, amountMicrocredits: 500_000n }))
    ledger.refuse(grant({ nonce: 4n, amountMicrocredits: 1n }), 'GRANT_CAP_REACHED')
    assert.deepEqual(ledger.refuse(over, 'GRANT_CAP_REACHED').refusal, refusal)
  })

  it('counts towards the cap of its own day (UTC) and no other', () => {
    const ledger = rewardsLedger({ grantDayMicrocreditsMax: 1_000_000n })
    const deadline = BigInt(nextDayMs / 1000 + 600)
    ledger.nowMs = nextDayMs - 1
    ledger.accept(grant({ nonce: 1n, deadline }))
    ledger.refuse(grant({ nonce: 2n, deadline }), 'GRANT_CAP_REACHED')
    ledger.nowMs = nextDayMs
    ledger.accept(grant({ nonce: 3n, deadline }))
  })

  it('counts towards the cap within a link too, which then fails as a whole', () => {
    const ledger = rewardsLedger({ grantDayMicrocreditsMax: 1_999_999n })
    const commands = [grant({ nonce: 1n }), grant({ nonce: 2n })]
    const { refusal } = ledger.refuse({ type: 'Link', commands }, 'LINK_FAILED')
    assert.ok(refusal.code === 'LINK_FAILED' && refusal.refusal.code === 'GRANT_CAP_REACHED')
    assert.equal(ledger.balance(wallet.address), 0n)
  })

  it('moves credits from the budget to the wallet once, and says by which numbers', () => {
    const ledger = rewardsLedger({}, 5_000_000n)
    const command = grant({ nonce: 1n })
    ledger.accept(command)
    assert.equal(ledger.accept(command).repeated, true)
    assert.equal(ledger.balance(wallet.address), 1_000_000n)
    assert.equal(rewardsBudget(ledger), 4_000_000n)
    const event = ledger.events.at(-1)
    assert.ok(event?.type === 'CreditsGranted')
    const { grant: _, ...numbers } = event.data
    assert.deepEqual(numbers, {
      day: firstDay,
      grantedMicrocredits: 0n,
      limitMicrocredits: 10_000_000_000n,
      budgetMicrocredits: 5_000_000n,
    })
  })
})
