/** A token that calls back from within a movement: whatever it repeats there has already happened. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Abi, decodeErrorResult, type Hex, zeroHash } from 'viem'
import { encodeRows, rowProof } from '../../rows/rows.ts'
import { CREDIT_WEI, WEI_PER_MICROCREDIT } from '../support/constants.ts'
import { ownLeaf, proofOf, walletLeaf } from '../support/leaves.ts'
import { type PlacedLeaf, placedLeaves, placeOf, placeOfName, treeOver } from '../support/trees.ts'
import {
  ANSWER_SECONDS,
  ASKER_BOND_WEI,
  alice,
  armWith,
  bob,
  dataOf,
  EPOCH_BOND_WEI,
  EXIT_SECONDS,
  type Hostile,
  INBOX_AGE_SECONDS,
  loadHostile,
  networkHelpers,
  poster,
  stranger,
  UNBOND_SECONDS,
  WINDOW_SECONDS,
} from './hostile-chain.ts'

const anybody = { account: stranger.account }
const asAlice = { account: alice.account }
const asPoster = { account: poster.account }
const DEPOSITED = 50n
/** Alice is paid 20 by a row, 25 stay in her leaf, 3 with the treasury, 2 are burnt. */
const row = { payeeId: 1, incrementMicrocredits: 20n, cumulativeMicrocredits: 20n, previousEpoch: 0 }
const leaves: readonly PlacedLeaf[] = [walletLeaf(alice.account.address, { available: 25n }), ownLeaf('treasury', 3n)]

/** Posts an epoch over all deposits, with one row. */
async function post(
  { settlement }: Hostile,
  parent: bigint,
  paid: typeof row,
  burnMicrocredits: bigint,
): Promise<void> {
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  const root = treeOver(placedLeaves(leaves))
  const closedAt = BigInt(await networkHelpers.time.latest())
  const header = {
    ...{ parent, inboxCut: await settlement.read.inboxCount(), journalPosition: 1n, closedAt, burnMicrocredits },
    ...{ journalHash: zeroHash, leavesRoot: root.hash, leavesTotalMicrocredits: root.sum, rowCount: 1 },
  }
  await settlement.write.postEpoch([header, encodeRows([paid])], asPoster)
}

/** Posts the first epoch, over alice's deposit, with her row. */
async function postEpoch(contracts: Hostile): Promise<void> {
  await contracts.settlement.write.deposit([DEPOSITED * WEI_PER_MICROCREDIT], asAlice)
  await post(contracts, 0n, row, 2n)
}

async function finalise({ settlement }: Hostile): Promise<void> {
  await networkHelpers.time.increase(WINDOW_SECONDS)
  await settlement.write.finalise([1n], anybody)
}

/** The call back was made within the last transaction, and refused by this error. */
async function wasRefused({ token, settlement, disputes, registry }: Hostile, error: string): Promise<void> {
  assert.equal(await token.read.isCalledBack(), true, 'it called back')
  assert.equal(await token.read.isCallBackAccepted(), false, 'what it called was refused')
  const abi = [...settlement.abi, ...disputes.abi, ...registry.abi] as Abi
  assert.equal(decodeErrorResult({ abi, data: (await token.read.callBackAnswer()) as Hex }).errorName, error)
}

const accountedWei = async ({ settlement }: Hostile): Promise<bigint> => {
  const total = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  return total * WEI_PER_MICROCREDIT + (await settlement.read.bondWei())
}

