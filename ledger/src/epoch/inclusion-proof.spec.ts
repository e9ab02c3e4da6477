import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, type Hex, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { type InclusionProof, verifyAbsence, verifyInclusion } from './inclusion-proof.ts'
import { type Leaf, type LeafAccount, type LeavesRoot, leafHash, leafPlace, leavesRoot } from './leaves.ts'
import type { ProofSibling } from './proof-path.ts'
import { SumTree } from './sum-tree.ts'

const address = (byte: number) => bytesToHex(new Uint8Array(20).fill(byte))

const leafOf = (account: LeafAccount, amount: bigint): Leaf => ({
  account,
  availableMicrocredits: amount,
  heldMicrocredits: 2n,
  nonces: [
    { lane: 0, nonce: 7n },
    { lane: 3, nonce: amount },
  ],
  receiptSequence: 4n,
})

const leaves = [leafOf('treasury', 11n), ...Array.from({ length: 24 }, (_, index) => leafOf(address(index), 100n))]

const own = leaves[12] as Leaf

const absentee = address(200)

const tree = treeOf(leaves)

const root = tree.root()

const proof = tree.prove(own.account, noOther)

function treeOf(all: readonly Leaf[]): SumTree {
  const made = new SumTree(ethersCrypto)
  for (const leaf of all) made.set(leaf)
  return made
}

function noOther(account: LeafAccount): Leaf {
  return assert.fail(`${account} is not to be asked for`)
}

function leafIn(all: readonly Leaf[]): (account: LeafAccount) => Leaf {
  return account => all.find(leaf => leaf.account === account) as Leaf
}

const isIncluded = (leaf: unknown, of: unknown, under: LeavesRoot = root) =>
  verifyInclusion(ethersCrypto, under, leaf as Leaf, of as InclusionProof)

const isAbsent = (account: unknown, of: unknown, under: LeavesRoot = root) =>
  verifyAbsence(ethersCrypto, under, account as LeafAccount, of as InclusionProof)

const leaf: fc.Arbitrary<Leaf> = fc.record({
  account: fc.oneof(fc.nat(255).map(address), fc.constantFrom('treasury' as const, 'rewards' as const)),
  availableMicrocredits: fc.bigInt(0n, 10n ** 14n),
  heldMicrocredits: fc.bigInt(0n, 10n ** 14n),
  nonces: fc.array(fc.record({ lane: fc.nat(9), nonce: fc.bigInt(0n, 2n ** 64n - 1n) }), { maxLength: 2 }),
  receiptSequence: fc.bigInt(0n, 2n ** 64n - 1n),
})

const anyLeaves = fc.uniqueArray(leaf, { selector: each => each.account, maxLength: 12 })

/** A leaf for an account that is in none of the trees: they have addresses of one repeated byte. */
const outsider = fc
  .bigInt(0n, 1_000n)
  .map(value => bytesToHex(new Uint8Array(20).fill(1, 0, 19).fill(Number(value & 0xffn), 19)))

