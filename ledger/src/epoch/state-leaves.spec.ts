import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { transferType } from '../account/transfer.ts'
import { type Address, zeroHash } from '../hex.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { Actor, digestOfOrder, testConfig, testConfig020, testStartMs, treasurerActor } from '../testing/actors.ts'
import { digestOfEscrow, escrowOrder } from '../testing/escrow-actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { iou } from '../testing/iou-actors.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import { changeOf, grantOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { EpochTree } from './epoch-tree.ts'
import { verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { type Leaf, leavesRoot } from './leaves.ts'
import { leafInLastEpoch, leafOf, leavesInLastEpoch, leavesOf } from './state-leaves.ts'

const [ann, bob, cho, dan] = [1, 2, 3, 4].map(number => new Actor(number)) as [Actor, Actor, Actor, Actor]
const node = new Actor(9)
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

function closeEpoch(ledger: TestLedger): void {
  const epoch = ledger.state.lastEpochFinal + 1
  ledger.accept({ type: 'CloseEpoch', epoch })
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  ledger.accept({ type: 'RecordEpochFinal', epoch, burnMicrocredits, place })
}

/** Ann and Bob have 10 credits each, the budget of rewards has 5, and the first epoch is closed. */
function ledgerWithEpoch(config = testConfig): TestLedger {
  const ledger = new TestLedger(config)
  for (const { address } of [ann, bob]) ledger.deposit(address, 10_000_000n)
  ledger.fundRewards(5_000_000n)
  ledger.accept({ type: 'RegisterNode', registration: node.registration() })
  closeEpoch(ledger)
  return ledger
}

function pay(from: Actor, to: Address, nonce: bigint, lane: number, signer = from): LedgerCommand {
  const { message } = from.transfer({ to, amountMicrocredits: 1n, nonce, lane })
  return { type: 'TransferCredits', transfer: signer.sign(transferType, message) }
}

const leaf = (account: Leaf['account'], availableMicrocredits: bigint, fields: Partial<Leaf> = {}): Leaf => ({
  account,
  availableMicrocredits,
  heldMicrocredits: 0n,
  nonces: [],
  holds: [],
  receiptSequence: 0n,
  ...fields,
})

/** What the last epoch said is still known of everybody, and its root is still that of what is known. */
function assertKept(ledger: TestLedger, account: Leaf['account'], before: Leaf | undefined): void {
  const { state } = ledger
  assert.deepEqual(leafInLastEpoch(state, account), before)
  const { root, totalMicrocredits } = leavesRoot(ethersCrypto, [...leavesInLastEpoch(state)])
  const { lastEpoch } = state
  assert.deepEqual([root, totalMicrocredits], [lastEpoch?.leavesRoot, lastEpoch?.leavesTotalMicrocredits])
  const shown = new EpochTree(ethersCrypto).prove(state, account)
  assert.ok(shown)
  assert.deepEqual([shown.epoch, shown.root, shown.leaf], [lastEpoch?.epoch, { root, totalMicrocredits }, before])
  const isShown =
    before === undefined
      ? verifyAbsence(ethersCrypto, shown.root, account, shown.proof)
      : verifyInclusion(ethersCrypto, shown.root, before, shown.proof)
  assert.ok(isShown)
}

describe('the leaf of an account', () => {
  it('is none for a wallet that never held or signed anything', () => {
    assert.equal(leafOf(ledgerWithEpoch().state, dan.address), undefined)
  })

  it('is there for a node that has nothing, and counts its receipts', () => {
    const ledger = ledgerWithEpoch()
    assert.deepEqual(leafOf(ledger.state, node.address), leaf(node.address, 0n))
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: 7n }) })
    assert.deepEqual(leafOf(ledger.state, node.address), leaf(node.address, 0n, { receiptSequence: 7n }))
  })

  it('has what is available, what is held, and the last nonce of each lane by ascending lane', () => {
    const ledger = ledgerWithEpoch()
    for (const [lane, nonce] of [
      [2, 5n],
      [0, 4n],
      [1, 9n],
      [2, 6n],
    ] as const) {
      ledger.accept(pay(ann, bob.address, nonce, lane))
    }
    const order = ann.order({ nonce: 10n, maxPriceMicrocredits: 300n })
    ledger.accept({ type: 'OpenHold', order })
    const holds = [{ key: digestOfOrder(order), value: 300n }]
    const nonces = [
      { lane: 0, nonce: 10n },
      { lane: 1, nonce: 9n },
      { lane: 2, nonce: 6n },
    ]
    assert.deepEqual(
      leafOf(ledger.state, ann.address),
      leaf(ann.address, 9_999_696n, { heldMicrocredits: 300n, nonces, holds }),
    )
  })

  it('has open holds and escrows, each until it ends', () => {
    const ledger = ledgerWithEpoch()
    const orders = [1n, 2n, 3n].map(nonce => ann.order({ nonce, maxPriceMicrocredits: 10n * nonce }))
    for (const order of orders) ledger.accept({ type: 'OpenHold', order })
    const escrow = escrowOrder(ann, { seller: bob.address, nonce: 4n, amountMicrocredits: 7n })
    ledger.accept({ type: 'OpenEscrow', order: escrow })
    ledger.accept({ type: 'ReleaseHold', orderDigest: digestOfOrder(orders[1] as (typeof orders)[number]) })
    const left = [
      { key: digestOfOrder(orders[0] as (typeof orders)[number]), value: 10n },
      { key: digestOfOrder(orders[2] as (typeof orders)[number]), value: 30n },
      { key: digestOfEscrow(escrow), value: 7n },
    ].sort((a, b) => (a.key < b.key ? -1 : 1))
    const { holds, heldMicrocredits } = leafOf(ledger.state, ann.address) as Leaf
    assert.deepEqual([holds, heldMicrocredits], [left, 47n])
    ledger.nowMs += 31 * 24 * 3_600_000
    ledger.accept({ type: 'RecordPayee', wallet: bob.address, id: 1 })
    assert.deepEqual(leafOf(ledger.state, ann.address)?.holds, [])
  })

  it('counts a payout apart from its wallet until the contract knows the payee', () => {
    const ledger = ledgerWithEpoch()
    const account = `payable:${ann.address}` as const
    assert.equal(leafOf(ledger.state, account), undefined)
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 400n, nonce: 1n }) })
    assert.deepEqual(leafOf(ledger.state, account), leaf(account, 400n))
    assert.equal(leafOf(ledger.state, ann.address)?.heldMicrocredits, 0n)
    closeEpoch(ledger)
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    assert.equal(leafOf(ledger.state, account), undefined)
    assertKept(ledger, account, leaf(account, 400n))
  })

  it('of a journal of 0.2.0 has no holds, and counts a payout as held until the contract knows the payee', () => {
    const ledger = ledgerWithEpoch(testConfig020)
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 400n, nonce: 1n }) })
    assert.equal(leafOf(ledger.state, ann.address)?.heldMicrocredits, 400n)
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    assert.equal(leafOf(ledger.state, ann.address)?.heldMicrocredits, 0n)
    assert.equal(leafOf(ledger.state, ann.address)?.holds, undefined)
    assert.equal(leafOf(ledger.state, `payable:${ann.address}`)?.availableMicrocredits, undefined)
  })

  it('has the lanes of delegates by ascending lane, then by signer, in whichever order they were used', () => {
    const delegates = [cho, dan, node]
    const [low, middle, high] = [...delegates].sort((a, b) => (a.address < b.address ? -1 : 1)) as [Actor, Actor, Actor]
    const uses = [
      [high, 1, 3n],
      [low, 1, 1n],
      [middle, 1, 2n],
      [low, 0, 5n],
      [high, 0, 4n],
      [middle, 2, 6n],
    ] as const
    const expected = [
      { signer: low.address, lane: 0, nonce: 5n },
      { signer: high.address, lane: 0, nonce: 4n },
      { signer: low.address, lane: 1, nonce: 1n },
      { signer: middle.address, lane: 1, nonce: 2n },
      { signer: high.address, lane: 1, nonce: 3n },
      { signer: middle.address, lane: 2, nonce: 6n },
    ]
    for (const named of [
      [low, middle, high],
      [high, middle, low],
      [middle, high, low],
    ]) {
      const ledger = ledgerWithEpoch()
      assert.equal(leafOf(ledger.state, ann.address)?.delegateNonces, undefined)
      for (const delegate of named) {
        ledger.accept({ type: 'GrantPermission', permission: permissionOf(ann, delegate) })
      }
      assert.equal(leafOf(ledger.state, ann.address)?.delegateNonces, undefined)
      for (const [signer, lane, nonce] of uses) ledger.accept(pay(ann, bob.address, nonce, lane, signer))
      assert.deepEqual(leafOf(ledger.state, ann.address)?.delegateNonces, expected)
    }
  })

  it('of a budget has its balance alone, and none stands for other shards when there is only one', () => {
    const { state } = ledgerWithEpoch()
    assert.deepEqual(leafOf(state, 'rewards'), leaf('rewards', 5_000_000n))
    assert.deepEqual(leafOf(state, 'treasury'), leaf('treasury', 0n))
    assert.equal(leafOf(state, 'clearing'), undefined)
  })

  it('of all other shards together has what is there or on its way', () => {
    const shards = new TestShards(3)
    const wallet = actorAt(1, 3)
    shards.at(0).deposit(wallet.address, 700n)
    shards.at(0).deposit(actorAt(2, 3).address, 50n)
    shards.at(0).deposit(actorAt(0, 3).address, 9n)
    assert.deepEqual(leafOf(shards.at(0).state, 'clearing'), leaf('clearing', 750n))
    assert.equal(leavesOf(shards.at(0).state).length, 4)
  })
})

