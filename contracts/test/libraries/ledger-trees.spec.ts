import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  encodeSiblings,
  entryNode,
  entryRoot,
  entryTree,
  type Leaf,
  leafHash,
  leafPlace,
  leavesRoot,
  proveEntry,
  revealSubtree,
  type TreeEntry,
} from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { bytesToHex, type Hex, toHex, zeroHash } from 'viem'
import { laneKey } from '../support/cases.ts'
import { viem } from '../support/chain.ts'
import { actor } from '../support/messages.ts'
import {
  entriesRoot,
  leafProof,
  type PlacedLeaf,
  placedLeaves,
  placeOf,
  placeOfName,
  placeOfPayable,
  treeOver,
} from '../support/trees.ts'

const harness = await viem.deployContract('SumTreeHarness')
const runs = { numRuns: 60, seed: 20_260_706 }

const anyKey: fc.Arbitrary<Hex> = fc.oneof(
  fc.integer({ min: 128, max: 255 }).map(bit => toHex(1n << BigInt(bit), { size: 32 })),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => bytesToHex(bytes)),
)

const anyEntries: fc.Arbitrary<TreeEntry[]> = fc.uniqueArray(
  fc.record({ key: anyKey, value: fc.bigInt({ min: 0n, max: 2n ** 100n }) }, { noNullPrototype: true }),
  { maxLength: 30, selector: entry => entry.key },
)

describe('the ledger’s trees of entries', () => {
  it('have the root that the contracts read, and proofs and absences that they take', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, anyKey, async (entries, other) => {
        const { hash, sum } = entryRoot(ethersCrypto, entries)
        const root = bytesToHex(hash)
        assert.deepEqual({ hash: root, sum }, entriesRoot(entries))
        const tree = entryTree(entries)
        for (const key of [entries[0]?.key ?? other, other]) {
          const found = entries.find(entry => entry.key === key)
          const { siblings, other: stands = found } = proveEntry(ethersCrypto, tree, key)
          const end = stands ?? { key: zeroHash, value: 0n }
          const proof = { isEmpty: stands === undefined, ...end, siblings: encodeSiblings(siblings) }
          const answer = await harness.read.lookUp([root, key, proof, false])
          assert.deepEqual(answer, [found !== undefined, found?.value ?? 0n, sum])
        }
      }),
      runs,
    )
  })

  it('are revealed as the contracts read them, below every path', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, anyKey, fc.nat({ max: 124 }), async (entries, key, depth) => {
        const tree = entryTree(entries)
        const { hash, sum } = entryNode(ethersCrypto, tree)
        const { siblings, frontier } = revealSubtree(ethersCrypto, tree, { key, depth })
        const shown = [bytesToHex(hash), key, BigInt(depth), encodeSiblings(siblings), frontier, 0] as const
        assert.equal(await harness.read.requireRevealed(shown), sum)
      }),
      runs,
    )
  })
})

describe('the ledger’s leaves', () => {
  const [wallet, delegate] = [actor(1).address, actor(2).address]
  const holds = [{ key: toHex(7n, { size: 32 }), value: 30n }]
  const plain = { nonces: [], holds: [], heldMicrocredits: 0n, receiptSequence: 0n }
  const leaves: Leaf[] = [
    {
      account: wallet,
      availableMicrocredits: 100n,
      heldMicrocredits: 30n,
      nonces: [
        { lane: 0, nonce: 5n },
        { lane: 1_023, nonce: 0n },
      ],
      delegateNonces: [{ signer: delegate, lane: 3, nonce: 9n }],
      holds,
      receiptSequence: 4n,
    },
    { ...plain, account: `payable:${wallet}`, availableMicrocredits: 7n },
    { ...plain, account: 'treasury', availableMicrocredits: 1_000n },
    { ...plain, account: delegate, availableMicrocredits: 0n },
  ]
  const lanes = [
    { key: laneKey(wallet, 0), value: 5n },
    { key: laneKey(wallet, 1_023), value: 0n },
    { key: laneKey(delegate, 3), value: 9n },
  ]
  const structOf = ({ availableMicrocredits, heldMicrocredits, receiptSequence }: Leaf, hasLanes: boolean) => ({
    available: availableMicrocredits,
    held: heldMicrocredits,
    lanesRoot: hasLanes ? entriesRoot(lanes).hash : zeroHash,
    holdsRoot: hasLanes ? entriesRoot(holds).hash : zeroHash,
    receiptSequence,
  })
  const places = [placeOf(wallet), placeOfPayable(wallet), placeOfName('treasury'), placeOf(delegate)]
  const placed: PlacedLeaf[] = leaves.map((leaf, index) => ({
    place: places[index] as Hex,
    leaf: structOf(leaf, index === 0),
  }))

  it('stand where the contracts look for them, with the hash that they compute', async () => {
    for (const [index, leaf] of leaves.entries()) {
      const place = leafPlace(ethersCrypto, leaf.account)
      const { place: expected, leaf: struct } = placed[index] as PlacedLeaf
      assert.equal(bytesToHex(place), expected)
      const node = await harness.read.leafNode([expected, struct])
      assert.equal(node.hash, bytesToHex(leafHash(ethersCrypto, leaf, place)))
    }
  })

  it('have the root under which the contracts find each of them', async () => {
    const { root, totalMicrocredits } = leavesRoot(ethersCrypto, leaves)
    assert.deepEqual({ hash: root, sum: totalMicrocredits }, treeOver(placedLeaves(placed)))
    for (const { place, leaf } of placed) {
      const answer = await harness.read.lookUpLeaf([root, place, leafProof(placed, place)])
      assert.deepEqual(answer, [true, leaf, totalMicrocredits])
    }
  })
})