describe('a proof by the tree', () => {
  it('shows each leaf, and no account as absent that has one', () => {
    fc.assert(
      fc.property(anyLeaves, all => {
        const made = treeOf(all)
        const under = leavesRoot(ethersCrypto, all)
        for (const each of all) {
          const shown = made.prove(each.account, noOther)
          assert.equal(isIncluded(each, shown, under), true)
          assert.equal(isAbsent(each.account, shown, under), false)
          assert.equal(isAbsent(each.account, { ...shown, other: each }, under), false)
        }
      }),
      { numRuns: 40, seed: 20_261_221 },
    )
  })

  it('shows of any other account that it has none, and never a leaf for it', () => {
    fc.assert(
      fc.property(anyLeaves, outsider, (all, account) => {
        fc.pre(all.every(each => each.account !== account))
        const made = treeOf(all)
        const under = leavesRoot(ethersCrypto, all)
        const shown = made.prove(account, leafIn(all))
        assert.equal(isAbsent(account, shown, under), true)
        assert.equal(isIncluded(leafOf(account, 0n), shown, under), false)
      }),
      { numRuns: 60, seed: 20_261_222 },
    )
  })

  it('of the only leaf has no siblings, and of an account in an empty tree nothing at all', () => {
    const lone = treeOf([own])
    assert.deepEqual(lone.prove(own.account, noOther), { siblings: [] })
    assert.equal(isIncluded(own, { siblings: [] }, lone.root()), true)
    assert.deepEqual(lone.prove(absentee, leafIn([own])), { siblings: [], other: own })
    assert.equal(isAbsent(absentee, { siblings: [], other: own }, lone.root()), true)
    assert.deepEqual(treeOf([]).prove(absentee, noOther), { siblings: [] })
    assert.equal(isAbsent(absentee, { siblings: [] }, treeOf([]).root()), true)
  })

  it('is about the tree as it is when it is asked for', () => {
    const made = treeOf(leaves)
    const earlier = made.root()
    const changed = { ...own, availableMicrocredits: 1n }
    made.set(changed)
    const shown = made.prove(own.account, noOther)
    assert.equal(isIncluded(changed, shown, made.root()), true)
    assert.equal(isIncluded(changed, shown, earlier), false)
    assert.equal(isIncluded(own, shown, made.root()), false)
  })
})