describe('what the last epoch said of an account stays known', () => {
  it('after a receipt, before its job is settled', () => {
    const ledger = ledgerWithEpoch()
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n }), node)
    closeEpoch(ledger)
    const before = leaf(node.address, 0n)
    ledger.accept({ type: 'ReceiveReceipt', receipt: node.receipt(orderDigest, { sequence: 7n }) })
    assert.equal(leafOf(ledger.state, node.address)?.receiptSequence, 7n)
    assertKept(ledger, node.address, before)
  })

  const startSeconds = BigInt(testStartMs / 1000)
  const treasurer = treasurerActor.address
  const bobs = leaf(bob.address, 10_000_000n)
  const changes: readonly (readonly [string, LedgerCommand, Address, Leaf | undefined])[] = [
    ['a transfer, for its sender', pay(bob, ann.address, 1n, 0), bob.address, bobs],
    ['a transfer, for its receiver', pay(ann, bob.address, 1n, 0), bob.address, bobs],
    ['a first transfer to somebody', pay(ann, cho.address, 1n, 0), cho.address, undefined],
    ['a hold', { type: 'OpenHold', order: bob.order({ nonce: 1n }) }, bob.address, bobs],
    [
      'an escrow',
      { type: 'OpenEscrow', order: escrowOrder(bob, { seller: ann.address, nonce: 1n }) },
      bob.address,
      bobs,
    ],
    [
      'a withdrawal',
      { type: 'WithdrawCredits', withdrawal: bob.withdrawal({ amountMicrocredits: 1n, nonce: 1n }) },
      bob.address,
      bobs,
    ],
    ['a registration', { type: 'RegisterNode', registration: dan.registration() }, dan.address, undefined],
    [
      'an IOU, for its debtor',
      { type: 'IssueIou', iou: iou(bob, { creditor: ann.address, nonce: 1n }) },
      bob.address,
      bobs,
    ],
    [
      'an IOU of somebody new',
      { type: 'IssueIou', iou: iou(cho, { creditor: ann.address, nonce: 1n }) },
      cho.address,
      undefined,
    ],
    [
      'a grant, for its wallet',
      { type: 'GrantCredits', grant: grantOf(bob.address, { nonce: 1n }) },
      bob.address,
      bobs,
    ],
    [
      'a grant, for the treasurer',
      { type: 'GrantCredits', grant: grantOf(bob.address, { nonce: 1n }) },
      treasurer,
      undefined,
    ],
    [
      'a change of the configuration, for the treasurer',
      { type: 'ChangeConfig', change: changeOf({ nonce: 1n, effectiveAt: startSeconds + 7n * 86_400n + 60n }) },
      treasurer,
      undefined,
    ],
  ]
  for (const [what, command, account, before] of changes) {
    it(`after ${what}`, () => {
      const ledger = ledgerWithEpoch()
      ledger.accept(command)
      assert.notDeepEqual(leafOf(ledger.state, account), before)
      assertKept(ledger, account, before)
    })
  }

  it('after the contract knows a payee, in a journal of 0.2.0', () => {
    const ledger = ledgerWithEpoch(testConfig020)
    ledger.accept({ type: 'WithdrawCredits', withdrawal: ann.withdrawal({ amountMicrocredits: 400n, nonce: 1n }) })
    closeEpoch(ledger)
    const before = leafOf(ledger.state, ann.address)
    assert.equal(before?.heldMicrocredits, 400n)
    ledger.accept({ type: 'RecordPayee', wallet: ann.address, id: 1 })
    assert.notDeepEqual(leafOf(ledger.state, ann.address), before)
    assertKept(ledger, ann.address, before)
  })

  it('until the next epoch closes, whose root is that of all leaves then', () => {
    const ledger = ledgerWithEpoch()
    for (const [, command] of changes.slice(6)) ledger.submit(command)
    const { root } = leavesRoot(ethersCrypto, leavesOf(ledger.state))
    closeEpoch(ledger)
    assert.equal(ledger.state.lastEpoch?.leavesRoot, root)
    assertKept(ledger, dan.address, leaf(dan.address, 0n))
  })
})
