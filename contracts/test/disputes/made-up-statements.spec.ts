import { describe, it } from 'node:test'
import { encodeAbiParameters, type Hex, parseAbiParameters, zeroHash } from 'viem'
import { laneKey } from '../support/cases.ts'
import { poster, viem } from '../support/judges-chain.ts'
import { type Entry, entriesRoot, entryProof } from '../support/trees.ts'
import { emptyAccount, entry, leafOf } from './books.ts'
import { DUE, evidenceOf, unknownOrder } from './certified.ts'
import { FORCED_INDEX, type Happened, happen, type Name, stated, wallet } from './scenario.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
/** The poster's, who has most to gain. */
const asPoster = { account: poster.account }
const none = entryProof([], zeroHash)
const TRANSFER = 0

/** Of an account that has nothing and owes nothing, but what is said here. */
function madeUp({ entries = [] as readonly Entry[], holds = [] as readonly Entry[], lanes = [] as readonly Entry[] }) {
  return {
    opening: leafOf({ ...emptyAccount, lanes }),
    closing: leafOf({ ...emptyAccount, holds, lanes }),
    root: entriesRoot(entries).hash,
    sum: entries.reduce((sum, { value }) => sum + value, 0n),
  }
}

/** Everything that a statement decides, by whose it is: answers that a made-up one would make true, and demands that it would give a ground. */
async function attemptsOf({ contracts, posted, places, messages }: Happened) {
  const { disputes, receipts, domain } = contracts
  const { epoch } = posted
  const { evidence, claim } = await evidenceOf(domain, { order: unknownOrder })
  const { order } = claim
  const key = order.orderDigest
  const entryOf = (credit: bigint, debit: bigint) => [entry(key, credit, debit)]
  const debited = madeUp({ entries: entryOf(0n, 400n) })
  const debit = entryProof(entryOf(0n, 400n), key)
  const hold = [{ key, value: 500n }]
  const lane = [{ key: order.laneKey, value: order.nonce }]
  const ended = [madeUp({ lanes: lane }), none, entryProof(lane, order.laneKey)] as const
  const { from, to, amountMicrocredits, nonce, deadline } = messages.transfer.struct as Record<string, never>
  const transfer = encodeAbiParameters(
    parseAbiParameters('address from, address to, uint64 amount, uint32 lane, uint64 nonce, uint64 deadline'),
    [from, to, amountMicrocredits, 0, nonce, deadline] as never,
  )
  const counterpart = [entry(messages.transfer.digest, 0n, 5_000n)]
  const counterpartProof = entryProof(counterpart, messages.transfer.digest)
  const nothing = madeUp({})
  const credited = [entry(messages.transfer.digest, 300n, 0n)]
  const creditProof = entryProof(credited, messages.transfer.digest)
  const due = [entry(key, DUE, 0n)]
  const walletLane = laneKey(wallet.address, 0)
  const pushed = { ...claim, isPushed: true }
  const attempts: [Name, () => Promise<Hex>][] = [
    [
      'wallet',
      () => disputes.write.answerEntry([epoch, places.wallet, messages.transfer.digest, nothing, none, '0x'], asPoster),
    ],
    [
      'wallet',
      () => disputes.write.answerHold([epoch, places.wallet, messages.escrow.digest, nothing, none, '0x'], asPoster),
    ],
    ['wallet', () => disputes.write.answerLane([epoch, places.wallet, walletLane, nothing, none, none], asPoster)],
    [
      'seller',
      () =>
        disputes.write.answerCredit(
          [epoch, places.seller, messages.transfer.digest, 300n, madeUp({ entries: credited }), creditProof],
          asPoster,
        ),
    ],
    ['bob', () => disputes.write.answerForced([epoch, FORCED_INDEX, nothing, none], asPoster)],
    [
      'wallet',
      () =>
        disputes.write.demandCounterpart(
          [epoch, TRANSFER, transfer, madeUp({ entries: counterpart }), counterpartProof, zeroHash],
          asPoster,
        ),
    ],
    ['wallet', () => receipts.write.demandDebited([epoch, evidence, debited, debit, zeroHash], asPoster)],
    [
      'payout',
      () =>
        receipts.write.answerReceiptByEntry([epoch, claim, madeUp({ entries: due }), entryProof(due, key)], asPoster),
    ],
    ['wallet', () => receipts.write.answerReceiptByEnd([epoch, pushed, ...ended], asPoster)],
    ['wallet', () => receipts.write.answerReceiptByBond([epoch, claim, nothing, none, none, none], asPoster)],
    [
      'wallet',
      () => receipts.write.answerKeptByHold([epoch, order, madeUp({ holds: hold }), entryProof(hold, key)], asPoster),
    ],
    ['wallet', () => receipts.write.answerKeptByEntry([epoch, order, debited, debit], asPoster)],
    ['wallet', () => receipts.write.answerKeptByEnd([epoch, order, ...ended], asPoster)],
  ]
  return attempts
}

describe('a statement that is made up', () => {
  it('is refused wherever a statement decides, when the account has another one', async () => {
    const happened = await happen()
    const { contracts, posted, places } = happened
    const { disputes } = contracts
    for (const name of ['wallet', 'seller', 'bob', 'payout'] as const)
      await disputes.write.state([posted.epoch, places[name], stated(happened, name).proof], asPoster)
    for (const [name, attempt] of await attemptsOf(happened)) {
      const known = await disputes.read.statementOf([posted.epoch, places[name]])
      await reverts(attempt(), disputes, 'StatementDiffers', [posted.epoch, places[name], known])
    }
  })

  it('is refused wherever a statement decides, when the account has none', async () => {
    const happened = await happen()
    const { contracts, posted, places } = happened
    for (const [name, attempt] of await attemptsOf(happened))
      await reverts(attempt(), contracts.disputes, 'StatementDiffers', [posted.epoch, places[name], zeroHash])
  })
})
