import {
  absentNode,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  innerNode,
  type SumNode,
  type TreeHashing,
  zeroHash,
} from '@deparrow/ledger'
import type { RevealedRecord } from './view.ts'

/** The first `bits` bits of keys, zero behind them. */
export type ShownPath = { readonly path: Hex; readonly bits: number }

/** An entry or a leaf that was shown: its key, and all bytes behind it. */
export type ShownEnd = { readonly kind: 'end'; readonly key: Hex; readonly rest: Hex; readonly node: SumNode }

/** What is known of a tree from what was revealed of it; `hidden` is a branch that nobody has revealed. */
export type ShownTree =
  | undefined
  | ShownEnd
  | { readonly kind: 'branch'; readonly left: ShownTree; readonly right: ShownTree; readonly node: SumNode }
  | ({ readonly kind: 'hidden'; readonly node: SumNode } & ShownPath)

/** Bytes behind the key of an end: the value of an entry, the fields of a leaf. */
const restBytes = { entries: 16, leaves: 16 + 16 + 32 + 32 + 8 } as const

const tags = { absent: 0, inner: 1, end: 2, branch: 3 } as const
const keyBytes = 32
const levelsMax = 4

/**
 * What the answers to demands have shown of a tree so far, from its root down; `undefined` when nobody has revealed its top. The contract has
 * held each part to the root before it made the event; one that does not read as the contract reads it throws {@link FrontierError}.
 */
export function shownTree(
  crypto: TreeHashing,
  shape: keyof typeof restBytes,
  records: readonly RevealedRecord[],
): { readonly tree: ShownTree } | undefined {
  const byPath = new Map(records.map(record => [pathKey(record.path, record.pathBits), record.frontier]))
  const top = byPath.get(pathKey(zeroHash, 0))
  if (top === undefined) return undefined
  const read = (frontier: Hex, at: ShownPath): ShownTree => {
    const reader = new FrontierReader(crypto, frontier, restBytes[shape], at, (node, below) => {
      const known = byPath.get(pathKey(below.path, below.bits))
      return known === undefined ? { kind: 'hidden', node, ...below } : read(known, below)
    })
    return reader.whole()
  }
  return { tree: read(top, { path: zeroHash, bits: 0 }) }
}

/** Hash and sum of what was shown. */
export function shownNode(tree: ShownTree): SumNode {
  return tree === undefined ? absentNode : tree.node
}

function pathKey(path: Hex, bits: number): string {
  return `${path.toLowerCase()}/${bits}`
}

/** A path one turn further down. */
export function turned({ path, bits }: ShownPath, turn: 0 | 1): ShownPath {
  if (turn === 0) return { path, bits: bits + 1 }
  const bytes = hexToBytes(path)
  const index = bits >> 3
  bytes[index] = (bytes[index] ?? 0) | (0x80 >> (bits & 7))
  return { path: bytesToHex(bytes), bits: bits + 1 }
}

class FrontierReader {
  private at = 0
  private readonly bytes: Uint8Array

  constructor(
    private readonly crypto: TreeHashing,
    frontier: Hex,
    private readonly rest: number,
    private readonly top: ShownPath,
    private readonly below: (node: SumNode, path: ShownPath) => ShownTree,
  ) {
    this.bytes = hexToBytes(frontier)
  }

  whole(): ShownTree {
    const tree = this.node(this.top, 0)
    if (this.at !== this.bytes.length) throw new FrontierError()
    return tree
  }

  private node(path: ShownPath, level: number): ShownTree {
    const [tag] = this.take(1)
    if (tag === tags.absent) return undefined
    if (tag === tags.end) return this.end()
    if (tag === tags.inner && level === levelsMax) return this.below(this.inner(), path)
    if (tag !== tags.branch || level === levelsMax) throw new FrontierError()
    const left = this.node(turned(path, 0), level + 1)
    const right = this.node(turned(path, 1), level + 1)
    return { kind: 'branch', left, right, node: innerNode(this.crypto, shownNode(left), shownNode(right)) }
  }

  private end(): ShownEnd {
    const key = this.take(keyBytes)
    const rest = this.take(this.rest)
    const hash = this.crypto.keccak256(concatBytes(Uint8Array.of(0), key, rest))
    const isLeaf = this.rest !== restBytes.entries
    const sum = isLeaf ? uintOf(rest.subarray(0, 16)) + uintOf(rest.subarray(16, 32)) : uintOf(rest)
    return { kind: 'end', key: bytesToHex(key), rest: bytesToHex(rest), node: { hash, sum } }
  }

  private inner(): SumNode {
    return { hash: this.take(32), sum: uintOf(this.take(16)) }
  }

  private take(count: number): Uint8Array {
    const taken = this.bytes.slice(this.at, this.at + count)
    if (taken.length !== count) throw new FrontierError()
    this.at += count
    return taken
  }
}

function uintOf(bytes: Uint8Array): bigint {
  return BigInt(bytesToHex(bytes))
}

/** Thrown when a frontier of an event does not read as the contract reads it: whoever gave the event made it up. */
export class FrontierError extends Error {
  override readonly name = 'FrontierError'
  constructor() {
    super('a revealed part of a tree is not encoded as the contract encodes it')
  }
}
