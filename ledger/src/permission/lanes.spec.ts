import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { lanesMax } from '../journal/decision.ts'
import { Actor, testConfig, testConfig020 } from '../testing/actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'

const ann = new Actor(1)
const bob = new Actor(2)
const gateway = new Actor(3)

/** Ann and her delegate have used all lanes but one, half of them each. */
function nearlyFull(config = testConfig): TestLedger {
  const ledger = new TestLedger(config)
  ledger.deposit(ann.address, 10_000_000n)
  ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, gateway) })
  for (let lane = 0; lane < lanesMax / 2; lane++) {
    ledger.accept(pay(ann, lane))
    if (lane > 0) ledger.accept(pay(gateway, lane))
  }
  return ledger
}

function pay(signer: Actor, lane: number, nonce = 1n) {
  const amountMicrocredits = signer === ann ? 1n : 2n
  const { message } = ann.transfer({ to: bob.address, amountMicrocredits, nonce, lane })
  return { type: 'TransferCredits', transfer: signer.sign(transferType, message) } as const
}

describe('the lanes of a wallet', () => {
  it('are as many as can be shown on chain, over all of its signers', () => {
    const ledger = nearlyFull()
    ledger.accept(pay(gateway, 0))
    const { refusal } = ledger.refuse(pay(ann, 700), 'TOO_MANY_LANES')
    assert.deepEqual(refusal, { code: 'TOO_MANY_LANES', wallet: ann.address, lanesMax })
    ledger.refuse(pay(gateway, 700), 'TOO_MANY_LANES')
    ledger.accept(pay(ann, 0, 2n))
    ledger.accept(pay(gateway, 0, 2n))
    ledger.accept({
      type: 'TransferCredits',
      transfer: bob.transfer({ to: ann.address, amountMicrocredits: 1n, nonce: 1n }),
    })
  })

  it('are bounded for each signer alone in a journal of 0.2.0', () => {
    const ledger = nearlyFull(testConfig020)
    ledger.accept(pay(gateway, 0))
    ledger.accept(pay(ann, 700))
    ledger.refuse(pay(ann, lanesMax), 'MALFORMED')
  })
})