describe('a proof of a leaf is refused', () => {
  it('not as it is', () => assert.equal(isIncluded(own, proof), true))

  const first = proof.siblings[0] as ProofSibling
  const last = proof.siblings.at(-1) as ProofSibling
  const absent: ProofSibling = { hash: zeroHash, sumMicrocredits: 0n }
  const flip = (hash: Hex): Hex => `0x${hash.startsWith('0x0') ? '1' : '0'}${hash.slice(3)}`
  const withSiblings = (...siblings: readonly unknown[]) => ({ siblings })
  const rest = proof.siblings.slice(1)

  const otherLeaves: readonly (readonly [string, unknown])[] = [
    ['another available amount', { ...own, availableMicrocredits: 101n }],
    ['another held amount', { ...own, heldMicrocredits: 3n }],
    ['the same sum otherwise divided', { ...own, availableMicrocredits: 101n, heldMicrocredits: 1n }],
    ['another nonce', { ...own, nonces: [{ lane: 0, nonce: 8n }, own.nonces[1]] }],
    ['lanes in another order', { ...own, nonces: [...own.nonces].reverse() }],
    ['a lane more', { ...own, nonces: [...own.nonces, { lane: 4, nonce: 0n }] }],
    ['no lanes', { ...own, nonces: [] }],
    ['another sequence', { ...own, receiptSequence: 5n }],
    ['another account', { ...own, account: (leaves[6] as Leaf).account }],
    ['an account without a leaf', { ...own, account: absentee }],
    ['the account in capitals', { ...own, account: `0x${own.account.slice(2).toUpperCase()}` }],
    ['a negative amount', { ...own, availableMicrocredits: -1n, heldMicrocredits: 103n }],
    ['an amount of 17 bytes', { ...own, availableMicrocredits: 2n ** 128n }],
    ['two amounts that pass 16 bytes together', { ...own, availableMicrocredits: 2n ** 128n - 1n }],
    ['an amount that is a number', { ...own, availableMicrocredits: 100 }],
    ['an amount that is text', { ...own, availableMicrocredits: '100' }],
    ['a nonce of 9 bytes', { ...own, nonces: [{ lane: 0, nonce: 2n ** 64n }] }],
    ['a lane that is no integer', { ...own, nonces: [{ lane: 0.5, nonce: 7n }] }],
    ['a lane that is a large integer', { ...own, nonces: [{ lane: 2 ** 32, nonce: 7n }] }],
    ['a lane that is nothing', { ...own, nonces: [null] }],
    ['a hole among its lanes', { ...own, nonces: new Array(2) }],
    ['lanes that are text', { ...own, nonces: 'lanes' }],
    ['a negative sequence', { ...own, receiptSequence: -1n }],
    ['a sequence of 9 bytes', { ...own, receiptSequence: 2n ** 64n }],
    ['an account of 21 bytes', { ...own, account: `${own.account}00` }],
    ['an unknown name', { ...own, account: 'reserve' }],
    ['no account', { ...own, account: undefined }],
  ]
  for (const [name, other] of otherLeaves) {
    it(`for a leaf with ${name}`, () => assert.equal(isIncluded(other, proof), false))
  }
  for (const value of [undefined, null, 7, 'leaf', [], {}]) {
    it(`for ${JSON.stringify(value)} in place of a leaf`, () => assert.equal(isIncluded(value, proof), false))
  }

  const otherProofs: readonly (readonly [string, unknown])[] = [
    ['an altered hash', withSiblings({ ...first, hash: flip(first.hash) }, ...rest)],
    ['an altered hash at its end', withSiblings(...proof.siblings.slice(0, -1), { ...last, hash: flip(last.hash) })],
    ['a larger sum', withSiblings({ ...first, sumMicrocredits: first.sumMicrocredits + 1n }, ...rest)],
    ['a smaller sum', withSiblings({ ...first, sumMicrocredits: first.sumMicrocredits - 1n }, ...rest)],
    ['a negative sum', withSiblings({ ...first, sumMicrocredits: -1n }, ...rest)],
    ['a sum of 17 bytes', withSiblings({ ...first, sumMicrocredits: 2n ** 128n }, ...rest)],
    [
      'sums that pass 16 bytes together',
      withSiblings(...proof.siblings.map(each => ({ ...each, sumMicrocredits: 2n ** 128n - 1n }))),
    ],
    ['a sum that is a number', withSiblings({ ...first, sumMicrocredits: Number(first.sumMicrocredits) }, ...rest)],
    ['no sum', withSiblings({ hash: first.hash }, ...rest)],
    ['a hash of 31 bytes', withSiblings({ ...first, hash: first.hash.slice(0, -2) }, ...rest)],
    ['a hash that is no hexadecimal', withSiblings({ ...first, hash: `0x${'zz'.repeat(32)}` }, ...rest)],
    ['a sum under a hash of zeros', withSiblings({ hash: zeroHash, sumMicrocredits: first.sumMicrocredits }, ...rest)],
    ['its order turned round', withSiblings(...[...proof.siblings].reverse())],
    ['two neighbours swapped', withSiblings(...rest.slice(0, 1), first, ...rest.slice(1))],
    ['its first sibling missing', withSiblings(...rest)],
    ['its last sibling missing', withSiblings(...proof.siblings.slice(0, -1))],
    ['nothing in it', withSiblings()],
    ['an absent sibling more at its end', withSiblings(...proof.siblings, absent)],
    ['an absent sibling more at its beginning', withSiblings(absent, ...proof.siblings)],
    ['a sibling twice', withSiblings(first, ...proof.siblings)],
    ['more siblings than a place has bits', withSiblings(...Array.from({ length: 257 }, () => first))],
    ['a hole among its siblings', withSiblings(...proof.siblings.slice(0, -1), undefined)],
    ['holes only', { siblings: new Array(3) }],
    ['siblings that are text', { siblings: 'siblings' }],
    ['siblings that only have a length', { siblings: { length: proof.siblings.length } }],
    ['no siblings', {}],
  ]
  for (const [name, other] of otherProofs) {
    it(`with ${name}`, () => assert.equal(isIncluded(own, other), false))
  }
  for (const value of [undefined, null, 7, 'proof', []]) {
    it(`that is ${JSON.stringify(value)}`, () => assert.equal(isIncluded(own, value), false))
  }

  it('of another account', () => {
    const others = leaves.filter(each => each !== own).map(each => tree.prove(each.account, noOther))
    for (const other of others) assert.equal(isIncluded(own, other), false)
  })

  it('under another root or another total', () => {
    assert.equal(isIncluded(own, proof, { ...root, root: flip(root.root) }), false)
    assert.equal(isIncluded(own, proof, { ...root, root: zeroHash }), false)
    for (const by of [1n, -1n]) {
      const totalMicrocredits = root.totalMicrocredits + by
      assert.equal(isIncluded(own, proof, { ...root, totalMicrocredits }), false)
    }
  })

  it('for an inner node that is passed off as a leaf, and for a leaf under a node that is none', () => {
    const [left, right] = [leafOf(address(1), 1n), leafOf(address(2), 1n)]
    const under = treeOf([left, right]).root()
    assert.equal(isIncluded(left, { siblings: [] }, under), false)
    const hash = bytesToHex(leafHash(ethersCrypto, own, leafPlace(ethersCrypto, own.account)))
    assert.equal(
      isIncluded(own, { siblings: [{ hash, sumMicrocredits: 0n }] }, { root: hash, totalMicrocredits: 102n }),
      false,
    )
  })

  it('whatever single byte of it is another one', () => {
    const text = JSON.stringify(proof.siblings.map(({ hash }) => hash))
    for (let index = 0; index < text.length; index++) {
      const digit = text[index] as string
      if (!/[0-9a-f]/.test(digit) || text[index + 1] === 'x') continue
      const altered = JSON.parse(`${text.slice(0, index)}${digit === 'f' ? '0' : 'f'}${text.slice(index + 1)}`) as Hex[]
      const siblings = proof.siblings.map((each, at) => ({ ...each, hash: altered[at] }))
      assert.equal(isIncluded(own, { siblings }), false, `at ${index}`)
    }
  })
})

