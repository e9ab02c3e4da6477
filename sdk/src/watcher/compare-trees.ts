import { absentNode, bitAt, bytesToHex, type Hex, hexToBytes, type SumNode } from '@deparrow/ledger'
import type { ShownEnd, ShownPath, ShownTree } from './shown-tree.ts'
import { turned } from './shown-tree.ts'

/** How to walk a tree of the watcher's own. */
export type OwnTree<Tree> = {
  readonly node: (tree: Tree) => SumNode
  /** The key of a tree that is a single end; `undefined` for others. */
  readonly keyOf: (tree: Tree) => Hex | undefined
  /** The halves of a branch; `undefined` for an end and for nothing. */
  readonly halves: (tree: Tree) => readonly [Tree, Tree] | undefined
}

/** A key whose end was shown otherwise than the watcher has it: changed, there beside its own, or left out. */
export type KeyDifference = { readonly key: Hex; readonly shown: ShownEnd | undefined }

/** A branch that has to be revealed to see what differs below. */
export type HiddenDifference = ShownPath & { readonly shown: SumNode; readonly own: SumNode }

export type TreeDifferences = {
  readonly keys: readonly KeyDifference[]
  readonly hidden: readonly HiddenDifference[]
}

/** Left out keys that are named at most: a poster that leaves out a million is caught by a few. */
const keysMax = 4_096

/** Where a tree that was partly shown is not the watcher's own. Parts with the same hash are the same and not looked into. */
export function differencesOf<Tree>(shown: ShownTree, own: Tree, reader: OwnTree<Tree>): TreeDifferences {
  const keys: KeyDifference[] = []
  const hidden: HiddenDifference[] = []
  const compare = (theirs: ShownTree, mine: Part<Tree>, at: ShownPath): void => {
    const node = nodeOf(reader, mine)
    if (keys.length >= keysMax || isSame(theirs?.node ?? absentNode, node)) return
    if (theirs?.kind === 'hidden') {
      hidden.push({ path: at.path, bits: at.bits, shown: theirs.node, own: node })
    } else if (theirs?.kind === 'branch') {
      const [left, right] = halvesOf(reader, mine, at.bits)
      compare(theirs.left, left, turned(at, 0))
      compare(theirs.right, right, turned(at, 1))
    } else {
      let isSameEnd = false
      for (const end of endsOf(reader, mine)) {
        if (end.key === theirs?.key) isSameEnd = isSame(end.node, theirs.node)
        else if (keys.length < keysMax) keys.push({ key: end.key, shown: undefined })
      }
      if (theirs !== undefined && !isSameEnd) keys.push({ key: theirs.key, shown: theirs })
    }
  }
  compare(shown, { tree: own }, { path: `0x${'00'.repeat(32)}`, bits: 0 })
  return { keys, hidden }
}

/** A subtree, or nothing on the other side of an end that stands higher up. */
type Part<Tree> = { readonly tree: Tree } | undefined

function nodeOf<Tree>(reader: OwnTree<Tree>, part: Part<Tree>): SumNode {
  return part === undefined ? absentNode : reader.node(part.tree)
}

/** The halves of a branch; an end stands on one side of a branch that only the other tree has. */
function halvesOf<Tree>(reader: OwnTree<Tree>, part: Part<Tree>, depth: number): readonly [Part<Tree>, Part<Tree>] {
  if (part === undefined) return [undefined, undefined]
  const halves = reader.halves(part.tree)
  if (halves !== undefined) return [{ tree: halves[0] }, { tree: halves[1] }]
  const key = reader.keyOf(part.tree)
  if (key === undefined) return [undefined, undefined]
  return bitAt(hexToBytes(key), depth) === 0 ? [part, undefined] : [undefined, part]
}

function* endsOf<Tree>(
  reader: OwnTree<Tree>,
  part: Part<Tree>,
): Generator<{ readonly key: Hex; readonly node: SumNode }> {
  if (part === undefined) return
  const key = reader.keyOf(part.tree)
  if (key !== undefined) yield { key, node: reader.node(part.tree) }
  for (const tree of reader.halves(part.tree) ?? []) yield* endsOf(reader, { tree })
}

/** A hash fixes the sum below it. */
function isSame(a: SumNode, b: SumNode): boolean {
  return bytesToHex(a.hash) === bytesToHex(b.hash)
}
