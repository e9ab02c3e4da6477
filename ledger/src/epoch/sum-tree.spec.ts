import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytesToHex, zeroHash } from '../hex.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { type Leaf, type LeafAccount, leavesRoot } from './leaves.ts'
import { type TreeHashing } from './sum-node.ts'
import { SumTree } from './sum-tree.ts'

const address = (byte: number) => bytesToHex(new Uint8Array(20).fill(byte))

const accounts: readonly LeafAccount[] = [
  ...Array.from({ length: 60 }, (_, byte) => address(byte)),
  'treasury',
  'rewards',
]

function leafOf(account: LeafAccount, amount: bigint): Leaf {
  return {
    account,
    availableMicrocredits: amount,
    heldMicrocredits: amount / 3n,
    nonces: [{ lane: 0, nonce: amount }],
    receiptSequence: 1n,
  }
}

/** Places that differ in the last six bits alone, so that most of the way is shared by all. */
const lateForks: TreeHashing = {
  keccak256(bytes) {
    const hash = ethersCrypto.keccak256(bytes)
    if (bytes.length > 20) return hash
    return new Uint8Array(32).fill(0xa5, 0, 31).fill((bytes[0] ?? 0) & 0x3f, 31)
  },
}

/** Places that share from none to nearly all of their bits with others. */
const mixedForks: TreeHashing = {
  keccak256(bytes) {
    const hash = ethersCrypto.keccak256(bytes)
    if (bytes.length > 20) return hash
    const shared = [0, 1, 9, 30, 31][(bytes[0] ?? 0) % 5] as number
    return hash.fill((bytes[0] ?? 0) & 1 ? 0xff : 0, 0, shared)
  },
}

type Step =
  | { readonly set: LeafAccount; readonly amount: bigint }
  | { readonly remove: LeafAccount }
  | { readonly isRootTaken: true }

const account = fc.constantFrom(...accounts)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ set: account, amount: fc.bigInt(0n, 10n ** 13n) }) },
  { weight: 3, arbitrary: fc.record({ remove: account }) },
  { weight: 1, arbitrary: fc.constant({ isRootTaken: true } as const) },
)

function assertFollows(crypto: TreeHashing, steps: readonly Step[]): void {
  const tree = new SumTree(crypto)
  const leaves = new Map<LeafAccount, Leaf>()
  for (const each of steps) {
    if ('set' in each) {
      const leaf = leafOf(each.set, each.amount)
      tree.set(leaf)
      leaves.set(each.set, leaf)
    } else if ('remove' in each) {
      assert.equal(tree.delete(each.remove), leaves.delete(each.remove))
      assert.equal(tree.has(each.remove), false)
    } else {
      assert.deepEqual(tree.root(), leavesRoot(crypto, [...leaves.values()]))
    }
  }
  for (const own of accounts) assert.equal(tree.has(own), leaves.has(own))
  assert.deepEqual(tree.root(), leavesRoot(crypto, [...leaves.values()]))
  assert.deepEqual(tree.root(), leavesRoot(crypto, [...leaves.values()]))
}

