import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatHex, type Hex, keccak256, numberToHex, pad, toHex, zeroHash } from 'viem'
import { alice, viem } from '../support/judges-chain.ts'
import { withByte } from '../support/messages.ts'
import {
  absent,
  type Entry,
  encodeSiblings,
  entriesRoot,
  entryNode,
  entryProof,
  type Leaf,
  leafNode,
  leafProof,
  noLeaf,
  placedLeaves,
  placeOf,
  placeOfName,
  placeOfPayable,
  topPreimage,
  treeOver,
} from '../support/trees.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const harness = await viem.deployContract('SumTreeHarness')

/** One in 100 runs of a property takes a second. */
const runs = { numRuns: 60, seed: 20_260_701 }

/** Keys that share long ways, up to the depth at which trees end. */
const anyKey: fc.Arbitrary<Hex> = fc
  .tuple(fc.nat({ max: 3 }), fc.integer({ min: 128, max: 255 }))
  .map(([first, bit]) => toHex((BigInt(first) << 254n) ^ (1n << BigInt(bit)), { size: 32 }))

const entriesOf = (value: fc.Arbitrary<bigint>, minLength = 0): fc.Arbitrary<Entry[]> =>
  fc.uniqueArray(fc.record({ key: anyKey, value }, { noNullPrototype: true }), {
    minLength,
    maxLength: 12,
    selector: ({ key }) => key,
  })

const anyEntries = entriesOf(fc.bigInt({ min: 0n, max: 2n ** 120n }))
const anyHalves = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 60n }), fc.bigInt({ min: 0n, max: 2n ** 60n }))
  .map(([credit, debit]) => (credit << 64n) + debit)

const key = (first: number): Hex => pad(toHex(first, { size: 1 }), { dir: 'right', size: 32 })
const [a, b, c] = [
  { key: key(0x00), value: 5n },
  { key: key(0x40), value: 7n },
  { key: key(0x80), value: 11n },
] as const
const entries = [a, b, c]
const root = entriesRoot(entries).hash

