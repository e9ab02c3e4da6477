import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  numberToHex,
  size,
  toHex,
  zeroHash,
} from 'viem'
import { publicClient, viem } from '../support/judges-chain.ts'
import { withByte } from '../support/messages.ts'
import {
  encodeSiblings,
  innerNode,
  type Leaf,
  leafNode,
  noLeaf,
  type PlacedLeaf,
  placedLeaves,
  treeOver,
  wayTo,
} from '../support/trees.ts'

const harness = await viem.deployContract('SumTreeHarness')

const runs = { numRuns: 60, seed: 20_261_122 }

/** Places that share long ways, up to the depth at which trees end. */
const anyPlace: fc.Arbitrary<Hex> = fc
  .tuple(fc.nat({ max: 3 }), fc.integer({ min: 128, max: 255 }))
  .map(([first, bit]) => toHex((BigInt(first) << 254n) ^ (1n << BigInt(bit)), { size: 32 }))

const anyLeaf: fc.Arbitrary<Leaf> = fc.record({
  available: fc.bigInt({ min: 0n, max: 2n ** 50n }),
  held: fc.bigInt({ min: 0n, max: 2n ** 50n }),
  lanesRoot: fc.nat().map(seed => keccak256(toHex(seed))),
  holdsRoot: fc.nat().map(seed => keccak256(toHex(seed, { size: 9 }))),
  receiptSequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
})

const anyLeaves: fc.Arbitrary<PlacedLeaf[]> = fc.uniqueArray(fc.record({ place: anyPlace, leaf: anyLeaf }), {
  minLength: 1,
  maxLength: 8,
  selector: ({ place }) => place,
})

const siblingsOf = (leaves: readonly PlacedLeaf[], place: Hex): Hex =>
  encodeSiblings(wayTo(placedLeaves(leaves), place).beside)

const treeId = (root: Hex, total: bigint): Hex => keccak256(concatHex([root, numberToHex(total, { size: 32 })]))

describe('the tree that a leaf stands in', () => {
  const place = keccak256('0x01')
  const leaf: Leaf = { ...noLeaf, available: 3n, held: 4n }

  it('is none when siblings are not whole, or more than 128', async () => {
    const sibling = encodeSiblings([{ hash: keccak256('0x02'), sum: 5n }])
    for (const siblings of [
      '0x00' as const,
      withoutLastByte(sibling),
      concatHex([sibling, '0x00']),
      repeat(sibling, 129),
    ])
      assert.deepEqual(await harness.read.exitTreeOver([place, leaf, siblings]), [zeroHash, 0n])
    const [id] = await harness.read.exitTreeOver([place, leaf, repeat(sibling, 128)])
    assert.notEqual(id, zeroHash)
  })

  it('is another when a field of the leaf or its place is', async () => {
    const { hash, sum } = leafNode(place, leaf)
    assert.deepEqual(await harness.read.exitTreeOver([place, leaf, '0x']), [treeId(hash, sum), 7n])
    for (const [otherPlace, changed] of [
      [place, { available: 4n, held: 3n }],
      [place, { available: 4n }],
      [place, { held: 5n }],
      [place, { lanesRoot: keccak256('0x') }],
      [place, { holdsRoot: keccak256('0x') }],
      [place, { receiptSequence: 1n }],
      [keccak256('0x03'), {}],
    ] as const) {
      const [id] = await harness.read.exitTreeOver([otherPlace, { ...leaf, ...changed }, '0x'])
      assert.notEqual(id, treeId(hash, sum))
    }
  })

  it('has no total of 8 bytes when a sum passes the 16 bytes of a preimage', async () => {
    const beside = { hash: keccak256('0x02'), sum: 2n ** 128n - 1n }
    const [id, amount] = await harness.read.exitTreeOver([place, leaf, encodeSiblings([beside])])
    assert.equal(amount, 7n)
    const own = leafNode(place, leaf)
    const halves = BigInt(place) >> 255n === 0n ? [own, beside] : [beside, own]
    const { hash } = innerNode(...(halves as [typeof own, typeof beside]))
    assert.equal(id, treeId(hash, 2n ** 128n - 1n + 7n))
  })

  it('is not worked out for a field that is wider than its type', async () => {
    const call = encodeFunctionData({ abi: harness.abi, functionName: 'exitTreeOver', args: [place, leaf, '0x'] })
    const wide = encodeAbiParameters([{ type: 'uint256' }], [2n ** 128n + 3n]).slice(2)
    for (const word of [1, 2]) {
      const at = 10 + 64 * word
      const data = `${call.slice(0, at)}${wide}${call.slice(at + 64)}` as Hex
      await assert.rejects(publicClient.call({ to: harness.address, data }))
    }
  })

  it('is the same for each of its leaves', async () => {
    await fc.assert(
      fc.asyncProperty(anyLeaves, async leaves => {
        const { hash, sum } = treeOver(placedLeaves(leaves))
        const id = await harness.read.exitTreeId([hash, sum])
        assert.equal(id, treeId(hash, sum))
        for (const { place, leaf } of leaves) {
          const shown = await harness.read.exitTreeOver([place, leaf, siblingsOf(leaves, place)])
          assert.deepEqual(shown, [id, leaf.available + leaf.held])
        }
      }),
      runs,
    )
  })

  it('is another when any byte of a sibling is, or one is missing', async () => {
    await fc.assert(
      fc.asyncProperty(anyLeaves, fc.nat(), async (leaves, at) => {
        const { place, leaf } = leaves[0] as PlacedLeaf
        const siblings = siblingsOf(leaves, place)
        fc.pre(siblings !== '0x')
        const { hash, sum } = treeOver(placedLeaves(leaves))
        for (const changed of [
          withByte(siblings, at % size(siblings), byte => byte ^ 1),
          `0x${siblings.slice(2 + 96)}` as const,
          siblings.slice(0, -96) as Hex,
        ]) {
          const [id] = await harness.read.exitTreeOver([place, leaf, changed])
          assert.notEqual(id, treeId(hash, sum))
        }
      }),
      runs,
    )
  })
})

const repeat = (sibling: Hex, times: number): Hex => concatHex(Array.from({ length: times }, () => sibling))

const withoutLastByte = (bytes: Hex): Hex => bytes.slice(0, -2) as Hex