describe('a token that calls back', () => {
  it('from a deposit can deposit once more, and both are paid and counted', async () => {
    const contracts = await loadHostile()
    const { token, settlement } = contracts
    await token.write.mint([token.address, CREDIT_WEI])
    await token.write.callAs([token.address, dataOf(token, 'approve', [settlement.address, CREDIT_WEI])])
    await armWith(contracts, settlement, 'deposit', [3n * WEI_PER_MICROCREDIT])
    await settlement.write.deposit([5n * WEI_PER_MICROCREDIT], asAlice)
    assert.equal(await token.read.isCallBackAccepted(), true)
    const [outer, inner] = [await settlement.read.inboxItem([0n]), await settlement.read.inboxItem([1n])]
    assert.deepEqual([outer.amountMicrocredits, inner.amountMicrocredits], [5n, 3n])
    assert.equal(await token.read.balanceOf([settlement.address]), await accountedWei(contracts))
  })

  it('from a permit cannot make the deposit count twice', async () => {
    const contracts = await loadHostile()
    const { token, settlement } = contracts
    await armWith(contracts, settlement, 'deposit', [WEI_PER_MICROCREDIT])
    await settlement.write.depositWithPermit([WEI_PER_MICROCREDIT, 0n, 27, zeroHash, zeroHash], asAlice)
    assert.equal(await token.read.isCalledBack(), true)
    assert.equal(await token.read.isCallBackAccepted(), false, 'it has nothing of its own')
    assert.equal(await settlement.read.inboxCount(), 1n)
    assert.equal(await token.read.balanceOf([settlement.address]), await accountedWei(contracts))
  })

  it('from a claim is refused the same claim', async () => {
    const contracts = await loadHostile()
    const { settlement, token } = contracts
    await postEpoch(contracts)
    await finalise(contracts)
    const { epoch, part, index, row: bytes, siblings } = rowProof({ epoch: 1n, part: 0, rows: [row], index: 0 })
    const args = [epoch, part, index, bytes, siblings] as const
    const before = await token.read.balanceOf([alice.account.address])
    await armWith(contracts, settlement, 'claim', args)
    await settlement.write.claim(args, anybody)
    await wasRefused(contracts, 'NothingToClaim')
    assert.equal(await token.read.balanceOf([alice.account.address]), before + 20n * WEI_PER_MICROCREDIT)
  })

  it('from the burning of fees is refused to finalise the epoch again', async () => {
    const contracts = await loadHostile()
    await postEpoch(contracts)
    await armWith(contracts, contracts.settlement, 'finalise', [1n])
    await finalise(contracts)
    await wasRefused(contracts, 'EpochNotFinal')
    assert.equal(await contracts.settlement.read.finalEpoch(), 1n)
  })

  it('from the exit is refused the same leaf and the same deposit', async () => {
    const contracts = await loadHostile()
    const { settlement } = contracts
    await postEpoch(contracts)
    await finalise(contracts)
    await settlement.write.deposit([7n * WEI_PER_MICROCREDIT], { account: bob.account })
    const index = (await settlement.read.inboxCount()) - 1n
    await networkHelpers.time.increase(EXIT_SECONDS)
    await settlement.write.startExit(anybody)
    const claim = [alice.account.address, false, ...proofOf(leaves, placeOf(alice.account.address))] as const
    await armWith(contracts, settlement, 'exitClaim', claim)
    await settlement.write.exitClaim(claim, anybody)
    await wasRefused(contracts, 'LeafTaken')
    const burning = ['treasury', ...proofOf(leaves, placeOfName('treasury'))] as const
    await armWith(contracts, settlement, 'exitBurn', burning)
    await settlement.write.exitBurn(burning, anybody)
    await wasRefused(contracts, 'LeafTaken')
    await armWith(contracts, settlement, 'exitDeposit', [index])
    await settlement.write.exitDeposit([index], anybody)
    await wasRefused(contracts, 'ItemNotReturnable')
  })

  it('from the burning of an item in the exit is refused the same item', async () => {
    const contracts = await loadHostile()
    const { settlement } = contracts
    await postEpoch(contracts)
    await finalise(contracts)
    assert.equal((await settlement.read.inboxItem([1n])).amountMicrocredits, 1n, 'emission')
    await networkHelpers.time.increase(EXIT_SECONDS)
    await settlement.write.startExit(anybody)
    await armWith(contracts, settlement, 'exitBurnItem', [1n])
    await settlement.write.exitBurnItem([1n], anybody)
    await wasRefused(contracts, 'ItemNotReturnable')
  })

  it('from a reward is refused to cancel the epoch again, and one bond is seized', async () => {
    const contracts = await loadHostile()
    const { settlement, token } = contracts
    await postEpoch(contracts)
    await settlement.write.deposit([WEI_PER_MICROCREDIT], asAlice)
    const wrong = { payeeId: 1, incrementMicrocredits: 1n, cumulativeMicrocredits: 9n, previousEpoch: 1 }
    await post(contracts, 1n, wrong, 0n)
    const proofs = [
      rowProof({ epoch: 2n, part: 0, rows: [wrong], index: 0 }),
      rowProof({ epoch: 1n, part: 0, rows: [row], index: 0 }),
    ] as const
    const bond = await settlement.read.bondWei()
    await armWith(contracts, settlement, 'cancelWrongRow', proofs)
    await settlement.write.cancelWrongRow(proofs, anybody)
    await wasRefused(contracts, 'EpochNotPending')
    assert.equal(await settlement.read.bondWei(), bond - EPOCH_BOND_WEI)
    assert.equal(await token.read.balanceOf([stranger.account.address]), EPOCH_BOND_WEI / 10n)
  })

  it('from a purse that it empties is refused to empty it again', async () => {
    const contracts = await loadHostile()
    const { disputes, token } = contracts
    await disputes.write.fund([CREDIT_WEI], asAlice)
    await token.write.mint([token.address, CREDIT_WEI])
    await token.write.callAs([token.address, dataOf(token, 'approve', [disputes.address, CREDIT_WEI])])
    await token.write.callAs([disputes.address, dataOf(disputes, 'fund', [CREDIT_WEI])])
    await armWith(contracts, disputes, 'withdraw', [CREDIT_WEI])
    await token.write.callAs([disputes.address, dataOf(disputes, 'withdraw', [CREDIT_WEI])])
    await wasRefused(contracts, 'PurseTooSmall')
    assert.equal(await token.read.balanceOf([disputes.address]), CREDIT_WEI, 'what is in alice’s purse')
  })

  it('from the reward of a demand is refused to end it again, by either way', async () => {
    for (const way of ['expire', 'refund'] as const) {
      const contracts = await loadHostile()
      const { disputes } = contracts
      await postEpoch(contracts)
      await disputes.write.fund([ASKER_BOND_WEI], asAlice)
      const place = placeOf(alice.account.address)
      await disputes.write.demandLeaf([1n, place, zeroHash], asAlice)
      const id = await disputes.read.idOf([{ epoch: 1n, kind: 0, place, key: zeroHash, value: 0n }])
      await networkHelpers.time.increase(ANSWER_SECONDS + 1n)
      await armWith(contracts, disputes, way, [id])
      await disputes.write.expire([id], anybody)
      await wasRefused(contracts, 'DemandNotOpen')
      assert.equal(await disputes.read.purseWei([alice.account.address]), ASKER_BOND_WEI)
      assert.equal((await contracts.settlement.read.epoch([1n])).openDemands, 0)
    }
  })

  it('from a stake that is paid out is refused to take it again', async () => {
    const contracts = await loadHostile()
    const { registry, token } = contracts
    const node = alice.account.address
    await registry.write.registerNode([bob.account.address, CREDIT_WEI], asAlice)
    await registry.write.addStake([node, CREDIT_WEI], asAlice)
    await registry.write.unbond([node, CREDIT_WEI], { account: bob.account })
    await networkHelpers.time.increase(UNBOND_SECONDS)
    await armWith(contracts, registry, 'withdraw', [node])
    await registry.write.withdraw([node], anybody)
    await wasRefused(contracts, 'NothingUnbonding')
    assert.equal(await token.read.balanceOf([registry.address]), CREDIT_WEI)
  })
})