describe('a proof of an entry', () => {
  it('is refused with siblings that are not whole, or more than 128', async () => {
    const proof = entryProof(entries, a.key)
    for (const siblings of ['0x00', `${proof.siblings}00`, proof.siblings.slice(0, -2)] as Hex[]) {
      const reading = harness.read.lookUp([root, a.key, { ...proof, siblings }, false])
      await reverts(reading, harness, 'SiblingsLengthInvalid', [BigInt(siblings.length / 2 - 1)])
    }
    const siblings = encodeSiblings(Array.from({ length: 129 }, () => entryNode(b)))
    const reading = harness.read.lookUp([root, a.key, { ...proof, siblings }, false])
    await reverts(reading, harness, 'SiblingsLengthInvalid', [129n * 48n])
  })

  it('is refused when what is absent has a sum', async () => {
    const siblings = encodeSiblings([{ hash: zeroHash, sum: 1n }, entryNode(b)])
    const reading = harness.read.lookUp([root, a.key, { ...entryProof(entries, a.key), siblings }, false])
    await reverts(reading, harness, 'SiblingInvalid', [0n])
  })

  it('is refused when nothing stands beside its end, for an entry and for absence', async () => {
    const proof = { ...entryProof([a], a.key), siblings: encodeSiblings([absent]) }
    const reading = harness.read.lookUp([root, a.key, proof, false])
    await reverts(reading, harness, 'DeepestSiblingAbsent', [0n])
    const empty = harness.read.lookUp([zeroHash, a.key, { ...proof, isEmpty: true }, false])
    await reverts(empty, harness, 'DeepestSiblingAbsent', [0n])
  })

  it('is refused when a sum passes 16 bytes, and taken at the last sum that fits', async () => {
    const full = { key: key(0x00), value: 2n ** 128n - 1n }
    for (const [value, isFitting] of [
      [0n, true],
      [1n, false],
    ] as const) {
      const both = [full, { ...c, value }]
      const reading = harness.read.lookUp([entriesRoot(both).hash, c.key, entryProof(both, c.key), false])
      if (isFitting) assert.deepEqual(await reading, [true, 0n, full.value])
      else await reverts(reading, harness, 'SumTooLarge', [0n])
    }
  })

  it('is refused when the other entry stands elsewhere', async () => {
    const proof = entryProof(entries, a.key)
    const reading = harness.read.lookUp([root, key(0x60), proof, false])
    await reverts(reading, harness, 'OtherStandsElsewhere', [key(0x60), a.key])
  })

  it('is refused when it leads to another root: a changed value, sum, hash or side', async () => {
    const proof = entryProof(entries, a.key)
    const last = proof.siblings.slice(-1)
    const wrong = [
      { ...proof, value: a.value + 1n },
      { ...proof, siblings: `${proof.siblings.slice(0, -1)}${last === '0' ? '1' : '0'}` as Hex },
      { ...proof, siblings: `0xff${proof.siblings.slice(4)}` as Hex },
      { ...proof, siblings: concatHex([`0x${proof.siblings.slice(98)}`, proof.siblings.slice(0, 98) as Hex]) },
      { ...proof, isEmpty: true },
    ]
    for (const each of wrong) {
      const reading = harness.read.lookUp([root, a.key, each, false])
      await viem.assertions.revertWithCustomError(reading, harness, 'RootDiffers')
    }
    const moved = harness.read.lookUp([root, key(0x20), { ...proof, key: key(0x20) }, false])
    await viem.assertions.revertWithCustomError(moved, harness, 'RootDiffers')
  })

  it('of what is there shows no absence, and one of absence no entry', async () => {
    const present = harness.read.requireAbsent([root, a.key, entryProof(entries, a.key)])
    await reverts(present, harness, 'NotAbsent', [a.key])
    for (const other of [key(0x20), key(0xc0)]) {
      const missing = harness.read.requireIncluded([root, other, entryProof(entries, other)])
      await reverts(missing, harness, 'NotIncluded', [other])
      await harness.read.requireAbsent([root, other, entryProof(entries, other)])
    }
    assert.equal(await harness.read.requireIncluded([root, a.key, entryProof(entries, a.key)]), a.value)
  })

  it('may have a sum beyond 8 bytes: only statements have halves', async () => {
    const large = [
      { ...a, value: 2n ** 64n - 1n },
      { ...b, value: 2n ** 63n },
      { ...c, value: 2n ** 127n + 2n ** 63n + 1n },
    ]
    const { hash } = entriesRoot(large)
    for (const { key: asked, value } of large)
      assert.equal(await harness.read.requireIncluded([hash, asked, entryProof(large, asked)]), value)
    await harness.read.requireAbsent([hash, key(0xc0), entryProof(large, key(0xc0))])
    const leaves = large.map(({ key: place, value }) => ({ place, leaf: { ...noLeaf, available: value } }))
    const top = treeOver(placedLeaves(leaves))
    for (const { place, leaf } of leaves)
      assert.deepEqual(await harness.read.lookUpLeaf([top.hash, place, leafProof(leaves, place)]), [
        true,
        leaf,
        top.sum,
      ])
  })

  it('is not taken for an inner node or a leaf: their preimages have other lengths', async () => {
    const leaf: Leaf = { ...noLeaf, available: 5n }
    const place = key(0x00)
    const proof = { isEmpty: false, key: place, value: 5n, siblings: '0x' as Hex }
    const reading = harness.read.lookUp([leafNode(place, leaf).hash, place, proof, false])
    await viem.assertions.revertWithCustomError(reading, harness, 'RootDiffers')
  })

  it('shows every key of every tree, and every absence, with the sum of the tree', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, anyKey, async (some, other) => {
        const { hash, sum } = entriesRoot(some)
        for (const asked of [...some.map(entry => entry.key), other]) {
          const found = some.find(entry => entry.key === asked)
          const answer = await harness.read.lookUp([hash, asked, entryProof(some, asked), false])
          assert.deepEqual(answer, [found !== undefined, found?.value ?? 0n, sum])
        }
      }),
      runs,
    )
  })

  it('with any bit of a sibling changed is refused', async () => {
    await fc.assert(
      fc.asyncProperty(entriesOf(fc.bigInt({ min: 1n, max: 2n ** 100n }), 2), fc.nat(), async (some, random) => {
        const asked = some[random % some.length] as Entry
        const proof = entryProof(some, asked.key)
        const bits = BigInt(proof.siblings.length / 2 - 1) * 8n
        const siblings = numberToHex(BigInt(proof.siblings) ^ (1n << (BigInt(random) % bits)), {
          size: Number(bits / 8n),
        })
        const reading = harness.read.lookUp([entriesRoot(some).hash, asked.key, { ...proof, siblings }, false])
        await assert.rejects(reading, /RootDiffers|SiblingInvalid|DeepestSiblingAbsent|SumTooLarge/)
      }),
      runs,
    )
  })
})

