import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress, zeroHash } from '../hex.ts'
import { rememberMs } from '../journal/repetition.ts'
import { Actor, testStartMs } from '../testing/actors.ts'
import { digestOfIou, iou, iouDefault, iouRedemption } from '../testing/iou-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { iouDefaultType, iouRedemptionType, iouType } from './iou.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const cho = new Actor(3)
const creditor = bob.address
const now = BigInt(testStartMs / 1000)
const afterDueMs = testStartMs + 3_600_000

function ledgerWithCredits(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 5_000_000n)
  return ledger
}

/** Ann owes Bob 1 credit, due in an hour. */
function owing() {
  const ledger = ledgerWithCredits()
  const signed = iou(ann, { creditor, nonce: 1n })
  ledger.accept({ type: 'IssueIou', iou: signed })
  return { ledger, signed, digest: digestOfIou(signed) }
}

function later(ledger: TestLedger): bigint {
  return BigInt(ledger.nowMs / 1000 + 600)
}

describe('an IOU', () => {
  it('is refused under the signature of anybody but the debtor', () => {
    const { message } = iou(ann, { creditor, nonce: 1n })
    for (const stranger of [bob, cho]) {
      const answer = new TestLedger().refuse(
        { type: 'IssueIou', iou: stranger.sign(iouType, message) },
        'INVALID_SIGNATURE',
      )
      assert.deepEqual(answer.refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
    }
  })

  it('is refused to oneself and to nobody', () => {
    for (const nobody of [ann.address, zeroAddress]) {
      new TestLedger().refuse({ type: 'IssueIou', iou: iou(ann, { creditor: nobody, nonce: 1n }) }, 'MALFORMED')
    }
  })

  it('is refused outside its deadline', () => {
    const passed = iou(ann, { creditor, nonce: 1n, deadline: now })
    new TestLedger().refuse({ type: 'IssueIou', iou: passed }, 'DEADLINE_PASSED')
    const far = iou(ann, { creditor, nonce: 1n, deadline: now + 30n * 86_400n + 1n })
    new TestLedger().refuse({ type: 'IssueIou', iou: far }, 'DEADLINE_TOO_FAR')
  })

  it('is refused with a nonce that the debtor has used for anything else', () => {
    const ledger = ledgerWithCredits()
    const transfer = ann.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 5n })
    ledger.accept({ type: 'TransferCredits', transfer })
    ledger.refuse({ type: 'IssueIou', iou: iou(ann, { creditor, nonce: 5n }) }, 'NONCE_USED')
  })

  it('moves nothing, and needs no credits', () => {
    const ledger = new TestLedger()
    const signed = iou(ann, { creditor, nonce: 1n })
    ledger.accept({ type: 'IssueIou', iou: signed })
    assert.equal(ledger.accept({ type: 'IssueIou', iou: signed }).repeated, true)
    assert.deepEqual([ledger.state.balances.size, ledger.state.ious.size], [0, 1])
    assert.deepEqual(ledger.events.at(-1)?.entries, [])
  })
})

