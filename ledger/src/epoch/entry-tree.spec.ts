import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { encodeFrontier, encodeSiblings, revealSubtree } from './entry-frontier.ts'
import {
  type EntryProof,
  type EntryTree,
  entriesOf,
  entryNode,
  entryRoot,
  entryTree,
  findEntry,
  proveEntry,
  type TreeEntry,
  verifyEntry,
  verifyNoEntry,
  withEntry,
  withoutEntry,
} from './entry-tree.ts'
import { absentNode, innerNode } from './sum-node.ts'

const { keccak256 } = ethersCrypto

/** Keys that differ early, late, or in the last bits alone. */
const key = fc
  .record({ first: fc.nat(15), last: fc.nat(15) })
  .map(({ first, last }): Hex => `0x${first.toString(16)}${'0'.repeat(62)}${last.toString(16)}`)

const value = fc.bigInt(0n, 2n ** 64n)

const entries = fc.uniqueArray(fc.record({ key, value }), { maxLength: 24, selector: entry => entry.key })

const keyOf = (bits: string): Hex =>
  `0x${BigInt(`0b${bits.padEnd(256, '0')}`)
    .toString(16)
    .padStart(64, '0')}`

const provenRoot = (tree: EntryTree) => {
  const { hash, sum } = entryNode(ethersCrypto, tree)
  return { root: bytesToHex(hash), totalMicrocredits: sum }
}

const two = [
  { key: keyOf('00'), value: 3n },
  { key: keyOf('01'), value: 4n },
]

describe('the tree of entries', () => {
  it('refuses two entries of one key', () => {
    const [first] = two as [TreeEntry]
    assert.throws(() => entryTree([first, { ...first, value: 9n }]), RangeError)
  })

  it('refuses a value, and a sum, of more than 16 bytes', () => {
    const most = 2n ** 128n - 1n
    assert.throws(() => entryRoot(ethersCrypto, [{ key: zeroHash, value: most + 1n }]), RangeError)
    const three = [...two, { key: keyOf('1'), value: 1n }].map(entry => ({ ...entry, value: most }))
    assert.throws(() => entryRoot(ethersCrypto, three), RangeError)
  })

  it('is absent without entries, and an entry alone is its own root', () => {
    assert.deepEqual(entryRoot(ethersCrypto, []), absentNode)
    const [{ key, value }] = two as [TreeEntry]
    const message = concatBytes(Uint8Array.of(0), hexToBytes(key), uintToBytes(value, 16))
    assert.equal(message.length, 49)
    assert.deepEqual(entryRoot(ethersCrypto, [{ key, value }]), { hash: keccak256(message), sum: value })
  })

  it('hashes the halves of each level from the first bit on', () => {
    const [a, b] = two.map(entry => entryRoot(ethersCrypto, [entry])) as [typeof absentNode, typeof absentNode]
    const expected = innerNode(ethersCrypto, innerNode(ethersCrypto, a, b), absentNode)
    assert.deepEqual(entryRoot(ethersCrypto, two), expected)
    assert.equal(expected.sum, 7n)
  })

  it('is the same in whatever order entries came and went, and keeps the former trees', () => {
    fc.assert(
      fc.property(entries, entries, (kept, gone) => {
        const others = gone.filter(entry => !kept.some(one => one.key === entry.key))
        const before = entryTree([...others, ...kept])
        const root = entryNode(ethersCrypto, before)
        let tree = before
        for (const entry of others) tree = withoutEntry(tree, entry.key)
        assert.deepEqual(entryNode(ethersCrypto, tree), entryRoot(ethersCrypto, [...kept].reverse()))
        assert.deepEqual(
          [...entriesOf(tree)],
          [...kept].sort((a, b) => (a.key < b.key ? -1 : 1)),
        )
        assert.deepEqual(entryRoot(ethersCrypto, entriesOf(before)), root)
      }),
    )
  })

  it('replaces the entry of a key, and takes away what is there alone', () => {
    const [first] = two as [TreeEntry]
    const changed = withEntry(entryTree(two), { ...first, value: 8n })
    assert.deepEqual(findEntry(changed, first.key), { ...first, value: 8n })
    assert.equal(findEntry(changed, keyOf('1')), undefined)
    assert.equal(findEntry(withoutEntry(changed, first.key), first.key), undefined)
    assert.deepEqual(withoutEntry(changed, keyOf('1')), changed)
  })
})

