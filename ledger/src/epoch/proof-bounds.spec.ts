import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesToHex, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { type InclusionProof, verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { type Leaf, type LeafAccount, type LeavesRoot, leafHash, leafPlace, leafSum, leavesRoot } from './leaves.ts'
import type { ProofSibling } from './proof-path.ts'
import { absentNode, bitAt, innerNode, type TreeHashing } from './sum-node.ts'

const account = bytesToHex(new Uint8Array(20).fill(1))
const signer = bytesToHex(new Uint8Array(20).fill(2))
const other = bytesToHex(new Uint8Array(20).fill(3))
const sumMax = 2n ** 128n - 1n
const filled = bytesToHex(new Uint8Array(32).fill(0xab))

function leaf(fields: Partial<Record<keyof Leaf, unknown>> = {}): Leaf {
  const own = { account, availableMicrocredits: 5n, heldMicrocredits: 2n, nonces: [], receiptSequence: 0n }
  return { ...own, ...fields } as Leaf
}

/** The root that a leaf and its siblings give, reckoned from the definition, whatever their sums are. */
function rootOver(own: Leaf, siblings: readonly ProofSibling[]): LeavesRoot {
  const place = leafPlace(ethersCrypto, own.account)
  let node = { hash: leafHash(ethersCrypto, own, place), sum: leafSum(own) }
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const { hash, sumMicrocredits } = siblings[depth] as ProofSibling
    const sibling =
      hash === zeroHash
        ? absentNode
        : { hash: Uint8Array.from(Buffer.from(hash.slice(2), 'hex')), sum: sumMicrocredits }
    node = bitAt(place, depth) === 0 ? innerNode(ethersCrypto, node, sibling) : innerNode(ethersCrypto, sibling, node)
  }
  return { root: bytesToHex(node.hash), totalMicrocredits: node.sum }
}

const isIncluded = (own: Leaf, proof: unknown, root: LeavesRoot, crypto: TreeHashing = ethersCrypto) =>
  verifyInclusion(crypto, root, own, proof as InclusionProof)

const isLoneLeaf = (own: Leaf) => isIncluded(own, { siblings: [] }, leavesRoot(ethersCrypto, [own]))

const isAbsent = (whose: unknown, proof: unknown, root: LeavesRoot) =>
  verifyAbsence(ethersCrypto, root, whose as LeafAccount, proof as InclusionProof)

describe('a proof at the bounds of what a tree can hold', () => {
  it('holds for sums up to 16 bytes, and not for one more', () => {
    assert.ok(isLoneLeaf(leaf({ availableMicrocredits: sumMax, heldMicrocredits: 0n })))
    assert.ok(isLoneLeaf(leaf({ availableMicrocredits: 0n, heldMicrocredits: sumMax })))
    assert.ok(isLoneLeaf(leaf({ availableMicrocredits: sumMax - 1n, heldMicrocredits: 1n })))
    assert.ok(!isLoneLeaf(leaf({ availableMicrocredits: sumMax, heldMicrocredits: 1n })))
  })

  it('holds for sums that add up to 16 bytes, and not for one more', () => {
    for (const [sumMicrocredits, expected] of [
      [sumMax - 7n, true],
      [sumMax - 6n, false],
      [sumMax, false],
    ] as const) {
      const siblings = [{ hash: filled, sumMicrocredits }]
      assert.equal(isIncluded(leaf(), { siblings }, rootOver(leaf(), siblings)), expected)
    }
  })

  it('holds at the depth of 256 bits, and not below it', () => {
    const siblings = Array.from({ length: 256 }, () => ({ hash: filled, sumMicrocredits: 1n }))
    assert.ok(isIncluded(leaf(), { siblings }, rootOver(leaf(), siblings)))
    const deeper = [...siblings, { hash: filled, sumMicrocredits: 1n }]
    assert.ok(!isIncluded(leaf(), { siblings: deeper }, rootOver(leaf(), deeper)))
  })

  it('may have absent siblings on the way, and never as its last one, beside which a leaf would be no deeper', () => {
    const absent = { hash: zeroHash, sumMicrocredits: 0n }
    const full = { hash: filled, sumMicrocredits: 1n }
    for (const [siblings, expected] of [
      [[absent, full], true],
      [[absent, absent, full], true],
      [[full, absent], false],
      [[absent], false],
    ] as const) {
      assert.equal(isIncluded(leaf(), { siblings }, rootOver(leaf(), siblings)), expected)
    }
  })

  it('may have a sibling without credits that is not absent', () => {
    const siblings = [{ hash: filled, sumMicrocredits: 0n }]
    assert.ok(isIncluded(leaf(), { siblings }, rootOver(leaf(), siblings)))
  })
})