describe('a tree that is kept', () => {
  const kinds = { 'any accounts': ethersCrypto, 'late forks': lateForks, 'forks at any depth': mixedForks }
  for (const [name, crypto] of Object.entries(kinds)) {
    // With late forks only addresses below 60 and no names, whose places would be the same as theirs.
    const own = crypto === ethersCrypto ? step : step.filter(each => !['treasury', 'rewards'].includes(accountOf(each)))
    it(`has the root that its definition gives after any changes, with ${name}`, () => {
      fc.assert(
        fc.property(fc.array(own, { maxLength: 80 }), steps => assertFollows(crypto, steps)),
        { numRuns: crypto === ethersCrypto ? 60 : 25, seed: 20_261_211 },
      )
    })
  }

  it('has the root of its definition with thousands of leaves, and after all of them changed and half of them left', () => {
    const tree = new SumTree(ethersCrypto)
    const leaves = Array.from({ length: 3_000 }, (_, index) => leafOf(numbered(index), BigInt(index)))
    for (const leaf of leaves) tree.set(leaf)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, leaves))
    const later = leaves.map(leaf => leafOf(leaf.account, leaf.availableMicrocredits * 7n))
    for (const leaf of later) tree.set(leaf)
    for (const leaf of later.slice(1_500)) assert.equal(tree.delete(leaf.account), true)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, later.slice(0, 1_500)))
  })

  it('is empty with a root of zeros before the first leaf and after the last', () => {
    const tree = new SumTree(ethersCrypto)
    assert.deepEqual(tree.root(), { root: zeroHash, totalMicrocredits: 0n })
    assert.equal(tree.delete(address(1)), false)
    tree.set(leafOf(address(1), 3n))
    tree.set(leafOf(address(2), 3n))
    tree.delete(address(1))
    tree.delete(address(2))
    assert.deepEqual(tree.root(), { root: zeroHash, totalMicrocredits: 0n })
  })

  it('does not change by taking out an account that has no leaf, also where another account stands in its place', () => {
    const tree = new SumTree(ethersCrypto)
    for (const own of accounts.slice(0, 20)) tree.set(leafOf(own, 9n))
    const before = tree.root()
    for (const own of accounts.slice(20)) assert.equal(tree.delete(own), false)
    assert.deepEqual(tree.root(), before)
  })

  it('tells an address from a name that is written with the same bytes', () => {
    const bytes = new Uint8Array(20)
    bytes.set(new TextEncoder().encode('treasury'))
    const leaves = [leafOf('treasury', 5n), leafOf(bytesToHex(bytes), 6n)]
    const tree = new SumTree(ethersCrypto)
    for (const leaf of leaves) tree.set(leaf)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, leaves))
    assert.equal(tree.delete('treasury'), true)
    assert.equal(tree.has(bytesToHex(bytes)), true)
  })

  const refused: readonly (readonly [string, Partial<Leaf>])[] = [
    ['a negative amount', { availableMicrocredits: -1n }],
    ['a negative held amount that the available one covers', { availableMicrocredits: 5n, heldMicrocredits: -1n }],
    ['an amount of 17 bytes', { heldMicrocredits: 2n ** 128n }],
    ['an amount beyond exact numbers', { availableMicrocredits: 2n ** 53n }],
    ['an amount with which the total would be beyond exact numbers', { availableMicrocredits: 2n ** 53n - 10n }],
    ['a nonce of 9 bytes', { nonces: [{ lane: 0, nonce: 2n ** 64n }] }],
    ['a lane of 5 bytes', { nonces: [{ lane: 2 ** 32, nonce: 1n }] }],
    ['a negative sequence', { receiptSequence: -1n }],
    ['an address of 19 bytes', { account: `0x${'11'.repeat(19)}` }],
    ['an address of 21 bytes', { account: `0x${'11'.repeat(21)}` }],
  ]
  for (const [name, fields] of refused) {
    it(`refuses a leaf with ${name}, and stays as it was`, () => {
      const tree = new SumTree(ethersCrypto)
      for (const own of accounts.slice(0, 5)) tree.set(leafOf(own, 9n))
      const before = tree.root()
      assert.throws(() => tree.set({ ...leafOf(address(70), 1n), ...fields }), RangeError)
      assert.throws(() => tree.set({ ...leafOf(address(2), 1n), ...fields }), RangeError)
      assert.deepEqual(tree.root(), before)
    })
  }

  it('holds a total up to 2^53 - 1 µcr exactly', () => {
    const tree = new SumTree(ethersCrypto)
    const leaves = [2n ** 52n, 2n ** 51n + 1n, 2n ** 51n - 2n].map((amount, index) => ({
      ...leafOf(address(index), 0n),
      availableMicrocredits: amount,
    }))
    for (const leaf of leaves) tree.set(leaf)
    assert.equal(tree.root().totalMicrocredits, 2n ** 53n - 1n)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, leaves))
  })

  it('refuses two accounts with one and the same place rather than look for a fork for ever', () => {
    const tree = new SumTree({
      keccak256: bytes => ethersCrypto.keccak256(bytes.length === 20 ? new Uint8Array(20) : bytes),
    })
    tree.set(leafOf(address(1), 1n))
    assert.throws(() => tree.set(leafOf(address(2), 1n)), {
      name: 'RangeError',
      message: 'two accounts have the same place in the tree',
    })
  })

  it('says of a total that it would pass what it can count', () => {
    const tree = new SumTree(ethersCrypto)
    tree.set({ ...leafOf(address(1), 0n), availableMicrocredits: 2n ** 53n - 1n })
    const error = { name: 'RangeError', message: 'the total would pass 2^53 - 1' }
    assert.throws(() => tree.set({ ...leafOf(address(2), 0n), availableMicrocredits: 1n }), error)
    tree.delete(address(1))
    tree.set({ ...leafOf(address(1), 0n), availableMicrocredits: 2n ** 53n - 2n })
    tree.set({ ...leafOf(address(2), 0n), availableMicrocredits: 1n })
    assert.equal(tree.root().totalMicrocredits, 2n ** 53n - 1n)
    tree.set({ ...leafOf(address(1), 0n), availableMicrocredits: 2n ** 53n - 3n })
    assert.equal(tree.root().totalMicrocredits, 2n ** 53n - 2n)
  })

  it('holds several accounts that are no address, each by its own name', () => {
    const names = ['treasury', 'rewards', 'clearing'] as const
    const leaves = names.map((name, index) => leafOf(name, BigInt(index + 1)))
    const tree = new SumTree(ethersCrypto)
    for (const leaf of [...leaves, ...leaves]) tree.set(leaf)
    assert.deepEqual(tree.root(), leavesRoot(ethersCrypto, leaves))
    assert.equal(tree.delete('rewards'), true)
    assert.deepEqual(
      names.map(name => tree.has(name)),
      [true, false, true],
    )
    tree.set(leafOf('rewards', 9n))
    assert.deepEqual(
      tree.root(),
      leavesRoot(ethersCrypto, [leafOf('treasury', 1n), leafOf('rewards', 9n), leafOf('clearing', 3n)]),
    )
  })
})

