import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroAddress } from '../hex.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { testStartMs } from '../testing/actors.ts'
import { referralOf } from '../testing/rewards-actors.ts'
import type { TestLedger } from '../testing/test-ledger.ts'
import { dayMs } from './node-rewards.ts'
import type { Referral } from './referral.ts'
import { node, referrer, rewardsLedger, runJob, stranger, wallet } from './rewards.spec.fixture.ts'

const startSeconds = BigInt(testStartMs / 1000)
const lastMs = testStartMs + 30 * dayMs

function referral(fields: Partial<Referral> = {}, signer = wallet) {
  return { type: 'RecordReferral', referral: referralOf(signer, node.address, referrer.address, fields) } as const
}

function referrerOf(ledger: TestLedger) {
  return ledger.state.rewards.get(node.address)?.referral?.referrer
}

describe('a referral', () => {
  it('is refused for a referrer who is nobody, the node, or its payout wallet', () => {
    const ledger = rewardsLedger()
    for (const referrer of [zeroAddress, node.address, wallet.address]) {
      const { refusal } = ledger.refuse(referral({ referrer }), 'MALFORMED')
      assert.equal(refusal.code === 'MALFORMED' && refusal.field, 'referrer')
    }
  })

  it('is refused under any key but that of the payout wallet, the node’s and the referrer’s included', () => {
    const ledger = rewardsLedger()
    for (const signer of [node, referrer, stranger]) {
      ledger.refuse(referral({ wallet: wallet.address }, signer), 'INVALID_SIGNATURE')
    }
    const { refusal } = ledger.refuse(referral({}, stranger), 'INVALID_SIGNATURE')
    assert.equal(refusal.code === 'INVALID_SIGNATURE' && refusal.expectedSigner, wallet.address)
  })

  it('is refused at its deadline, and with one beyond 30 days', () => {
    const ledger = rewardsLedger()
    ledger.refuse(referral({ deadline: startSeconds }), 'DEADLINE_PASSED')
    ledger.refuse(referral({ deadline: startSeconds + 2_592_001n }), 'DEADLINE_TOO_FAR')
  })

  it('is refused for a node that is not registered', () => {
    rewardsLedger().refuse(referral({ node: stranger.address }), 'UNKNOWN_NODE')
  })

  it('is refused to a wallet that the node no longer pays out to', () => {
    const ledger = rewardsLedger()
    const { message } = node.registration({ payoutWallet: stranger.address, nonce: 2n })
    const moved = wallet.sign(nodeRegistrationType, message)
    ledger.accept({ type: 'RegisterNode', registration: moved })
    ledger.refuse(referral(), 'INVALID_SIGNATURE')
    ledger.accept(referral({}, stranger))
  })

  it('is refused the second time, whoever is named', () => {
    const ledger = rewardsLedger()
    const first = referral()
    ledger.accept(first)
    assert.equal(ledger.accept(first).repeated, true)
    const { refusal } = ledger.refuse(referral({ referrer: stranger.address }), 'REFERRAL_EXISTS')
    assert.deepEqual(refusal, { code: 'REFERRAL_EXISTS', node: node.address, referrer: referrer.address })
    assert.equal(referrerOf(ledger), referrer.address)
  })

  it('is taken 30 days after the node was first registered, also after jobs, and refused a millisecond later', () => {
    const deadline = BigInt(lastMs / 1000 + 600)
    const ledger = rewardsLedger()
    runJob(ledger, 1_000_000n)
    ledger.nowMs = lastMs + 1
    const { refusal } = ledger.refuse(referral({ deadline }), 'REFERRAL_TOO_LATE')
    assert.deepEqual(refusal, { code: 'REFERRAL_TOO_LATE', node: node.address, untilMs: lastMs })
    const timely = rewardsLedger()
    runJob(timely, 1_000_000n)
    timely.nowMs = lastMs
    timely.accept(referral({ deadline }))
    assert.equal(referrerOf(timely), referrer.address)
  })

  it('is not made possible again by a later registration', () => {
    const ledger = rewardsLedger()
    ledger.nowMs = lastMs + 1
    const deadline = BigInt(lastMs / 1000 + 600)
    const { message } = node.registration({ payoutWallet: wallet.address, nonce: 2n, deadline })
    ledger.accept({ type: 'RegisterNode', registration: wallet.sign(nodeRegistrationType, message) })
    ledger.refuse(referral({ deadline }), 'REFERRAL_TOO_LATE')
  })
})