describe('the lanes of a proven leaf', () => {
  const good: readonly (readonly [string, unknown])[] = [
    ['none', []],
    ['the first lane and the first nonce', [{ lane: 0, nonce: 0n }]],
    ['the last lane and the last nonce', [{ lane: 2 ** 32 - 1, nonce: 2n ** 64n - 1n }]],
    [
      'several',
      [
        { lane: 1, nonce: 2n },
        { lane: 3, nonce: 4n },
      ],
    ],
  ]
  for (const [what, nonces] of good) {
    it(`are ${what}`, () => assert.ok(isLoneLeaf(leaf({ nonces }))))
  }

  for (const [what, nonces] of good.slice(1)) {
    it(`of delegates are ${what}`, () => {
      const delegateNonces = (nonces as readonly object[]).map(lane => ({ signer, ...lane }))
      assert.ok(isLoneLeaf(leaf({ delegateNonces })))
    })
  }

  const lane = { lane: 0, nonce: 1n }
  const bad: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a lane below 0', { ...lane, lane: -1 }],
    ['a lane that is a text', { ...lane, lane: '0' }],
    ['a lane that is a big integer', { ...lane, lane: 0n }],
    ['half a lane', { ...lane, lane: 0.5 }],
    ['a lane of 33 bits', { ...lane, lane: 2 ** 32 }],
    ['no lane', { nonce: 1n }],
    ['no nonce', { lane: 0 }],
    ['a nonce below 0', { ...lane, nonce: -1n }],
    ['a nonce of 65 bits', { ...lane, nonce: 2n ** 64n }],
    ['a nonce that is a number', { ...lane, nonce: 1 }],
  ]
  const anyRoot = { root: filled, totalMicrocredits: 7n }

  /** Takes every message for the one that gives the root, so that nothing but the shape of a leaf can be refused. */
  const credulous: TreeHashing = { keccak256: () => new Uint8Array(32).fill(0xab) }

  for (const [what, value] of bad) {
    it(`are not ${what}`, () => {
      for (const nonces of [[value], [lane, value], [value, lane]]) {
        assert.equal(isIncluded(leaf({ nonces }), { siblings: [] }, anyRoot, credulous), false)
      }
    })

    it(`of delegates are not ${what}`, () => {
      const named = typeof value === 'object' && value !== null ? { signer, ...value } : value
      const good = { signer, ...lane }
      for (const delegateNonces of [[named], [good, named], [named, good]]) {
        assert.equal(isIncluded(leaf({ delegateNonces }), { siblings: [] }, anyRoot, credulous), false)
      }
    })
  }

  it('of delegates each have a signer of 20 bytes', () => {
    assert.equal(
      isIncluded(leaf({ delegateNonces: [{ signer, ...lane }] }), { siblings: [] }, anyRoot, credulous),
      true,
    )
    for (const wrong of [undefined, null, '', '0x', `${signer}00`, signer.slice(0, -2), signer.slice(2), 7]) {
      const delegateNonces = [{ ...lane, signer: wrong }]
      assert.equal(isIncluded(leaf({ delegateNonces }), { siblings: [] }, anyRoot, credulous), false, String(wrong))
    }
    for (const delegateNonces of [null, 'lanes', { length: 0 }]) {
      assert.equal(isIncluded(leaf({ delegateNonces }), { siblings: [] }, anyRoot, credulous), false)
    }
  })

  it('are looked at only in a leaf that is whole', () => {
    for (const field of [
      'availableMicrocredits',
      'heldMicrocredits',
      'receiptSequence',
      'nonces',
      'account',
    ] as const) {
      for (const value of [undefined, null, '5', -1n]) {
        const own = leaf({ [field]: value })
        assert.equal(isIncluded(own, { siblings: [] }, anyRoot, credulous), false, `${field} ${String(value)}`)
      }
    }
    assert.ok(isLoneLeaf(leaf({ receiptSequence: 2n ** 64n - 1n })))
  })
})

describe('a proof of absence at the bounds', () => {
  const lone = leavesRoot(ethersCrypto, [leaf({ account: other })])

  it('is by another account’s leaf that stands alone', () => {
    assert.ok(isAbsent(account, { siblings: [], other: leaf({ account: other }) }, lone))
    assert.ok(!isAbsent(other, { siblings: [], other: leaf({ account: other }) }, lone))
  })

  it('is for the names that have leaves as well as for addresses', () => {
    const proof = { siblings: [], other: leaf({ account: other }) }
    for (const name of ['treasury', 'rewards', 'clearing']) assert.ok(isAbsent(name, proof, lone), name)
    for (const name of ['', 'reserve', 'burn', 'clearing:1']) assert.ok(!isAbsent(name, proof, lone), name)
  })

  it('does not hold with siblings that are no list, or of which there are too many', () => {
    const sibling = { hash: filled, sumMicrocredits: 1n }
    const shown = { other: leaf({ account: other }) }
    for (const siblings of [undefined, null, 'siblings', {}, { length: 0 }, Array(257).fill(sibling)]) {
      assert.equal(isAbsent(account, { ...shown, siblings }, lone), false)
      assert.equal(isAbsent(account, { siblings }, lone), false)
    }
  })

  it('holds for one account of each side of a fork, and for nobody whose way is another', () => {
    const place = (whose: LeafAccount) => leafPlace(ethersCrypto, whose)
    const accounts = Array.from({ length: 12 }, (_, byte) => bytesToHex(new Uint8Array(20).fill(byte + 10)))
    const siblings = [{ hash: filled, sumMicrocredits: 1n }]
    const standing = leaf({ account: other })
    const root = rootOver(standing, siblings)
    const sameSide = accounts.map(each => bitAt(place(each), 0) === bitAt(place(other), 0))
    assert.equal(new Set(sameSide).size, 2)
    assert.deepEqual(
      accounts.map(each => isAbsent(each, { siblings, other: standing }, root)),
      sameSide,
    )
  })
})
