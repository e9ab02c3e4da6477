import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concatHex, encodePacked, type Hex, pad, toHex, zeroHash } from 'viem'
import { viem } from '../support/chain.ts'
import { absent, type Entry, encodeSiblings, entriesRoot, entryNode, innerNode, revealed } from '../support/trees.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const harness = await viem.deployContract('SumTreeHarness')

const key = (first: number): Hex => pad(toHex(first, { size: 1 }), { dir: 'right', size: 32 })
const encodeEntry = ({ key: own, value }: Entry): Hex => encodePacked(['uint8', 'bytes32', 'uint128'], [2, own, value])
const left = { key: key(0x00), value: 1n }
const right = { key: key(0x80), value: 2n }
const branch = (first: Hex, second: Hex): Hex => concatHex(['0x03', first, second])

const reveal = (root: Hex, frontier: Hex, { path = key(0), bits = 0n, siblings = '0x' as Hex, isSplit = false } = {}) =>
  harness.read.requireRevealed([root, path, bits, siblings, frontier, isSplit])

describe('a frontier', () => {
  it('is refused below a path that is too long, and below more siblings than the path has bits', async () => {
    await reverts(reveal(zeroHash, '0x00', { bits: 253n }), harness, 'PathTooDeep', [253n])
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

  it('is refused with an inner node at the depth where places end', async () => {
    const siblings = encodeSiblings(Array.from({ length: 252 }, () => entryNode(right)))
    const inner = encodePacked(['uint8', 'bytes32', 'uint128'], [1, key(1), 1n])
    const frontier = `0x03030303${inner.slice(2)}` as Hex
    await reverts(reveal(zeroHash, frontier, { bits: 252n, siblings }), harness, 'FrontierTagInvalid', ['0x01', 4n])
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
    const { frontier } = revealed(both, key(0), 0)
    await reverts(reveal(hash, frontier, { isSplit: true }), harness, 'HalvesCarry', [0n])
    assert.equal(await reveal(hash, frontier), 2n ** 64n)
  })

  it('shows every part of every tree, with the sum of the tree, up to the last bit', async () => {
    const bit = (from: number) => fc.nat({ max: 255 - from }).map(at => 1n << BigInt(at))
    const anyEntries = fc.uniqueArray(
      fc.record(
        { key: bit(0).map(own => toHex(own, { size: 32 })), value: fc.bigInt({ min: 0n, max: 2n ** 59n }) },
        { noNullPrototype: true },
      ),
      { maxLength: 40, selector: entry => entry.key },
    )
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.nat({ max: 252 }), fc.nat(), async (entries, bits, random) => {
        const path = entries[random % (entries.length + 1)]?.key ?? key(random & 0xff)
        const { hash, sum } = entriesRoot(entries)
        const { siblings, frontier } = revealed(entries, path, bits)
        const shown = reveal(hash, frontier, { path, bits: BigInt(bits), siblings, isSplit: true })
        assert.equal(await shown, sum)
      }),
      { numRuns: 60, seed: 20_260_702 },
    )
  })
})
