import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assignmentReleaseType } from '@deparrow/ledger'
import { getAddress, type Hex, zeroHash } from 'viem'
import { laneKey } from '../support/cases.ts'
import { viem } from '../support/judges-chain.ts'
import { entryProof, placedEntries, placedLeaves, revealed } from '../support/trees.ts'
import { demandAccepted, demandPushed } from './asked-receipts.ts'
import { leavesOf } from './books.ts'
import { evidenceOf, unknownOrder } from './certified.ts'
import { ASKER_BOND_WEI } from './disputed-chain.ts'
import {
  DEPOSIT_INDEX,
  DEPOSITED,
  escrowHoldEvidence,
  FORCED_INDEX,
  type Happened,
  inboxKey,
  laneProofs,
  node,
  proofIn,
  signed,
  stated,
  wallet,
} from './scenario.ts'
import { asAlice, asPoster, withStatements } from './stated.ts'

const { emitWithArgs } = viem.assertions
const ANSWERED = 2

/** Opens a demand, answers it as the poster, and looks whether the answer has ended it and what it has brought. */
async function isEndedBy({ contracts }: Happened, open: () => Promise<unknown>, answer: () => Promise<Hex>) {
  const { disputes } = contracts
  await open()
  const [opened] = await disputes.getEvents.Demanded()
  const id = opened?.args.id ?? zeroHash
  const before = await disputes.read.purseWei([asPoster.account.address])
  const [epoch, answerer] = [opened?.args.epoch ?? 0n, getAddress(asPoster.account.address)]
  await emitWithArgs(answer(), disputes, 'Answered', [epoch, id, answerer])
  assert.equal((await disputes.read.demandOf([id])).state, ANSWERED, `demand of kind ${opened?.args.question?.kind}`)
  assert.equal(await disputes.read.purseWei([asPoster.account.address]), before + ASKER_BOND_WEI)
}

