/** What a wallet, or the disputes contract for a node, puts into the inbox without the operator. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodePacked, getAddress, keccak256, numberToHex, toHex, zeroAddress } from 'viem'
import {
  alice,
  bob,
  CREDIT_WEI,
  GENESIS_MICROCREDITS,
  INBOX_AGE_SECONDS,
  INBOX_KIND,
  loadContracts,
  networkHelpers,
  poster,
  stranger,
  viem,
} from '../support/chain.ts'
import { headerFor, postEpoch } from '../support/operator.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const { account } = alice
const wallet = getAddress(account.address)
const delegate = getAddress(bob.account.address)
const revocationDetail = (nonce: bigint) => keccak256(encodePacked(['address', 'uint64'], [delegate, nonce]))

describe('a forced withdrawal', () => {
  it('is refused when it asks for nothing', async () => {
    const { settlement } = await loadContracts()
    await revertWithCustomError(settlement.write.forceWithdrawal([0n], { account }), settlement, 'AmountZero')
  })

  it('enters the inbox for its caller with what was asked for, and adds nothing to the books', async () => {
    const { settlement } = await loadContracts()
    const detail = numberToHex(77n, { size: 32 })
    const asking = settlement.write.forceWithdrawal([77n], { account })
    const event = [2n, INBOX_KIND.forcedWithdrawal, wallet, 0n, GENESIS_MICROCREDITS, detail] as const
    await emitWithArgs(asking, settlement, 'InboxItemAppended', [...event])
    const { arrivedAt, ...item } = await settlement.read.inboxItem([2n])
    assert.deepEqual(item, {
      kind: INBOX_KIND.forcedWithdrawal,
      account: wallet,
      amountMicrocredits: 0n,
      totalMicrocredits: GENESIS_MICROCREDITS,
      detail,
    })
    assert.equal(arrivedAt, BigInt(await networkHelpers.time.latest()))
  })
})

describe('a revocation', () => {
  it('is refused without a delegate, and for a nonce that is not above the one revoked before', async () => {
    const { settlement } = await loadContracts()
    await revertWithCustomError(settlement.write.revoke([zeroAddress, 1n], { account }), settlement, 'AddressZero')
    await settlement.write.revoke([delegate, 5n], { account })
    for (const nonce of [0n, 4n, 5n]) {
      const again = settlement.write.revoke([delegate, nonce], { account })
      await reverts(again, settlement, 'RevocationNotNewer', [nonce, 5n])
    }
    assert.deepEqual(await settlement.read.revocationOf([wallet, delegate, 3n]), [true, 5n, 2n])
  })

  it('is remembered by nonce and item, and says its delegate in the same transaction', async () => {
    const { settlement } = await loadContracts()
    assert.deepEqual(await settlement.read.revocationOf([wallet, delegate, 9n]), [false, 0n, 0n])
    const revoking = settlement.write.revoke([delegate, 0n], { account })
    await emitWithArgs(revoking, settlement, 'DelegateRevoked', [2n, wallet, delegate, 0n])
    await settlement.write.revoke([delegate, 9n], { account })
    assert.deepEqual(await settlement.read.revocationOf([wallet, delegate, 4n]), [true, 9n, 3n])
    assert.deepEqual(await settlement.read.revocationOf([delegate, wallet, 4n]), [false, 0n, 0n])
    for (const [index, nonce] of [
      [2n, 0n],
      [3n, 9n],
    ] as const) {
      const { kind, amountMicrocredits, detail } = await settlement.read.inboxItem([index])
      assert.deepEqual([kind, amountMicrocredits, detail], [INBOX_KIND.revocation, 0n, revocationDetail(nonce)])
    }
  })
})

describe('a revocation that came later', () => {
  it('does not hide from an epoch those that were below its cut, however many there are', async () => {
    const { settlement } = await loadContracts()
    const first = await settlement.read.inboxCount()
    const nonces = Array.from({ length: 9 }, (_, at) => BigInt(3 * at))
    for (const nonce of nonces) await settlement.write.revoke([delegate, nonce], { account })
    assert.deepEqual(await settlement.read.revocationOf([wallet, delegate, first]), [false, 0n, 0n])
    for (const [at, nonce] of nonces.entries()) {
      const index = first + BigInt(at)
      const found = await settlement.read.revocationOf([wallet, delegate, index + 1n])
      assert.deepEqual(found, [true, nonce, index])
    }
    const [, last] = await settlement.read.revocationOf([wallet, delegate, first + 1_000n])
    assert.equal(last, nonces.at(-1))
  })
})

describe('a receipt', () => {
  const digest = keccak256(toHex('receipt'))

  it('is taken from the disputes contract alone', async () => {
    const { settlement } = await loadContracts()
    for (const { account: other } of [stranger, poster, alice]) {
      const pushing = settlement.write.appendReceipt([wallet, digest], { account: other })
      await reverts(pushing, settlement, 'CallerNotDisputes', [getAddress(other.address)])
    }
  })

  it('enters the inbox for its node by its digest', async () => {
    const { settlement, addresses } = await loadContracts()
    const pushing = settlement.write.appendReceipt([wallet, digest], { account: addresses.disputes })
    const event = [2n, INBOX_KIND.receipt, wallet, 0n, GENESIS_MICROCREDITS, digest] as const
    await emitWithArgs(pushing, settlement, 'InboxItemAppended', [...event])
    assert.equal((await settlement.read.inboxItem([2n])).detail, digest)
  })
})

describe('an epoch and what was pushed', () => {
  it('is refused when it leaves out an item that was older than D and a day when it closed', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    await postEpoch(contracts)
    await settlement.write.forceWithdrawal([77n], { account })
    const { arrivedAt } = await settlement.read.inboxItem([2n])
    const dueAt = arrivedAt + INBOX_AGE_SECONDS + (await settlement.read.INBOX_SLACK_SECONDS())
    await networkHelpers.time.increaseTo(dueAt + 5n)
    await settlement.write.deposit([CREDIT_WEI], { account })
    const header = { ...(await headerFor(contracts, {})), inboxCut: 2n, leavesTotalMicrocredits: GENESIS_MICROCREDITS }
    const late = settlement.write.postEpoch([{ ...header, closedAt: dueAt + 1n }, '0x'])
    await reverts(late, settlement, 'InboxItemLeftOut', [2n, dueAt])
    await settlement.write.postEpoch([{ ...header, closedAt: dueAt }, '0x'])
    await settlement.write.postEpoch([{ ...header, parent: 2n, inboxCut: 3n, closedAt: dueAt + 1n }, '0x'])
    assert.equal(await settlement.read.headEpoch(), 3n)
  })
})
