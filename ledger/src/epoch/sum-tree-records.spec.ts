import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, zeroHash } from '../hex.ts'
import { SumTreeNodes } from './sum-tree-nodes.ts'
import { SumTreeRecords } from './sum-tree-records.ts'

describe('the records of a tree', () => {
  it('are numbered from 1 on, and each has its own words, whatever their number', () => {
    const records = new SumTreeRecords(12)
    const count = 500
    for (let number = 1; number <= count; number++) {
      assert.equal(records.allocate(), number)
      records.words.fill(number, number * 12, (number + 1) * 12)
    }
    for (let number = 1; number <= count; number++) {
      assert.deepEqual([...records.words.subarray(number * 12, (number + 1) * 12)], Array(12).fill(number))
    }
  })

  it('are used again after they were given back, the last one first, before there are more', () => {
    const records = new SumTreeRecords(16)
    for (let number = 1; number <= 5; number++) records.allocate()
    for (const number of [2, 4, 3]) records.free(number)
    assert.deepEqual(
      Array.from({ length: 5 }, () => records.allocate()),
      [3, 4, 2, 6, 7],
    )
  })

  it('take no more memory when as many are given back as are taken', () => {
    const records = new SumTreeRecords(12)
    const numbers = Array.from({ length: 100 }, () => records.allocate())
    const size = records.words.length
    for (let turn = 0; turn < 50; turn++) {
      for (const number of numbers) records.free(number)
      const again = numbers.map(() => records.allocate())
      assert.deepEqual(
        again.sort((a, b) => a - b),
        numbers,
      )
    }
    assert.equal(records.words.length, size)
  })
})

describe('the nodes of a tree', () => {
  const address = (byte: number) => bytesToHex(new Uint8Array(20).fill(byte))

  it('give their memory back: inner nodes to inner nodes, leaves to leaves', () => {
    const nodes = new SumTreeNodes()
    const leaves = [1, 2, 3].map(byte => nodes.newLeaf(address(byte)))
    const inner = [nodes.newInner(0, -1, -2), nodes.newInner(1, -3, 1)]
    assert.deepEqual(
      [leaves, inner],
      [
        [-1, -2, -3],
        [1, 2],
      ],
    )
    nodes.free(-2)
    nodes.free(1)
    assert.equal(nodes.newInner(0, -1, 0), 1)
    assert.equal(nodes.newLeaf(address(7)), -2)
    assert.deepEqual([nodes.newInner(0, -1, 0), nodes.newLeaf(address(8))], [3, -4])
    assert.deepEqual([nodes.account(-1), nodes.account(-2), nodes.account(-3)], [1, 7, 3].map(address))
  })

  it('are stale until they have hash and sum, and the absent one has zeros', () => {
    const nodes = new SumTreeNodes()
    const leaf = nodes.newLeaf('treasury')
    const node = nodes.newInner(1, leaf, 0)
    assert.deepEqual([nodes.child(node, 0), nodes.child(node, 1), nodes.isStale(node)], [0, leaf, true])
    nodes.setHashAndSum(node, new Uint8Array(32).fill(0xab), 9)
    assert.deepEqual([nodes.isStale(node), nodes.sum(node)], [false, 9])
    assert.equal(nodes.hash(node), bytesToHex(new Uint8Array(32).fill(0xab)))
    assert.deepEqual([nodes.isStale(0), nodes.isStale(leaf), nodes.sum(0), nodes.hash(0)], [false, false, 0, zeroHash])
  })

  it('are refused for an address of other than 20 bytes', () => {
    for (const length of [19, 21]) {
      const account = bytesToHex(new Uint8Array(length))
      assert.throws(() => new SumTreeNodes().newLeaf(account), {
        name: 'RangeError',
        message: 'an address has 20 bytes',
      })
    }
  })
})