describe('a redemption', () => {
  it('is refused to anybody but the debtor, whomever they name', () => {
    const { ledger, digest } = owing()
    ledger.deposit(cho.address, 5_000_000n)
    const own = iouRedemption(cho, { iou: digest, amountMicrocredits: 1n, nonce: 1n })
    const forged = cho.sign(
      iouRedemptionType,
      iouRedemption(ann, { iou: digest, amountMicrocredits: 1n, nonce: 2n }).message,
    )
    for (const redemption of [own, forged]) {
      const { refusal } = ledger.refuse({ type: 'RedeemIou', redemption }, 'INVALID_SIGNATURE')
      assert.deepEqual(refusal, { code: 'INVALID_SIGNATURE', expectedSigner: ann.address })
    }
  })

  it('is refused for an IOU that is not there', () => {
    const redemption = iouRedemption(ann, { iou: zeroHash, amountMicrocredits: 1n, nonce: 1n })
    ledgerWithCredits().refuse({ type: 'RedeemIou', redemption }, 'UNKNOWN_IOU')
  })

  it('is refused above what is outstanding, naming it', () => {
    const { ledger, digest } = owing()
    const redeem = (amountMicrocredits: bigint, nonce: bigint) =>
      ({ type: 'RedeemIou', redemption: iouRedemption(ann, { iou: digest, amountMicrocredits, nonce }) }) as const
    ledger.accept(redeem(300_000n, 2n))
    const { refusal } = ledger.refuse(redeem(700_001n, 3n), 'IOU_EXCEEDED')
    assert.deepEqual(refusal, { code: 'IOU_EXCEEDED', iou: digest, outstandingMicrocredits: 700_000n })
    assert.equal(ledger.balance(creditor), 300_000n)
  })

  it('is refused outside its deadline, and with a used nonce', () => {
    const { ledger, digest } = owing()
    const fields = { iou: digest, amountMicrocredits: 1n, nonce: 2n }
    const passed = iouRedemption(ann, { ...fields, deadline: now })
    ledger.refuse({ type: 'RedeemIou', redemption: passed }, 'DEADLINE_PASSED')
    const far = iouRedemption(ann, { ...fields, deadline: now + 30n * 86_400n + 1n })
    ledger.refuse({ type: 'RedeemIou', redemption: far }, 'DEADLINE_TOO_FAR')
    ledger.refuse({ type: 'RedeemIou', redemption: iouRedemption(ann, { ...fields, nonce: 1n }) }, 'NONCE_USED')
    ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, fields) })
    const again = iouRedemption(ann, { ...fields, amountMicrocredits: 2n })
    ledger.refuse({ type: 'RedeemIou', redemption: again }, 'NONCE_USED')
  })

  it('is refused for want of credits, now and ever after', () => {
    const ledger = new TestLedger()
    const signed = iou(ann, { creditor, nonce: 1n })
    ledger.accept({ type: 'IssueIou', iou: signed })
    const redemption = iouRedemption(ann, { iou: digestOfIou(signed), amountMicrocredits: 5n, nonce: 2n })
    const first = ledger.refuse({ type: 'RedeemIou', redemption }, 'INSUFFICIENT_CREDITS')
    ledger.deposit(ann.address, 5n)
    assert.deepEqual(ledger.refuse({ type: 'RedeemIou', redemption }, 'INSUFFICIENT_CREDITS'), first)
  })

  it('is refused when the IOU is paid', () => {
    const { ledger, digest } = owing()
    const redeem = (nonce: bigint) =>
      ({
        type: 'RedeemIou',
        redemption: iouRedemption(ann, { iou: digest, amountMicrocredits: 1_000_000n, nonce }),
      }) as const
    ledger.accept(redeem(2n))
    ledger.refuse(redeem(3n), 'IOU_PAID')
    assert.equal(ledger.balance(creditor), 1_000_000n)
  })

  it('pays in parts, each once, until nothing is outstanding', () => {
    const { ledger, digest } = owing()
    for (const [nonce, outstanding] of [
      [2n, 600_000n],
      [3n, 200_000n],
    ] as const) {
      const redemption = iouRedemption(ann, { iou: digest, amountMicrocredits: 400_000n, nonce })
      ledger.accept({ type: 'RedeemIou', redemption })
      assert.equal(ledger.accept({ type: 'RedeemIou', redemption }).repeated, true)
      assert.equal(ledger.state.ious.get(digest)?.outstandingMicrocredits, outstanding)
    }
    const redemption = iouRedemption(ann, { iou: digest, amountMicrocredits: 200_000n, nonce: 4n })
    ledger.accept({ type: 'RedeemIou', redemption })
    assert.deepEqual([ledger.balance(ann.address), ledger.balance(creditor)], [4_000_000n, 1_000_000n])
    assert.equal(ledger.state.ious.size, 0)
  })
})