describe('a proof of an entry', () => {
  it('shows of every key what it has and nothing else', () => {
    fc.assert(
      fc.property(entries, key, value, (all, asked, other) => {
        const tree = entryTree(all)
        const root = provenRoot(tree)
        const proof = proveEntry(ethersCrypto, tree, asked)
        const found = findEntry(tree, asked)
        const claimed = { key: asked, value: other }
        assert.equal(verifyNoEntry(ethersCrypto, root, asked, proof), found === undefined)
        assert.equal(verifyEntry(ethersCrypto, root, claimed, proof), found?.value === other)
        if (found !== undefined) assert.ok(verifyEntry(ethersCrypto, root, found, proof))
      }),
    )
  })

  it('does not show that an entry is absent by an entry that stands elsewhere', () => {
    const tree = entryTree([...two, { key: keyOf('1'), value: 5n }])
    const elsewhere = proveEntry(ethersCrypto, tree, keyOf('11'))
    assert.ok(verifyNoEntry(ethersCrypto, provenRoot(tree), keyOf('11'), elsewhere))
    assert.equal(verifyNoEntry(ethersCrypto, provenRoot(tree), keyOf('001'), elsewhere), false)
  })

  it('refuses a changed sum, a left out sibling, and what is no proof at all', () => {
    const tree = entryTree(two)
    const root = provenRoot(tree)
    const [entry] = two as [TreeEntry]
    const proof = proveEntry(ethersCrypto, tree, entry.key)
    assert.ok(verifyEntry(ethersCrypto, root, entry, proof))
    const changed = proof.siblings.map(sibling => ({ ...sibling, sumMicrocredits: sibling.sumMicrocredits + 1n }))
    const wrong = [{ siblings: changed }, { siblings: proof.siblings.slice(1) }, {}, undefined, { siblings: [null] }]
    for (const other of wrong) assert.equal(verifyEntry(ethersCrypto, root, entry, other as EntryProof), false)
    assert.equal(verifyEntry(ethersCrypto, { ...root, totalMicrocredits: 8n }, entry, proof), false)
    assert.equal(verifyEntry(ethersCrypto, root, { ...entry, value: -1n }, proof), false)
  })
})

describe('a revealed part of a tree', () => {
  it('shows absent, entry and branch by their tags', () => {
    const [a, b] = two as [TreeEntry, TreeEntry]
    const entryText = (entry: TreeEntry) => `02${entry.key.slice(2)}${entry.value.toString(16).padStart(32, '0')}`
    assert.equal(encodeFrontier(ethersCrypto, undefined), '0x00')
    assert.equal(encodeFrontier(ethersCrypto, entryTree(two)), `0x0303${entryText(a)}${entryText(b)}00`)
  })

  it('shows a branch four levels down by hash and sum alone', () => {
    const deep = ['00000', '00001', '00010'].map((bits, index) => ({ key: keyOf(bits), value: BigInt(index + 1) }))
    const below = innerNode(
      ethersCrypto,
      entryRoot(ethersCrypto, deep.slice(0, 1)),
      entryRoot(ethersCrypto, deep.slice(1, 2)),
    )
    const inner = `01${bytesToHex(below.hash).slice(2)}${below.sum.toString(16).padStart(32, '0')}`
    const third = deep[2] as TreeEntry
    const entry = `02${third.key.slice(2)}${third.value.toString(16).padStart(32, '0')}`
    assert.equal(encodeFrontier(ethersCrypto, entryTree(deep)), `0x03030303${inner}${entry}000000`)
  })

  it('goes on where a branch was shown, and stops early where one entry is left', () => {
    const deep = ['00000', '00001', '00010'].map((bits, index) => ({ key: keyOf(bits), value: BigInt(index + 1) }))
    const tree = entryTree(deep)
    const shown = revealSubtree(ethersCrypto, tree, { key: zeroHash, depth: 4 })
    assert.equal(shown.siblings.length, 4)
    assert.equal(encodeSiblings(shown.siblings).length, 2 + 2 * 48 * 4)
    assert.equal(shown.frontier.slice(0, 6), '0x0302')
    const early = revealSubtree(ethersCrypto, tree, { key: keyOf('00010'), depth: 9 })
    assert.equal(early.siblings.length, 4)
    assert.equal(early.frontier.slice(0, 4), '0x02')
    assert.equal(revealSubtree(ethersCrypto, tree, { key: keyOf('1'), depth: 9 }).siblings.length, 1)
  })
})
