import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from '../hex.ts'
import { changeDelaySecondsDefault } from '../journal/config.ts'
import { Actor, testConfig, testStartMs, treasurerActor } from '../testing/actors.ts'
import { changeOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import type { ConfigChange } from './config-change.ts'

const startSeconds = BigInt(testStartMs / 1000)
const delaySeconds = BigInt(changeDelaySecondsDefault)
const effectiveMs = testStartMs + changeDelaySecondsDefault * 1000
const payer = new Actor(1)
const node = new Actor(2)
const stranger = new Actor(3)

function change(fields: Partial<ConfigChange> & Pick<ConfigChange, 'nonce'>, signer?: Actor) {
  return { type: 'ChangeConfig', change: changeOf(fields, signer) } as const
}

function feeNow(ledger: TestLedger): number | undefined {
  return ledger.state.config?.feeBasisPoints
}

/** Lets the clock come to a time and the ledger notice it. */
function passTo(ledger: TestLedger, atMs: number): void {
  ledger.nowMs = atMs
  ledger.submit()
}

describe('a change of the configuration', () => {
  it('is refused under any key but the treasurer’s, whomever it names', () => {
    const ledger = new TestLedger()
    ledger.refuse(change({ nonce: 1n }, stranger), 'INVALID_SIGNATURE')
    ledger.refuse(change({ nonce: 1n, treasurer: stranger.address }, stranger), 'INVALID_SIGNATURE')
    ledger.refuse(change({ nonce: 1n, treasurer: stranger.address }), 'INVALID_SIGNATURE')
  })

  it('is refused to everybody where the treasurer is the zero address', () => {
    const ledger = new TestLedger({ ...testConfig, treasurer: zeroAddress })
    for (const signer of [treasurerActor, stranger]) {
      ledger.refuse(change({ nonce: 1n, treasurer: zeroAddress }, signer), 'INVALID_SIGNATURE')
      ledger.refuse(change({ nonce: 1n, treasurer: signer.address }, signer), 'INVALID_SIGNATURE')
    }
  })

  it('is refused with shares above all of it, and bonuses above a quarter of the fees', () => {
    const ledger = new TestLedger()
    const wrong = { feeBasisPoints: 10_001, burnBasisPoints: 10_001, bonusShareBasisPoints: 2_501 }
    for (const [field, value] of Object.entries(wrong)) {
      const { refusal } = ledger.refuse(change({ nonce: 1n, [field]: value }), 'MALFORMED')
      assert.ok(refusal.code === 'MALFORMED' && refusal.field.endsWith(field))
    }
  })

  it('is refused with a limit above the token’s cap', () => {
    const above = 1_000_000_000_000_001n
    const fields = ['grantDayMicrocreditsMax', 'uptimeDayMicrocreditsMax', 'referralMicrocreditsMax'] as const
    for (const field of fields) new TestLedger().refuse(change({ nonce: 1n, [field]: above }), 'MALFORMED')
  })

  it('is refused a second before its delay, taken at it, and refused a second beyond a year', () => {
    const { refusal } = new TestLedger().refuse(
      change({ nonce: 1n, effectiveAt: startSeconds + delaySeconds - 1n }),
      'CHANGE_TIME_OUT_OF_RANGE',
    )
    assert.ok(refusal.code === 'CHANGE_TIME_OUT_OF_RANGE')
    assert.deepEqual([refusal.earliestMs, refusal.effectiveAtMs], [effectiveMs, effectiveMs - 1_000])
    new TestLedger().accept(change({ nonce: 1n, effectiveAt: startSeconds + delaySeconds }))
    const year = startSeconds + 365n * 86_400n
    new TestLedger().accept(change({ nonce: 1n, effectiveAt: year }))
    new TestLedger().refuse(change({ nonce: 1n, effectiveAt: year + 1n }), 'CHANGE_TIME_OUT_OF_RANGE')
    new TestLedger().refuse(change({ nonce: 1n, effectiveAt: 2n ** 64n - 1n }), 'CHANGE_TIME_OUT_OF_RANGE')
  })

  it('is refused with a nonce that was used, and is a repetition with the same signature', () => {
    const ledger = new TestLedger()
    const first = change({ nonce: 5n })
    ledger.accept(first)
    ledger.refuse(change({ nonce: 5n, feeBasisPoints: 1 }), 'NONCE_USED')
    ledger.refuse(change({ nonce: 4n }), 'NONCE_USED')
    assert.equal(ledger.accept(first).repeated, true)
    assert.equal(ledger.events.filter(event => event.type === 'ConfigChangeScheduled').length, 1)
  })

  it('is shown as pending and changes nothing before its time', () => {
    const ledger = new TestLedger()
    ledger.accept(change({ nonce: 1n, feeBasisPoints: 100 }))
    passTo(ledger, effectiveMs - 1)
    assert.equal(feeNow(ledger), 500)
    assert.equal(ledger.state.pendingChange?.pricing.feeBasisPoints, 100)
    assert.equal(ledger.state.pendingChange?.effectiveAtMs, effectiveMs)
  })

  it('comes into force at its exact time, before what is decided at that time', () => {
    const ledger = new TestLedger()
    ledger.deposit(payer.address, 5_000_000n)
    ledger.accept({ type: 'RegisterNode', registration: node.registration() })
    ledger.accept(change({ nonce: 1n, feeBasisPoints: 100, fuelCoreHourMicrocredits: 20_000_000n }))
    ledger.nowMs = effectiveMs + 5_000
    const deadline = BigInt(ledger.nowMs / 1000 + 600)
    const digest = ledger.assigned(payer.order({ nonce: 1n, deadline }), node)
    const event = ledger.events.find(({ type }) => type === 'ConfigChanged')
    assert.equal(event?.atMs, effectiveMs)
    assert.equal(ledger.state.pendingChange, undefined)
    ledger.settle(node.receipt(digest, { startedAtMs: 0n, endedAtMs: 1n }))
    // 36 × 10^9 fuel at twice the rate, with a fee of 1 %.
    assert.equal(ledger.balance(node.address), 198_000n)
  })

  it('leaves an open hold the pricing under which it was opened', () => {
    const ledger = new TestLedger()
    ledger.deposit(payer.address, 5_000_000n)
    ledger.accept(change({ nonce: 1n, feeBasisPoints: 100, fuelCoreHourMicrocredits: 20_000_000n }))
    const deadline = BigInt(effectiveMs / 1000 + 600)
    const digest = ledger.assigned(payer.order({ nonce: 1n, deadline }), node)
    passTo(ledger, effectiveMs + 1)
    assert.equal(feeNow(ledger), 100)
    ledger.settle(node.receipt(digest, {}))
    assert.equal(ledger.balance(node.address), 95_000n)
  })

  it('takes the place of the one that is pending, be its time sooner or later, and that one never comes', () => {
    for (const [first, second] of [
      [10n, 20n],
      [20n, 10n],
    ] as const) {
      const ledger = new TestLedger()
      const at = (days: bigint) => startSeconds + days * 86_400n
      ledger.accept(change({ nonce: 1n, feeBasisPoints: 100, effectiveAt: at(first) }))
      ledger.accept(change({ nonce: 2n, feeBasisPoints: 200, effectiveAt: at(second) }))
      passTo(ledger, Number(at(30n)) * 1000)
      assert.equal(feeNow(ledger), 200)
      const changes = ledger.events.filter(({ type }) => type === 'ConfigChanged')
      assert.deepEqual(
        changes.map(({ atMs }) => atMs),
        [Number(at(second)) * 1000],
      )
    }
  })

  it('can be followed by another one, and each counts from its own time', () => {
    const ledger = new TestLedger()
    ledger.accept(change({ nonce: 1n, feeBasisPoints: 100 }))
    passTo(ledger, effectiveMs)
    ledger.accept(change({ nonce: 2n, feeBasisPoints: 200, effectiveAt: startSeconds + 2n * delaySeconds }))
    assert.equal(feeNow(ledger), 100)
    passTo(ledger, effectiveMs + changeDelaySecondsDefault * 1000)
    assert.equal(feeNow(ledger), 200)
  })

  it('does not change who the ledger is, nor who may change it', () => {
    const ledger = new TestLedger()
    ledger.accept(change({ nonce: 1n, feeBasisPoints: 0, bonusShareBasisPoints: 0 }))
    passTo(ledger, effectiveMs)
    const { rates: _, rewards: __, feeBasisPoints: ___, burnBasisPoints: ____, ...identity } = testConfig
    for (const [field, value] of Object.entries(identity)) {
      assert.equal(ledger.state.config?.[field as keyof typeof identity], value)
    }
    assert.equal(ledger.accept({ type: 'OpenLedger', config: testConfig }).repeated, true)
  })
})
