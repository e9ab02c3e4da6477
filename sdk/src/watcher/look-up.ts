import { bitAt, bytesToHex, findEntry, type Hex, hexToBytes, type SumNode } from '@deparrow/ledger'
import { type AccountView, entryProof, type StatementStruct } from '../disputes/account-view.ts'
import type { EntryProofStruct } from '../disputes/structs.ts'
import type { WatchCase } from './case.ts'
import { leafReader } from './examine-epoch.ts'
import { proveShown, wayTo } from './prove-shown.ts'
import { type ShownTree, shownNode } from './shown-tree.ts'
import { type Want, wantReveal, wantStatement } from './wants.ts'

/** An account in an epoch: as the journal has it, or as the poster states it otherwise; or what to ask before that is known. */
export type SeenAccount =
  | { readonly wants: readonly Want[] }
  | { readonly own: AccountView; readonly stated: StatementStruct | undefined }

/** What an epoch has under a key of an account, with its proof; or what to ask before that is known. */
export type SeenValue =
  | { readonly wants: readonly Want[] }
  | { readonly value: bigint | undefined; readonly proof: EntryProofStruct }

/** Looks at an account no further than needed: its leaf, and its statement where the leaf is not the journal's. `loss` is what is at stake. */
export function seeAccount(watched: WatchCase, place: Hex, loss: bigint): SeenAccount {
  const { archive, epoch } = watched
  const own = watched.ownAt(place)
  const stated = watched.statementAt(place)
  if (stated !== undefined) return { own, stated }
  if (watched.view.posted.leavesRoot === archive.asked?.books.leavesRoot) return { own, stated }
  const shown = watched.shownLeaves()
  const top = { path: `0x${'00'.repeat(32)}`, bits: 0 } as const
  if (shown === undefined) return { wants: [wantReveal(epoch, `0x${'00'.repeat(32)}`, 'leaves', top, loss)] }
  const { end } = wayTo(shown.tree, place)
  if (isSame(leafNodeAt(watched, place, end), nodeAt(end, place))) return { own, stated }
  if (end?.kind === 'hidden') return { wants: [wantReveal(epoch, `0x${'00'.repeat(32)}`, 'leaves', end, loss)] }
  return { wants: [wantStatement(epoch, place, loss)] }
}

/** Looks up a key among an account's entries or closing holds. */
export function seeValue(
  watched: WatchCase,
  { own, stated }: Extract<SeenAccount, { readonly own: AccountView }>,
  tree: 'entries' | 'holds',
  key: Hex,
  loss: bigint,
): SeenValue {
  const mine = tree === 'entries' ? own.entries : own.closing.holds
  const rootOf = (statement: StatementStruct) => (tree === 'entries' ? statement.root : statement.closing.holdsRoot)
  if (stated === undefined || rootOf(stated) === rootOf(own.statement)) {
    return { value: findEntry(mine, key)?.value, proof: entryProof(watched.crypto, mine, key) }
  }
  const proven = proveShown(watched.shownAt(own.place, tree), key)
  return 'hidden' in proven ? { wants: [wantReveal(watched.epoch, own.place, tree, proven.hidden, loss)] } : proven
}

/** The journal's node where what was shown ends on the way to a place. */
function leafNodeAt(watched: WatchCase, place: Hex, end: ShownTree): SumNode | undefined {
  if (end?.kind !== 'hidden') return watched.archive.leafAt('closing', place)?.node
  const reader = leafReader(watched)
  const bytes = hexToBytes(place)
  let tree = watched.archive.leaves('closing')
  for (let depth = 0; depth < end.bits; depth++) {
    const halves = reader.halves(tree)
    if (halves === undefined) break
    tree = halves[bitAt(bytes, depth)]
  }
  return reader.node(tree)
}

/** A leaf of another place says that there is none here. */
function nodeAt(end: ShownTree, place: Hex): SumNode | undefined {
  if (end === undefined || (end.kind === 'end' && end.key !== place)) return undefined
  return shownNode(end)
}

function isSame(a: SumNode | undefined, b: SumNode | undefined): boolean {
  return a === undefined || b === undefined ? a === b : bytesToHex(a.hash) === bytesToHex(b.hash)
}
