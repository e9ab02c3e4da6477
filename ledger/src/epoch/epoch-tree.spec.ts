import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Actor, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { EpochTree } from './epoch-tree.ts'
import { verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { leavesRoot } from './leaves.ts'
import { leavesInLastEpoch, leavesOf } from './state-leaves.ts'

const wallets = [new Actor(1), new Actor(2), new Actor(3), new Actor(4)] as const
const [ann, bob, cho] = wallets
const node = new Actor(9)
const place = { transactionHash: `0x${'00'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

function closeEpoch(ledger: TestLedger): void {
  const epoch = ledger.state.lastEpochFinal + 1
  ledger.accept({ type: 'CloseEpoch', epoch })
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  ledger.accept({ type: 'RecordEpochFinal', epoch, burnMicrocredits, place })
}

function used(): TestLedger {
  const ledger = new TestLedger()
  for (const wallet of [ann, bob]) ledger.deposit(wallet.address, 10_000_000n)
  return ledger
}

describe('the tree from one epoch to the next', () => {
  it('has the root that its leaves define, however little has changed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(3), fc.nat(3)), { maxLength: 25 }), steps => {
        const ledger = used()
        let nonce = 0n
        for (const [kind, from, to] of steps) {
          const payer = wallets[from] as Actor
          nonce += 1n
          if (kind === 0) {
            const expected = leavesRoot(ethersCrypto, leavesOf(ledger.state))
            closeEpoch(ledger)
            assert.equal(ledger.state.lastEpoch?.leavesRoot, expected.root)
            assert.equal(ledger.state.lastEpoch?.leavesTotalMicrocredits, expected.totalMicrocredits)
          } else if (kind === 1)
            ledger.submit({ type: 'OpenHold', order: payer.order({ nonce, maxPriceMicrocredits: 7n }) })
          else if (kind === 2)
            ledger.submit({ type: 'WithdrawCredits', withdrawal: payer.withdrawal({ amountMicrocredits: 3n, nonce }) })
          else if (from !== to) {
            const { address } = wallets[to] as Actor
            ledger.submit({
              type: 'TransferCredits',
              transfer: payer.transfer({ to: address, amountMicrocredits: 5n, nonce }),
            })
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('counts a receipt’s sequence, and a hold that settles without anything left for its payer', () => {
    const ledger = used()
    closeEpoch(ledger)
    const orderDigest = ledger.assigned(ann.order({ nonce: 1n, maxPriceMicrocredits: 100_000n }), node)
    closeEpoch(ledger)
    ledger.nowMs = testStartMs + 1_000
    ledger.settle(node.receipt(orderDigest, { sequence: 7n }))
    const expected = leavesRoot(ethersCrypto, leavesOf(ledger.state))
    closeEpoch(ledger)
    assert.equal(ledger.state.lastEpoch?.leavesRoot, expected.root)
  })

  it('proves what the last epoch said of a wallet, also when it has changed since', () => {
    const ledger = used()
    closeEpoch(ledger)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 1n }),
    })
    ledger.accept({ type: 'OpenHold', order: bob.order({ nonce: 1n, maxPriceMicrocredits: 5n }) })
    for (const tree of [new EpochTree(ethersCrypto)]) {
      const inclusion = tree.prove(ledger.state, ann.address)
      assert.ok(inclusion?.leaf)
      assert.equal(inclusion.leaf.availableMicrocredits, 10_000_000n)
      assert.ok(verifyInclusion(ethersCrypto, inclusion.root, inclusion.leaf, inclusion.proof))
      const absence = tree.prove(ledger.state, cho.address)
      assert.ok(absence !== undefined && absence.leaf === undefined)
      assert.ok(verifyAbsence(ethersCrypto, absence.root, cho.address, absence.proof))
    }
    assert.deepEqual(
      leavesRoot(ethersCrypto, [...leavesInLastEpoch(ledger.state)]).root,
      ledger.state.lastEpoch?.leavesRoot,
    )
  })

  it('proves nothing before the first epoch', () => {
    assert.equal(new EpochTree(ethersCrypto).prove(used().state, ann.address), undefined)
  })

  it('that was closed for a decision which never became an event is built anew', () => {
    const ledger = used()
    closeEpoch(ledger)
    const tree = new EpochTree(ethersCrypto)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 1n }),
    })
    tree.close(ledger.state)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 2n }),
    })
    const inclusion = tree.prove(ledger.state, ann.address)
    assert.ok(inclusion?.leaf && verifyInclusion(ethersCrypto, inclusion.root, inclusion.leaf, inclusion.proof))
    assert.deepEqual(tree.close(ledger.state), leavesRoot(ethersCrypto, leavesOf(ledger.state)))
  })
})