describe('a proof of absence is refused', () => {
  const shown = tree.prove(absentee, leafIn(leaves))

  it('not as it is', () => assert.equal(isAbsent(absentee, shown), true))

  it('for every account that has a leaf, with its own proof or with that of an absent one', () => {
    for (const { account } of leaves) {
      assert.equal(isAbsent(account, shown), false)
      assert.equal(isAbsent(account, tree.prove(account, noOther)), false)
      for (const other of leaves)
        assert.equal(isAbsent(account, { ...tree.prove(other.account, noOther), other }), false)
    }
  })

  it('with a leaf that does not stand on the way of the account', () => {
    const far = leaves.filter(each => each.account !== shown.other?.account)
    for (const other of far) {
      const way = tree.prove(other.account, noOther)
      assert.equal(isAbsent(absentee, { ...shown, other }), false)
      assert.equal(isAbsent(absentee, { ...way, other }), false)
    }
  })

  it('with the leaf of the other account altered, or left out', () => {
    const occupied = Array.from({ length: 56 }, (_, byte) => address(200 + byte))
      .map(account => ({ account, of: tree.prove(account, leafIn(leaves)) }))
      .filter(({ of }) => of.other !== undefined)
    assert.ok(occupied.length > 5)
    for (const { account, of } of occupied) {
      const other = of.other as Leaf
      assert.equal(isAbsent(account, of), true)
      assert.equal(isAbsent(account, { siblings: of.siblings }), false)
      assert.equal(isAbsent(account, { ...of, other: { ...other, heldMicrocredits: 3n } }), false)
      assert.equal(isAbsent(account, { ...of, other: { ...other, account } }), false)
      assert.equal(isAbsent(account, { ...of, siblings: of.siblings.slice(0, -1) }), false)
    }
  })

  it('with siblings that lead nowhere', () => {
    assert.equal(isAbsent(absentee, { ...shown, siblings: [] }), false)
    assert.equal(isAbsent(absentee, { ...shown, siblings: [...shown.siblings].reverse() }), false)
    assert.equal(
      isAbsent(absentee, { ...shown, siblings: [...shown.siblings, { hash: zeroHash, sumMicrocredits: 0n }] }),
      false,
    )
  })

  for (const value of [
    undefined,
    null,
    7,
    'proof',
    [],
    {},
    { siblings: 7 },
    { siblings: [], other: 7 },
    { siblings: [], other: null },
  ]) {
    it(`that is ${JSON.stringify(value)}`, () => assert.equal(isAbsent(absentee, value), false))
  }
  for (const value of [undefined, null, 7, '', '0x', 'reserve', `0x${'AB'.repeat(20)}`, `0x${'11'.repeat(21)}`]) {
    it(`for an account that is ${JSON.stringify(value)}`, () => assert.equal(isAbsent(value, shown), false))
  }
})
