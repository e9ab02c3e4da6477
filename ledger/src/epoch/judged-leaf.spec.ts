import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, uintToBytes, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { entryRoot } from './entry-tree.ts'
import { verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { type Leaf, type LeafAccount, lanesOf, leafHash, leafPlace, leavesRoot } from './leaves.ts'
import { SumTree } from './sum-tree.ts'

const { keccak256 } = ethersCrypto

const address = (byte: number): Address => bytesToHex(new Uint8Array(20).fill(byte))

const key = (byte: number): Hex => bytesToHex(new Uint8Array(32).fill(byte))

const own: Leaf = {
  account: address(1),
  availableMicrocredits: 7n,
  heldMicrocredits: 5n,
  nonces: [
    { lane: 0, nonce: 3n },
    { lane: 9, nonce: 4n },
  ],
  delegateNonces: [{ signer: address(2), lane: 0, nonce: 8n }],
  holds: [
    { key: key(3), value: 2n },
    { key: key(4), value: 3n },
  ],
  receiptSequence: 6n,
}

const waiting: Leaf = {
  account: `payable:${address(1)}`,
  availableMicrocredits: 11n,
  heldMicrocredits: 0n,
  nonces: [],
  holds: [],
  receiptSequence: 0n,
}

const others = Array.from({ length: 20 }, (_, index) => ({ ...waiting, account: address(40 + index) }))

const leaves: readonly Leaf[] = [own, waiting, ...others]

function treeOf(all: readonly Leaf[]): SumTree {
  const tree = new SumTree(ethersCrypto)
  for (const leaf of all) tree.set(leaf)
  return tree
}

describe('a leaf that the contract judges', () => {
  it('is 137 bytes with the roots of its lanes and of its holds', () => {
    const place = keccak256(hexToBytes(own.account))
    const lane = (signer: Address, number: bigint, nonce: bigint) => ({
      key: bytesToHex(keccak256(concatBytes(hexToBytes(signer), uintToBytes(number, 4)))),
      value: nonce,
    })
    const lanes = [lane(address(1), 0n, 3n), lane(address(1), 9n, 4n), lane(address(2), 0n, 8n)]
    assert.deepEqual(lanesOf(ethersCrypto, own), lanes)
    const message = concatBytes(
      Uint8Array.of(0),
      place,
      uintToBytes(7n, 16),
      uintToBytes(5n, 16),
      entryRoot(ethersCrypto, lanes).hash,
      entryRoot(ethersCrypto, own.holds ?? []).hash,
      uintToBytes(6n, 8),
    )
    assert.equal(message.length, 137)
    assert.deepEqual(leafHash(ethersCrypto, own, place), keccak256(message))
  })

  it('of payouts that wait stands at a place of its own', () => {
    const text = concatBytes(new TextEncoder().encode('payable:'), hexToBytes(address(1)))
    assert.equal(text.length, 28)
    assert.deepEqual(leafPlace(ethersCrypto, waiting.account), keccak256(text))
  })

  it('without lanes and holds has 32 zero bytes for each', () => {
    const place = leafPlace(ethersCrypto, waiting.account)
    const amounts = concatBytes(uintToBytes(11n, 16), new Uint8Array(16))
    const message = concatBytes(
      Uint8Array.of(0),
      place,
      amounts,
      hexToBytes(zeroHash),
      hexToBytes(zeroHash),
      new Uint8Array(8),
    )
    assert.deepEqual(leafHash(ethersCrypto, waiting, place), keccak256(message))
  })

  it('is proven with everything in it, and with nothing else', () => {
    const tree = treeOf(leaves)
    const root = tree.root()
    assert.deepEqual(root, leavesRoot(ethersCrypto, leaves))
    const proof = tree.prove(own.account, () => own)
    assert.ok(verifyInclusion(ethersCrypto, root, own, proof))
    const [lane] = own.nonces as [Leaf['nonces'][number]]
    const { holds: _, ...old } = own
    const wrong: readonly unknown[] = [
      old,
      { ...own, holds: [] },
      { ...own, holds: own.holds?.slice(1) },
      { ...own, holds: [...(own.holds ?? []), ...(own.holds ?? [])] },
      { ...own, holds: [{ key: '0x12', value: 1n }] },
      { ...own, holds: [{ key: key(3), value: -1n }] },
      { ...own, holds: {} },
      { ...own, nonces: [lane, lane] },
      { ...own, delegateNonces: [] },
      { ...own, receiptSequence: 7n },
    ]
    for (const leaf of wrong) assert.equal(verifyInclusion(ethersCrypto, root, leaf as Leaf, proof), false)
  })

  it('of a name has no lanes, whatever is shown', () => {
    const named = { ...waiting, nonces: [{ lane: 0, nonce: 1n }] }
    assert.equal(verifyInclusion(ethersCrypto, treeOf(leaves).root(), named, { siblings: [] }), false)
  })

  it('of waiting payouts is found, replaced and taken away apart from that of the wallet', () => {
    const tree = treeOf(leaves)
    const root = tree.root()
    assert.ok(verifyInclusion(ethersCrypto, root, waiting, tree.prove(waiting.account, leafIn)))
    const absentee: LeafAccount = `payable:${address(40)}`
    assert.ok(verifyAbsence(ethersCrypto, root, absentee, tree.prove(absentee, leafIn)))
    tree.set({ ...waiting, availableMicrocredits: 1n })
    assert.equal(tree.root().totalMicrocredits, root.totalMicrocredits - 10n)
    assert.ok(tree.delete(waiting.account))
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, [own, ...others]))
  })

  it('has the same hash with the root of its holds as with its holds', () => {
    const tree = new SumTree(ethersCrypto)
    tree.set(own, entryRoot(ethersCrypto, own.holds ?? []).hash)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, [own]))
  })
})

function leafIn(account: LeafAccount): Leaf {
  return leaves.find(leaf => leaf.account === account) ?? assert.fail(account)
}
