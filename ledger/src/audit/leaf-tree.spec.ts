import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Leaf, type LeafAccount, leavesRoot } from '../epoch/leaves.ts'
import type { Address } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { LeafTree } from './leaf-tree.ts'

function leafOf(account: LeafAccount, amount: number): Leaf {
  const nonces = amount % 2 === 0 ? [] : [{ lane: amount, nonce: BigInt(amount) }]
  const heldMicrocredits = BigInt(amount % 3)
  return { account, availableMicrocredits: BigInt(amount), heldMicrocredits, nonces, receiptSequence: 0n }
}

function address(number: number): Address {
  return `0x${number.toString(16).padStart(40, '0')}`
}

describe('the auditor’s tree of leaves', () => {
  it('has the root of no leaves while it is empty, and again when all are gone', () => {
    const tree = new LeafTree(ethersCrypto)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, []))
    for (const number of [1, 2, 3]) tree.set(address(number), leafOf(address(number), number))
    for (const number of [2, 1, 3, 3]) tree.set(address(number), undefined)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, []))
  })

  it('has the root that all leaves together have, after any changes', () => {
    const change = fc.record({ account: fc.nat(30), amount: fc.nat(9), isGone: fc.boolean() })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), changes => {
        const tree = new LeafTree(ethersCrypto)
        const leaves = new Map<LeafAccount, Leaf>()
        for (const [index, { account, amount, isGone }] of changes.entries()) {
          const name = account === 0 ? 'treasury' : address(account)
          const leaf = isGone ? undefined : leafOf(name, amount)
          tree.set(name, leaf)
          if (leaf === undefined) leaves.delete(name)
          else leaves.set(name, leaf)
          if (index % 7 === 0) assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, [...leaves.values()]))
        }
        assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, [...leaves.values()]))
      }),
      { numRuns: 40, seed: 20_261_121 },
    )
  })

  it('has the root of the leaves that are left, whichever go and in whatever order', () => {
    const numbers = Array.from({ length: 24 }, (_, index) => index + 1)
    for (const step of [1, 5, 7, 11]) {
      const tree = new LeafTree(ethersCrypto)
      for (const number of numbers) tree.set(address(number), leafOf(address(number), number))
      let left = numbers
      for (const index of numbers.keys()) {
        const gone = numbers[(index * step) % numbers.length] as number
        tree.set(address(gone), undefined)
        left = left.filter(number => number !== gone)
        const leaves = left.map(number => leafOf(address(number), number))
        assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, leaves))
      }
    }
  })
})
