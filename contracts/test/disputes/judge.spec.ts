/** What a judge is told of the epoch and of its parent: the limits of time and of the inbox that evidence is held to. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escrowOrderType, type MessageType, transferType } from '@deparrow/ledger'
import { getAddress, zeroHash } from 'viem'
import { own } from '../support/authority.ts'
import { debitEvidence, holdEvidence } from '../support/evidence.ts'
import { viem } from '../support/judges-chain.ts'
import { entryProof } from '../support/trees.ts'
import { postBooks } from './books.ts'
import { ledger } from './disputed-chain.ts'
import { FORCED, FORCED_INDEX, happen, inboxKey, laneProofs, signed, stated, wallet } from './scenario.ts'
import { judgeErrors } from './stated.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions

async function withJudge() {
  const happened = await happen()
  const judge = await viem.getContractAt('Judge', await happened.contracts.disputes.read.judge())
  const sign = (type: MessageType, message: object) => signed(type, message, wallet, happened.contracts.domain)
  return { ...happened, happened, judge, sign }
}

describe('the ledger’s key', () => {
  it('is named by both contracts that check what it signed', async () => {
    const { disputes, receipts } = (await happen()).contracts
    const signer = getAddress(ledger.address)
    assert.deepEqual([await disputes.read.ledgerSigner(), await receipts.read.ledgerSigner()], [signer, signer])
  })
})

describe('what an epoch debits', () => {
  it('is refused by a message whose deadline had come when the parent closed', async () => {
    const { happened, judge, sign, first, posted, places, messages } = await withJudge()
    const judgeIt = async (deadline: bigint) => {
      const message = { ...(messages.transfer.struct as object), deadline }
      const { digest, struct, signature } = await sign(transferType, message)
      const evidence = debitEvidence('transfer', {
        message: struct,
        authority: own(signature),
        lanes: laneProofs(happened),
      })
      const { statement } = stated(happened, 'wallet')
      return judge.read.requireDebitAllowed([posted.epoch, places.wallet, statement, digest, 300n, evidence])
    }
    await reverts(judgeIt(first.closedAt), judgeErrors, 'MessageExpired', [first.closedAt, first.closedAt])
    await judgeIt(first.closedAt + 1n)
  })

  it('is refused by a forced withdrawal that an earlier or a later epoch covers', async () => {
    const { happened, contracts, judge, first, posted, places } = await withJudge()
    const later = await postBooks(contracts, posted.books, posted.books)
    const evidence = debitEvidence('forcedWithdrawal', { index: FORCED_INDEX })
    const judgeIn = (epoch: bigint) => {
      const { statement } = stated(happened, 'bob')
      return judge.read.requireDebitAllowed([epoch, places.bob, statement, inboxKey(FORCED_INDEX), FORCED, evidence])
    }
    for (const epoch of [first.epoch, later.epoch])
      await reverts(judgeIn(epoch), judgeErrors, 'NotForcedHere', [FORCED_INDEX])
    await judgeIn(posted.epoch)
  })
})

describe('what an epoch holds', () => {
  it('is refused for an order that had ended when the epoch closed', async () => {
    const { happened, judge, sign, posted, places, messages, books } = await withJudge()
    const judgeIt = async (expires: bigint) => {
      const message = { ...(messages.escrow.struct as object), reference: zeroHash, expires }
      const { digest, struct, signature } = await sign(escrowOrderType, message)
      const origin = {
        isStanding: false,
        openingHold: entryProof(books.holds.opening, digest),
        lanes: laneProofs(happened),
      }
      const evidence = holdEvidence('escrow', { order: struct, authority: own(signature), origin })
      const { statement } = stated(happened, 'wallet')
      return judge.read.requireHoldAllowed([posted.epoch, places.wallet, statement, digest, 250n, evidence])
    }
    await reverts(judgeIt(posted.closedAt), judgeErrors, 'HoldEnded', [posted.closedAt, posted.closedAt])
    await judgeIt(posted.closedAt + 1n)
  })
})
