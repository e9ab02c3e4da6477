import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Actor, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { EpochTree } from './epoch-tree.ts'
import { verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { leavesRoot } from './leaves.ts'
import { leafOf, leavesInLastEpoch, leavesOf } from './state-leaves.ts'

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
    tree.close(ledger.state, 2)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 2n }),
    })
    const inclusion = tree.prove(ledger.state, ann.address)
    assert.ok(inclusion?.leaf && verifyInclusion(ethersCrypto, inclusion.root, inclusion.leaf, inclusion.proof))
    assert.deepEqual(tree.close(ledger.state, 2), leavesRoot(ethersCrypto, leavesOf(ledger.state)))
  })

  it('takes a wallet out that has neither credits nor nonces any more', () => {
    const ledger = used()
    ledger.deposit(cho.address, 400n)
    closeEpoch(ledger)
    const before = leafOf(ledger.state, cho.address)
    ledger.accept({ type: 'InstructPayouts', instruction: cho.instruction() })
    ledger.accept({ type: 'PayByInstruction', wallet: cho.address })
    ledger.accept({ type: 'RecordPayee', wallet: cho.address, id: 1 })
    assert.deepEqual([before?.availableMicrocredits, leafOf(ledger.state, cho.address)], [400n, undefined])
    const expected = leavesRoot(ethersCrypto, leavesOf(ledger.state))
    closeEpoch(ledger)
    assert.equal(ledger.state.lastEpoch?.leavesRoot, expected.root)
    assert.equal(ledger.state.lastEpoch?.leavesTotalMicrocredits, expected.totalMicrocredits)
  })

  it('is built once for any number of proofs, and again when another epoch has closed elsewhere', () => {
    let hashCount = 0
    const counting = {
      keccak256(bytes: Uint8Array) {
        hashCount += 1
        return ethersCrypto.keccak256(bytes)
      },
    }
    const ledger = used()
    closeEpoch(ledger)
    const tree = new EpochTree(counting)
    const first = tree.prove(ledger.state, ann.address)
    const built = hashCount
    hashCount = 0
    assert.deepEqual(tree.prove(ledger.state, ann.address), first)
    assert.ok(hashCount <= 2 && built > 4, `${built} hashes at first, then ${hashCount}`)
    ledger.accept({
      type: 'TransferCredits',
      transfer: ann.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 1n }),
    })
    closeEpoch(ledger)
    const second = tree.prove(ledger.state, ann.address)
    assert.deepEqual([first?.epoch, second?.epoch], [1, 2])
    assert.ok(second?.leaf && verifyInclusion(ethersCrypto, second.root, second.leaf, second.proof))
  })

  it('proves of every wallet what the last epoch said, by the leaf that stood there then', () => {
    const ledger = used()
    closeEpoch(ledger)
    const strangers = Array.from({ length: 12 }, (_, index) => new Actor(100 + index).address)
    const before = new EpochTree(ethersCrypto)
    const shown = strangers.map(account => before.prove(ledger.state, account))
    assert.ok(shown.some(inclusion => inclusion?.proof.other !== undefined))
    for (const wallet of [ann, bob]) {
      ledger.accept({
        type: 'TransferCredits',
        transfer: wallet.transfer({ to: cho.address, amountMicrocredits: 1n, nonce: 1n }),
      })
    }
    for (const [index, account] of strangers.entries()) {
      const inclusion = new EpochTree(ethersCrypto).prove(ledger.state, account)
      assert.deepEqual(inclusion, shown[index])
      assert.ok(inclusion && verifyAbsence(ethersCrypto, inclusion.root, account, inclusion.proof))
    }
  })
})
