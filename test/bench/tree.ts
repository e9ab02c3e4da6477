import {
  bytesToHex,
  type Leaf,
  type LeafAccount,
  SumTree,
  uintToBytes,
  verifyAbsence,
  verifyInclusion,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { percentiles } from '../support/percentiles.ts'

/** Times in ms. */
export type TreeTimes = { readonly p50: number; readonly p99: number; readonly max: number }

/** A tree of many accounts, and what growing it took. */
export type GrownTree = {
  readonly tree: SumTree
  readonly accountCount: number
  /** How often each account's leaf was changed. */
  readonly changeCounts: Uint16Array
  /** Memory outside the JavaScript heap that the tree holds. */
  readonly memoryMegabytes: number
  readonly growMs: number
  /** The first root, for which every inner node is hashed. */
  readonly firstRootMs: number
}

export type RootTimes = {
  /** Taking in the changed leaves (three hashes each) and computing the root. */
  readonly update: TreeTimes
  /** Of these, the root alone. */
  readonly root: TreeTimes
}

export type ProofTimes = {
  /** Making a proof. */
  readonly prove: TreeTimes
  /** Checking it. */
  readonly verify: TreeTimes
  /** Mean number of siblings. */
  readonly siblingCount: number
}

/** Grows a tree of so many accounts, each with a balance, a hold and a lane, a third of them nodes. */
export function growTree(accountCount: number): GrownTree {
  const before = process.memoryUsage().arrayBuffers
  const startedAt = performance.now()
  const tree = new SumTree(ledgerCrypto)
  for (let index = 0; index < accountCount; index++) tree.set(leafOf(index, 0))
  const grownAt = performance.now()
  tree.root()
  return {
    tree,
    accountCount,
    changeCounts: new Uint16Array(accountCount),
    memoryMegabytes: (process.memoryUsage().arrayBuffers - before) / 1e6,
    growMs: grownAt - startedAt,
    firstRootMs: performance.now() - grownAt,
  }
}

/** Changes a batch of different accounts and computes the root, again and again. */
export function measureRoots(
  { tree, accountCount, changeCounts }: GrownTree,
  batchSize = 1_000,
  roundCount = 200,
): RootTimes {
  const updates: number[] = []
  const roots: number[] = []
  const random = randomBelow(accountCount, 1)
  for (let round = 0; round < roundCount; round++) {
    const chosen = new Set<number>()
    while (chosen.size < batchSize) chosen.add(random())
    const leaves = [...chosen].map(index => {
      changeCounts[index] = (changeCounts[index] ?? 0) + 1
      return leafOf(index, changeCounts[index] ?? 0)
    })
    const startedAt = performance.now()
    for (const leaf of leaves) tree.set(leaf)
    const setAt = performance.now()
    tree.root()
    const endedAt = performance.now()
    updates.push(endedAt - startedAt)
    roots.push(endedAt - setAt)
  }
  return { update: timesOf(updates), root: timesOf(roots) }
}

/** Proves random accounts in turn with accounts that have no leaf. Throws when a proof does not hold. */
export function measureProofs({ tree, accountCount, changeCounts }: GrownTree, proofCount = 2_000): ProofTimes {
  const leafAt = (index: number) => leafOf(index, changeCounts[index] ?? 0)
  const root = tree.root()
  const random = randomBelow(accountCount, 2)
  const proving: number[] = []
  const verifying: number[] = []
  let siblingCount = 0
  for (let round = 0; round < proofCount; round++) {
    const isPresent = round % 2 === 0
    const index = isPresent ? random() : accountCount + random()
    const leaf = leafAt(index)
    const startedAt = performance.now()
    const proof = tree.prove(leaf.account, account => leafAt(indexOf(account)))
    const provenAt = performance.now()
    const isProven = isPresent
      ? verifyInclusion(ledgerCrypto, root, leaf, proof)
      : verifyAbsence(ledgerCrypto, root, leaf.account, proof)
    verifying.push(performance.now() - provenAt)
    proving.push(provenAt - startedAt)
    if (!isProven) throw new Error(`the proof of account ${index} does not hold`)
    siblingCount += proof.siblings.length
  }
  return { prove: timesOf(proving), verify: timesOf(verifying), siblingCount: siblingCount / proofCount }
}

/** The leaf of an account by its number, other after each change. */
function leafOf(index: number, changeCount: number): Leaf {
  return {
    account: accountOf(index),
    availableMicrocredits: BigInt(1_000_000 + index + changeCount),
    heldMicrocredits: BigInt(index % 10 === 0 ? 250_000 : 0),
    nonces: [{ lane: 0, nonce: BigInt(1 + changeCount) }],
    receiptSequence: BigInt(index % 3 === 0 ? 1 + changeCount : 0),
  }
}

function accountOf(index: number): LeafAccount {
  return bytesToHex(uintToBytes(BigInt(index), 20))
}

function indexOf(account: LeafAccount): number {
  return Number(BigInt(account))
}

/** The same series of numbers below a limit in every run (a linear congruential generator). */
function randomBelow(limit: number, seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function timesOf(values: readonly number[]): TreeTimes {
  const { p50, p99, max } = percentiles(values)
  return { p50, p99, max }
}
