import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatHex, encodePacked, type Hex, pad, toHex, zeroHash } from 'viem'
import { viem } from '../support/judges-chain.ts'
import { withByte } from '../support/messages.ts'
import {
  absent,
  type Entry,
  encodeSiblings,
  entriesRoot,
  entryNode,
  innerNode,
  leafNode,
  noLeaf,
  placedEntries,
  placedLeaves,
  revealed,
  treeOver,
} from '../support/trees.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const harness = await viem.deployContract('SumTreeHarness')

/** The numbers of `Frontier.Tree`. */
const [ENTRIES, STATEMENT, LEAVES] = [0, 1, 2]

const key = (first: number): Hex => pad(toHex(first, { size: 1 }), { dir: 'right', size: 32 })
const encodeEntry = ({ key: own, value }: Entry): Hex => encodePacked(['uint8', 'bytes32', 'uint128'], [2, own, value])
const left = { key: key(0x00), value: 1n }
const right = { key: key(0x80), value: 2n }
const branch = (first: Hex, second: Hex): Hex => concatHex(['0x03', first, second])

const reveal = (root: Hex, frontier: Hex, { path = key(0), bits = 0n, siblings = '0x' as Hex, tree = ENTRIES } = {}) =>
  harness.read.requireRevealed([root, path, bits, siblings, frontier, tree])