describe('a default', () => {
  it('is refused to anybody but the creditor, whomever they name', () => {
    const { ledger, digest } = owing()
    ledger.nowMs = afterDueMs
    const forged = ann.sign(iouDefaultType, iouDefault(bob, digest).message)
    for (const declaration of [forged, iouDefault(ann, digest), iouDefault(cho, digest)]) {
      const { refusal } = ledger.refuse({ type: 'DefaultIou', declaration }, 'INVALID_SIGNATURE')
      assert.deepEqual(refusal, { code: 'INVALID_SIGNATURE', expectedSigner: creditor })
    }
  })

  it('is refused a millisecond before the IOU is due, and accepted from then on under the same signature', () => {
    const { ledger, digest } = owing()
    const command = { type: 'DefaultIou', declaration: iouDefault(bob, digest) } as const
    ledger.nowMs = afterDueMs - 1
    const { refusal } = ledger.refuse(command, 'IOU_NOT_DUE')
    assert.deepEqual(refusal, { code: 'IOU_NOT_DUE', iou: digest, dueAt: now + 3_600n })
    ledger.nowMs = afterDueMs
    ledger.accept(command)
    assert.equal(ledger.balance(creditor), 0n)
  })

  it('is refused for what was never promised, and for what is paid', () => {
    const { ledger, digest } = owing()
    const redemption = iouRedemption(ann, { iou: digest, amountMicrocredits: 1_000_000n, nonce: 2n })
    ledger.accept({ type: 'RedeemIou', redemption })
    ledger.nowMs = afterDueMs
    ledger.refuse({ type: 'DefaultIou', declaration: iouDefault(bob, zeroHash) }, 'UNKNOWN_IOU')
    ledger.refuse({ type: 'DefaultIou', declaration: iouDefault(bob, digest) }, 'IOU_PAID')
  })

  it('is refused a second time, however long ago the first was', () => {
    const { ledger, digest } = owing()
    const command = { type: 'DefaultIou', declaration: iouDefault(bob, digest) } as const
    ledger.nowMs = afterDueMs
    ledger.accept(command)
    assert.equal(ledger.accept(command).repeated, true)
    ledger.nowMs = afterDueMs + rememberMs
    ledger.deposit(cho.address, 1n)
    const { refusal } = ledger.refuse(command, 'IOU_DEFAULTED')
    assert.deepEqual(refusal, { code: 'IOU_DEFAULTED', iou: digest, defaultedAtMs: afterDueMs })
  })

  it('takes nothing from the debtor, who may still redeem', () => {
    const { ledger, digest } = owing()
    ledger.nowMs = afterDueMs
    ledger.accept({ type: 'DefaultIou', declaration: iouDefault(bob, digest) })
    assert.equal(ledger.balance(ann.address), 5_000_000n)
    const fields = { iou: digest, nonce: 2n, deadline: later(ledger) }
    ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, { ...fields, amountMicrocredits: 1_000_000n }) })
    assert.equal(ledger.balance(creditor), 1_000_000n)
  })
})

describe('a paid IOU', () => {
  it('is said to be paid for a month, also after its issue was forgotten, and leaves nothing in memory afterwards', () => {
    const { ledger, digest } = owing()
    const redemption = iouRedemption(ann, { iou: digest, amountMicrocredits: 1_000_000n, nonce: 2n })
    ledger.accept({ type: 'RedeemIou', redemption })
    ledger.nowMs = testStartMs + rememberMs - 1_000
    ledger.deposit(cho.address, 1n)
    assert.equal(ledger.state.decided.has(digest), false)
    const late = iouRedemption(ann, { iou: digest, amountMicrocredits: 1n, nonce: 3n, deadline: later(ledger) })
    ledger.refuse({ type: 'RedeemIou', redemption: late }, 'IOU_PAID')
    ledger.nowMs = testStartMs + rememberMs
    ledger.deposit(cho.address, 1n)
    assert.deepEqual([ledger.state.ious.size, ledger.state.paidIous.size], [0, 0])
    ledger.refuse({ type: 'RedeemIou', redemption: late }, 'UNKNOWN_IOU')
  })

  it('cannot be issued again once it is forgotten', () => {
    const ledger = ledgerWithCredits()
    const signed = iou(ann, { creditor, nonce: 1n, deadline: now + 30n * 86_400n })
    ledger.accept({ type: 'IssueIou', iou: signed })
    const fields = { iou: digestOfIou(signed), amountMicrocredits: 1_000_000n, nonce: 2n }
    ledger.accept({ type: 'RedeemIou', redemption: iouRedemption(ann, fields) })
    assert.equal(ledger.accept({ type: 'IssueIou', iou: signed }).repeated, true)
    ledger.nowMs = testStartMs + rememberMs
    ledger.deposit(cho.address, 1n)
    ledger.refuse({ type: 'IssueIou', iou: signed }, 'DEADLINE_PASSED')
    const again = iou(ann, { ...signed.message, deadline: later(ledger) })
    ledger.refuse({ type: 'IssueIou', iou: again }, 'NONCE_USED')
    assert.equal(ledger.state.ious.size, 0)
  })
})