describe('the work of a kept tree', () => {
  function countingTree() {
    const counter = { hashCount: 0 }
    const tree = new SumTree({
      keccak256(bytes) {
        if (bytes[0] === 0x01 && bytes.length === 97) counter.hashCount += 1
        return ethersCrypto.keccak256(bytes)
      },
    })
    for (let index = 0; index < 1_024; index++) tree.set(leafOf(numbered(index), 1n))
    tree.root()
    counter.hashCount = 0
    return { tree, counter }
  }

  it('is no hash of an inner node when nothing changed, and none before the root is asked for', () => {
    const { tree, counter } = countingTree()
    tree.root()
    tree.prove(numbered(3), () => assert.fail('the account has a leaf'))
    for (let index = 0; index < 1_024; index++) tree.set(leafOf(numbered(index), 2n))
    assert.equal(counter.hashCount, 0)
  })

  it('is one hash for each inner node above a changed leaf, shared ones once', () => {
    const { tree, counter } = countingTree()
    const depth = tree.prove(numbered(3), () => assert.fail('the account has a leaf')).siblings.length
    tree.set(leafOf(numbered(3), 2n))
    tree.set(leafOf(numbered(3), 3n))
    tree.root()
    assert.equal(counter.hashCount, depth)
    counter.hashCount = 0
    for (let index = 0; index < 1_024; index++) tree.set(leafOf(numbered(index), 9n))
    tree.root()
    assert.ok(counter.hashCount >= 1_023 && counter.hashCount < 2_048, `${counter.hashCount} hashes`)
  })
})

function accountOf(each: Step): string {
  return 'set' in each ? each.set : 'remove' in each ? each.remove : ''
}

function numbered(index: number): LeafAccount {
  return bytesToHex(new Uint8Array(20).fill(index & 0xff, 0, 10).fill(index >> 8, 10))
}