describe('a frontier', () => {
  it('is refused below a path that is too long, and below more siblings than the path has bits', async () => {
    await reverts(reveal(zeroHash, '0x00', { bits: 125n }), harness, 'PathTooDeep', [125n])
    const siblings = encodeSiblings([entryNode(right)])
    await reverts(reveal(zeroHash, '0x00', { siblings }), harness, 'PathTooDeep', [1n])
  })

  it('is refused when it ends early or goes on', async () => {
    const entry = encodeEntry(left)
    for (const frontier of ['0x', entry.slice(0, -2), concatHex([entry, '0x00']), '0x03', '0x0300'] as Hex[]) {
      const length = BigInt(frontier.length / 2 - 1)
      await reverts(reveal(entryNode(left).hash, frontier), harness, 'FrontierLengthInvalid', [length])
    }
  })

  it('is refused with an unknown tag, an inner node too high and a branch too deep', async () => {
    await reverts(reveal(zeroHash, '0x04'), harness, 'FrontierTagInvalid', ['0x04', 0n])
    const inner = encodePacked(['uint8', 'bytes32', 'uint128'], [1, key(1), 1n])
    await reverts(reveal(zeroHash, inner), harness, 'FrontierTagInvalid', ['0x01', 0n])
    await reverts(reveal(zeroHash, `0x030303${inner.slice(2)}`), harness, 'FrontierTagInvalid', ['0x01', 3n])
    await reverts(reveal(zeroHash, '0x0303030303'), harness, 'FrontierTagInvalid', ['0x03', 4n])
  })

  it('is refused with an inner node at the depth where trees end', async () => {
    const siblings = encodeSiblings(Array.from({ length: 124 }, () => entryNode(right)))
    const inner = encodePacked(['uint8', 'bytes32', 'uint128'], [1, key(1), 1n])
    const frontier = `0x03030303${inner.slice(2)}` as Hex
    await reverts(reveal(zeroHash, frontier, { bits: 124n, siblings }), harness, 'FrontierTagInvalid', ['0x01', 4n])
  })

  it('is refused when an inner node has no hash', async () => {
    const inner = encodePacked(['uint8', 'bytes32', 'uint128'], [1, zeroHash, 0n])
    await reverts(reveal(zeroHash, `0x03030303${inner.slice(2)}`), harness, 'FrontierInnerAbsent', [4n])
  })

  it('is refused when a branch has no two entries below it, although its hash is right', async () => {
    const hash = innerNode(entryNode(left), absent).hash
    await reverts(reveal(hash, branch(encodeEntry(left), '0x00')), harness, 'FrontierBranchNotNeeded', [0n])
    await reverts(reveal(hash, branch('0x00', encodeEntry(right))), harness, 'FrontierBranchNotNeeded', [0n])
    await reverts(reveal(hash, branch('0x00', '0x00')), harness, 'FrontierBranchNotNeeded', [0n])
  })

  it('is refused when an entry stands where its key does not lead', async () => {
    const hash = innerNode(entryNode(right), entryNode(left)).hash
    const frontier = branch(encodeEntry(right), encodeEntry(left))
    await viem.assertions.revertWithCustomError(reveal(hash, frontier), harness, 'OtherStandsElsewhere')
    const siblings = encodeSiblings([entryNode(left)])
    const elsewhere = reveal(hash, encodeEntry(left), { path: right.key, bits: 1n, siblings })
    await reverts(elsewhere, harness, 'OtherStandsElsewhere', [right.key, left.key])
  })

  it('is refused as a branch above the path, and as one entry beside nothing', async () => {
    const frontier = branch(encodeEntry(left), encodeEntry(right))
    await reverts(reveal(zeroHash, frontier, { bits: 1n }), harness, 'FrontierStandsAbove', [0n, 1n])
    const siblings = encodeSiblings([absent])
    const alone = reveal(zeroHash, encodeEntry(left), { bits: 1n, siblings })
    await reverts(alone, harness, 'DeepestSiblingAbsent', [0n])
  })

  it('is refused under another root', async () => {
    const { hash } = entryNode(left)
    const frontier = encodeEntry({ ...left, value: 2n })
    await reverts(reveal(hash, frontier), harness, 'RootDiffers', [hash, entryNode({ ...left, value: 2n }).hash])
  })

  it('is refused when the halves of a statement carry within it', async () => {
    const both = [
      { ...left, value: 2n ** 64n - 1n },
      { ...right, value: 1n },
    ]
    const { hash } = entriesRoot(both)
    const { frontier } = revealed(placedEntries(both), key(0), 0)
    await reverts(reveal(hash, frontier, { tree: STATEMENT }), harness, 'HalvesCarry', [0n])
    assert.equal(await reveal(hash, frontier), 2n ** 64n)
  })

  it('shows halves of a statement that are as large as they can be', async () => {
    const [credit, debit] = [2n ** 128n - 2n ** 64n, 2n ** 64n - 1n]
    for (const value of [credit, debit]) {
      const both = [
        { ...left, value },
        { ...right, value: credit + debit - value },
      ]
      const { hash } = entriesRoot(both)
      const { frontier } = revealed(placedEntries(both), key(0), 0)
      assert.equal(await reveal(hash, frontier, { tree: STATEMENT }), 2n ** 128n - 1n)
    }
  })

  it('shows every part of every tree, with the sum of the tree, down to where trees end', async () => {
    const anyEntries = fc.uniqueArray(
      fc.record(
        {
          key: fc.integer({ min: 128, max: 255 }).map(bit => toHex(1n << BigInt(bit), { size: 32 })),
          value: fc.bigInt({ min: 0n, max: 2n ** 59n }),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 40, selector: entry => entry.key },
    )
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.nat({ max: 124 }), fc.nat(), async (entries, bits, random) => {
        const path = entries[random % (entries.length + 1)]?.key ?? key(random & 0xff)
        const { hash, sum } = entriesRoot(entries)
        const { siblings, frontier } = revealed(placedEntries(entries), path, bits)
        const shown = reveal(hash, frontier, { path, bits: BigInt(bits), siblings, tree: STATEMENT })
        assert.equal(await shown, sum)
      }),
      { numRuns: 60, seed: 20_260_702 },
    )
  })

  it('shows the leaves of an epoch whole, and refuses them when any field is another', async () => {
    const leaf = { available: 1n, held: 2n, lanesRoot: key(3), holdsRoot: key(4), receiptSequence: 5n }
    const leaves = [left, right].map(({ key: place }, index) => ({
      place,
      leaf: { ...leaf, available: BigInt(index) },
    }))
    const { hash, sum } = treeOver(placedLeaves(leaves))
    const { frontier } = revealed(placedLeaves(leaves), key(0), 0)
    assert.equal(await reveal(hash, frontier, { tree: LEAVES }), sum)
    for (const position of [1, 33, 49, 65, 97, 129]) {
      const wrong = withByte(frontier, 1 + position, byte => byte ^ 1)
      await assert.rejects(reveal(hash, wrong, { tree: LEAVES }), /RootDiffers|OtherStandsElsewhere/)
    }
    await reverts(reveal(hash, frontier), harness, 'FrontierBranchNotNeeded', [0n])
  })

  it('refuses an entry where a whole leaf is asked for, and a leaf whose sum passes 16 bytes', async () => {
    const { hash } = entryNode(left)
    await reverts(reveal(hash, encodeEntry(left), { tree: LEAVES }), harness, 'FrontierLengthInvalid', [49n])
    const large = { ...noLeaf, available: 2n ** 128n - 1n, held: 1n }
    const { frontier } = revealed(placedLeaves([{ place: left.key, leaf: large }]), key(0), 0)
    const { hash: leafHash } = leafNode(left.key, large)
    await reverts(reveal(leafHash, frontier, { tree: LEAVES }), harness, 'SumTooLarge', [256n])
  })
})