describe('an answer ends its demand and takes its bond', () => {
  it('about an account: entry, hold, lane, credit, forced withdrawal', async () => {
    const happened = await withStatements('wallet', 'seller', 'alice', 'bob')
    const { contracts, posted, places, messages, books } = happened
    const { disputes } = contracts
    const { epoch } = posted
    const statementOf = (name: 'wallet' | 'seller' | 'alice' | 'bob') => stated(happened, name).statement
    const { transfer, escrow } = messages
    const ofSeller = [epoch, places.seller, transfer.digest] as const
    await isEndedBy(
      happened,
      () => disputes.write.demandEntry([...ofSeller, zeroHash], asAlice),
      () => {
        const proof = proofIn(happened, 'seller', transfer.digest)
        return disputes.write.answerEntry([...ofSeller, statementOf('seller'), proof, '0x'], asPoster)
      },
    )
    const ofHold = [epoch, places.wallet, escrow.digest] as const
    await isEndedBy(
      happened,
      () => disputes.write.demandHold([...ofHold, zeroHash], asAlice),
      () => {
        const proof = entryProof(books.holds.closing, escrow.digest)
        const evidence = escrowHoldEvidence(happened)
        return disputes.write.answerHold([...ofHold, statementOf('wallet'), proof, evidence], asPoster)
      },
    )
    const ofLane = [epoch, places.wallet, laneKey(wallet.address, 0)] as const
    const { opening, closing } = laneProofs(happened)
    await isEndedBy(
      happened,
      () => disputes.write.demandLane([...ofLane, zeroHash], asAlice),
      () => disputes.write.answerLane([...ofLane, statementOf('wallet'), opening, closing], asPoster),
    )
    const deposit = inboxKey(DEPOSIT_INDEX)
    const shown = [DEPOSITED, statementOf('alice'), proofIn(happened, 'alice', deposit)] as const
    await isEndedBy(
      happened,
      () => disputes.write.demandDeposit([epoch, DEPOSIT_INDEX, zeroHash], asAlice),
      () => disputes.write.answerCredit([epoch, places.alice, deposit, ...shown], asPoster),
    )
    const forced = proofIn(happened, 'bob', inboxKey(FORCED_INDEX))
    await isEndedBy(
      happened,
      () => disputes.write.demandForced([epoch, FORCED_INDEX, zeroHash], asAlice),
      () => disputes.write.answerForced([epoch, FORCED_INDEX, statementOf('bob'), forced], asPoster),
    )
  })

  it('about what is below a root: entries of an account, leaves of the epoch', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, places, entries } = happened
    const { disputes } = contracts
    const below = revealed(placedLeaves(leavesOf(posted.books)), zeroHash, 0)
    await isEndedBy(
      happened,
      () => disputes.write.demandReveal([posted.epoch, zeroHash, 3, zeroHash, 0, zeroHash], asAlice),
      () => disputes.write.answerLeavesReveal([posted.epoch, zeroHash, 0, below.siblings, below.frontier], asPoster),
    )
    const { siblings, frontier } = revealed(placedEntries(entries.wallet), zeroHash, 0)
    const ofEntries = [posted.epoch, places.wallet, 0, zeroHash, 0] as const
    const { statement } = stated(happened, 'wallet')
    await isEndedBy(
      happened,
      () => disputes.write.demandReveal([...ofEntries, zeroHash], asAlice),
      () => disputes.write.answerReveal([...ofEntries, statement, siblings, frontier], asPoster),
    )
  })

  it('about a receipt: by the entry, another receipt, a release', async () => {
    const happened = await withStatements('payout')
    const { contracts, posted } = happened
    const { receipts, domain } = contracts
    const { claim } = await evidenceOf(domain)
    const key = claim.order.orderDigest
    const shown = [stated(happened, 'payout').statement, proofIn(happened, 'payout', key)] as const
    await isEndedBy(
      happened,
      () => demandAccepted(happened),
      () => receipts.write.answerReceiptByEntry([posted.epoch, claim, ...shown], asPoster),
    )
    const { claim: second } = await evidenceOf(domain, { receipt: { fuel: 1n } })
    const { receipt } = await evidenceOf(domain)
    await isEndedBy(
      happened,
      () => demandAccepted(happened, { receipt: { fuel: 1n } }),
      () => receipts.write.answerReceiptByOther([posted.epoch, second, receipt.struct, receipt.signature], asPoster),
    )
    const { claim: third } = await evidenceOf(domain, { receipt: { fuel: 2n } })
    const message = { orderDigest: key, node: node.address, attempt: 1 }
    const { signature } = await signed(assignmentReleaseType, message, node, domain)
    await isEndedBy(
      happened,
      () => demandAccepted(happened, { receipt: { fuel: 2n } }),
      () => receipts.write.answerReceiptByRelease([posted.epoch, third, signature], asPoster),
    )
  })

  it('about a receipt in the inbox: by a hold that had ended before', async () => {
    const happened = await withStatements()
    const { disputes, receipts } = happened.contracts
    const { next, claim, statement } = await demandPushed(happened, { order: { ...unknownOrder, nonce: 9n } })
    const hold = entryProof(happened.books.holds.closing, claim.order.orderDigest)
    const lane = entryProof(happened.books.lanes.closing, claim.order.laneKey)
    const before = await disputes.read.purseWei([asPoster.account.address])
    await receipts.write.answerReceiptByEnd([next.epoch, claim, statement, hold, lane], asPoster)
    assert.equal(await disputes.read.purseWei([asPoster.account.address]), before + ASKER_BOND_WEI)
  })

  it('about a kept order: by its debit, its end, a release, a receipt that is due nothing', async () => {
    const happened = await withStatements('wallet')
    const { contracts, posted, entries, books } = happened
    const { receipts, domain } = contracts
    const { statement } = stated(happened, 'wallet')
    const kept = async (changed: Parameters<typeof evidenceOf>[1]) => {
      const { evidence, claim } = await evidenceOf(domain, changed)
      const open = () => receipts.write.demandKept([posted.epoch, evidence.certified, zeroHash], asAlice)
      return { order: claim.order, evidence, open }
    }
    const settled = await kept({})
    await isEndedBy(happened, settled.open, () => {
      const proof = entryProof(entries.wallet, settled.order.orderDigest)
      return receipts.write.answerKeptByEntry([posted.epoch, settled.order, statement, proof], asPoster)
    })
    const used = await kept({ order: { ...unknownOrder, nonce: 5n } })
    await isEndedBy(happened, used.open, () => {
      const hold = entryProof(books.holds.opening, used.order.orderDigest)
      const lane = entryProof(books.lanes.opening, used.order.laneKey)
      return receipts.write.answerKeptByEnd([posted.epoch, used.order, statement, hold, lane], asPoster)
    })
    const released = await kept({ order: unknownOrder })
    const message = { orderDigest: released.order.orderDigest, node: node.address, attempt: 1 }
    const { signature } = await signed(assignmentReleaseType, message, node, domain)
    await isEndedBy(happened, released.open, () =>
      receipts.write.answerKeptByRelease([posted.epoch, released.order, signature], asPoster),
    )
    const other = { ...unknownOrder, nonce: 51n }
    const failed = await kept({ order: other, receipt: { outcome: 2 } })
    await isEndedBy(happened, failed.open, () =>
      receipts.write.answerKeptByReceipt([posted.epoch, failed.evidence], asPoster),
    )
  })
})
