import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { concat, keccak256, toBeHex, toUtf8Bytes } from 'ethers'
import fc from 'fast-check'
import { bytesToHex, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { type Leaf, leavesRoot } from './leaves.ts'

const address = (byte: number) => bytesToHex(new Uint8Array(20).fill(byte))

const plain: Leaf = {
  account: address(1),
  availableMicrocredits: 5n,
  heldMicrocredits: 2n,
  nonces: [{ lane: 0, nonce: 7n }],
  receiptSequence: 3n,
}

const rootOf = (...leaves: readonly Leaf[]) => leavesRoot(ethersCrypto, leaves)

const leaf: fc.Arbitrary<Leaf> = fc.record({
  account: fc.oneof(fc.nat(255).map(address), fc.constantFrom('treasury' as const, 'rewards' as const)),
  availableMicrocredits: fc.bigInt(0n, 10n ** 15n),
  heldMicrocredits: fc.bigInt(0n, 10n ** 15n),
  nonces: fc.array(fc.record({ lane: fc.nat(9), nonce: fc.bigInt(0n, 2n ** 64n - 1n) }), { maxLength: 2 }),
  receiptSequence: fc.bigInt(0n, 2n ** 64n - 1n),
})

const leaves = fc.uniqueArray(leaf, { selector: own => own.account, maxLength: 12 })

/** The same tree, written down once more from the definition alone: recursion over all 256 bits, one bit at a time. */
function definedRoot(own: readonly Leaf[]): { readonly hash: string; readonly sum: bigint } {
  const placed = own.map(each => {
    const name = each.account.startsWith('0x') ? each.account : toUtf8Bytes(each.account)
    const nonces = each.nonces.flatMap(({ lane, nonce }) => [toBeHex(lane, 4), toBeHex(nonce, 8)])
    const place = keccak256(name)
    const parts = [toBeHex(each.availableMicrocredits, 16), toBeHex(each.heldMicrocredits, 16)]
    const hash = keccak256(
      concat(['0x00', place, ...parts, keccak256(concat(nonces)), toBeHex(each.receiptSequence, 8)]),
    )
    const bits = BigInt(place).toString(2).padStart(256, '0')
    return { bits, hash, sum: each.availableMicrocredits + each.heldMicrocredits }
  })
  const under = (prefix: string): { hash: string; sum: bigint } => {
    const inside = placed.filter(each => each.bits.startsWith(prefix))
    if (inside.length === 0) return { hash: zeroHash, sum: 0n }
    if (inside.length === 1) return inside[0] as (typeof placed)[number]
    const [left, right] = [under(`${prefix}0`), under(`${prefix}1`)]
    const halves = [left.hash, toBeHex(left.sum, 16), right.hash, toBeHex(right.sum, 16)]
    return { hash: keccak256(concat(['0x01', ...halves])), sum: left.sum + right.sum }
  }
  return under('')
}

describe('the root of all leaves', () => {
  it('is zero without leaves', () => {
    assert.deepEqual(rootOf(), { root: zeroHash, totalMicrocredits: 0n })
  })

  it('is what its definition says, and its sum is the total', () => {
    fc.assert(
      fc.property(leaves, own => {
        const { hash, sum } = definedRoot(own)
        assert.deepEqual(rootOf(...own), { root: hash, totalMicrocredits: sum })
        const total = own.reduce((all, each) => all + each.availableMicrocredits + each.heldMicrocredits, 0n)
        assert.equal(sum, total)
      }),
      { numRuns: 40, seed: 20_261_127 },
    )
  })

  it('does not depend on the order of the leaves', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (own, by) => {
        const cut = own.length === 0 ? 0 : by % own.length
        const turned = [...own.slice(cut), ...own.slice(0, cut)].reverse()
        assert.deepEqual(rootOf(...turned), rootOf(...own))
      }),
      { numRuns: 40, seed: 20_261_128 },
    )
  })

  it('changes with every field of a leaf, also where the total stays', () => {
    const others: readonly Leaf[] = [
      { ...plain, account: address(2) },
      { ...plain, account: 'treasury' },
      { ...plain, availableMicrocredits: 6n },
      { ...plain, heldMicrocredits: 3n },
      { ...plain, availableMicrocredits: 2n, heldMicrocredits: 5n },
      { ...plain, nonces: [] },
      { ...plain, nonces: [{ lane: 1, nonce: 7n }] },
      { ...plain, nonces: [{ lane: 0, nonce: 8n }] },
      { ...plain, nonces: [...plain.nonces, { lane: 1, nonce: 0n }] },
      { ...plain, receiptSequence: 4n },
    ]
    const neighbour = { ...plain, account: address(9) }
    const roots = [plain, ...others].map(own => rootOf(own, neighbour).root)
    assert.equal(new Set(roots).size, roots.length)
  })

  it('changes when credits move between two leaves', () => {
    const other = { ...plain, account: address(2) }
    const moved = rootOf({ ...plain, availableMicrocredits: 4n }, { ...other, availableMicrocredits: 6n })
    const before = rootOf(plain, other)
    assert.equal(moved.totalMicrocredits, before.totalMicrocredits)
    assert.notEqual(moved.root, before.root)
  })

  it('tells an absent leaf from an empty one', () => {
    const empty = { ...plain, availableMicrocredits: 0n, heldMicrocredits: 0n, nonces: [], receiptSequence: 0n }
    assert.notEqual(rootOf(empty).root, rootOf().root)
  })

  it('refuses amounts that do not fit their bytes rather than cut them', () => {
    for (const availableMicrocredits of [-1n, 2n ** 128n]) {
      assert.throws(() => rootOf({ ...plain, availableMicrocredits }), RangeError)
    }
  })

  it('of two known leaves is this, for ever', () => {
    const treasury: Leaf = {
      ...plain,
      account: 'treasury',
      nonces: [],
      receiptSequence: 0n,
      availableMicrocredits: 10n,
    }
    assert.deepEqual(rootOf(plain, treasury), {
      root: '0x62782151e66c265be4a46b0560dfbbed8cdde91024f9e471ac0bbff7a1de4118',
      totalMicrocredits: 19n,
    })
  })
})