describe('the sum of a tree', () => {
  it('is refused by what its root is not the hash of', async () => {
    for (const preimage of ['0x', topPreimage([a]), topPreimage([a, b]), '0x00'] as Hex[])
      await viem.assertions.revertWithCustomError(harness.read.sumOf([root, preimage]), harness, 'RootDiffers')
    const empty = harness.read.sumOf([zeroHash, topPreimage([a])])
    await viem.assertions.revertWithCustomError(empty, harness, 'RootDiffers')
  })

  it('is refused by what is no entry and no inner node', async () => {
    const inner = topPreimage(entries)
    for (const wrong of [
      withByte(inner, 0, () => 0),
      withByte(topPreimage([a]), 0, () => 1),
      '0x00',
      `${inner}00`,
    ] as Hex[])
      await reverts(harness.read.sumOf([keccak256(wrong), wrong]), harness, 'PreimageInvalid', [
        BigInt(wrong.length / 2 - 1),
      ])
  })

  it('is refused when what is absent has a sum, on either side, or when it passes 16 bytes', async () => {
    for (const halves of [
      [{ hash: zeroHash, sum: 1n }, entryNode(c)],
      [entryNode(a), { hash: zeroHash, sum: 1n }],
      [{ hash: zeroHash, sum: 2n ** 127n }, entryNode(c)],
      [entryNode(a), { hash: zeroHash, sum: 2n ** 127n }],
    ]) {
      const preimage = concatHex(['0x01', encodeSiblings(halves)])
      await reverts(harness.read.sumOf([keccak256(preimage), preimage]), harness, 'SiblingInvalid', [0n])
    }
    const most = 2n ** 128n - 1n
    const under = (sum: bigint) => concatHex(['0x01', encodeSiblings([{ ...entryNode(a), sum }, entryNode(c)])])
    const large = under(most - c.value + 1n)
    await reverts(harness.read.sumOf([keccak256(large), large]), harness, 'SumTooLarge', [0n])
    const full = under(most - c.value)
    assert.equal(await harness.read.sumOf([keccak256(full), full]), most)
  })

  it('is that of its entries', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, async some => {
        const { hash, sum } = entriesRoot(some)
        assert.equal(await harness.read.sumOf([hash, topPreimage(some)]), sum)
      }),
      runs,
    )
  })
})

describe('the two halves of a statement', () => {
  it('may not carry: not the debits into the credits, not the credits out of 16 bytes', async () => {
    for (const [value, other] of [
      [2n ** 64n - 1n, 1n],
      [(2n ** 64n - 1n) << 64n, 1n << 64n],
    ] as const) {
      const both = [
        { key: key(0x00), value },
        { key: key(0x80), value: other },
      ]
      const reading = harness.read.lookUp([zeroHash, key(0x00), entryProof(both, key(0x00)), true])
      await reverts(reading, harness, 'HalvesCarry', [0n])
    }
  })

  it('may not carry in a node above the ones that are shown by their entries', async () => {
    const some = [
      { key: key(0x00), value: 2n ** 63n },
      { key: key(0x40), value: 2n ** 63n - 1n },
      { key: key(0x80), value: 1n },
    ]
    for (const { key: asked } of some) {
      const reading = harness.read.lookUp([zeroHash, asked, entryProof(some, asked), true])
      await reverts(reading, harness, 'HalvesCarry', [0n])
    }
  })

  it('are read apart up to their greatest values, and add up apart', async () => {
    const most = 2n ** 64n - 1n
    assert.deepEqual(await harness.read.splitSum([(most << 64n) + 3n]), [most, 3n])
    assert.deepEqual(await harness.read.splitSum([most]), [0n, most])
    await fc.assert(
      fc.asyncProperty(entriesOf(anyHalves, 1), async some => {
        const [first] = some as [Entry]
        const [, , total] = await harness.read.lookUp([
          entriesRoot(some).hash,
          first.key,
          entryProof(some, first.key),
          true,
        ])
        const [credit, debit] = await harness.read.splitSum([total])
        assert.equal(
          credit,
          some.reduce((sum, { value }) => sum + (value >> 64n), 0n),
        )
        assert.equal(
          debit,
          some.reduce((sum, { value }) => sum + (value & most), 0n),
        )
      }),
      runs,
    )
  })
})

describe('a proof of a leaf', () => {
  const wallet = alice.account.address
  const leaf: Leaf = { available: 1n, held: 2n, lanesRoot: key(1), holdsRoot: key(2), receiptSequence: 3n }
  const leaves = [
    { place: placeOf(wallet), leaf },
    { place: placeOfPayable(wallet), leaf: { ...noLeaf, available: 9n } },
    { place: placeOfName('treasury'), leaf: { ...noLeaf, available: 100n } },
  ]
  const top = treeOver(placedLeaves(leaves))

  it('stands at the hash of its account', async () => {
    assert.equal(await harness.read.placeOf([wallet]), placeOf(wallet))
    assert.equal(await harness.read.placeOfPayable([wallet]), placeOfPayable(wallet))
    assert.equal(await harness.read.placeOfName(['treasury']), placeOfName('treasury'))
  })

  it('is refused when any field is another', async () => {
    const place = placeOf(wallet)
    const proof = leafProof(leaves, place)
    for (const changed of [
      { available: 2n, held: 1n },
      { held: 3n },
      { lanesRoot: key(9) },
      { holdsRoot: key(9) },
      { receiptSequence: 4n },
    ]) {
      const reading = harness.read.lookUpLeaf([top.hash, place, { ...proof, leaf: { ...leaf, ...changed } }])
      await viem.assertions.revertWithCustomError(reading, harness, 'RootDiffers')
    }
  })

  it('is refused when its sum passes 16 bytes', async () => {
    const large = { ...leaf, available: 2n ** 128n - leaf.held }
    await reverts(harness.read.leafNode([placeOf(wallet), large]), harness, 'SumTooLarge', [256n])
    const full = { ...large, available: large.available - 1n }
    assert.deepEqual(await harness.read.leafNode([placeOf(wallet), full]), leafNode(placeOf(wallet), full))
  })

  it('shows leaf and total, and what is not there', async () => {
    for (const { place, leaf: expected } of leaves) {
      assert.deepEqual(await harness.read.lookUpLeaf([top.hash, place, leafProof(leaves, place)]), [
        true,
        expected,
        112n,
      ])
    }
    const missing = placeOfName('clearing')
    const proof = leafProof(leaves, missing)
    assert.deepEqual(await harness.read.lookUpLeaf([top.hash, missing, proof]), [false, noLeaf, 112n])
  })

  it('of nothing is an empty tree', async () => {
    const place = placeOf(wallet)
    assert.deepEqual(await harness.read.lookUpLeaf([zeroHash, place, leafProof([], place)]), [false, noLeaf, 0n])
  })
})
