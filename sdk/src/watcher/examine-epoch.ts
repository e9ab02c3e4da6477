import { bytesToHex, type Hex, type LeafAccount, rowKey, zeroHash } from '@deparrow/ledger'
import { type LeafTrie, trieNode } from '../disputes/leaf-trie.ts'
import type { WatchCase } from './case.ts'
import { differencesOf, type OwnTree } from './compare-trees.ts'
import { examineAccount } from './examine-account.ts'
import { type Fault, faultsOf, isOfNetwork } from './faults.ts'
import type { WatchFinding } from './plan.ts'
import { shownNode } from './shown-tree.ts'
import { type Want, wantEntry, wantReveal } from './wants.ts'

/** What is wrong with an epoch, and everything that is to be asked about it now. */
export type Examination = { readonly findings: readonly WatchFinding[]; readonly wants: readonly Want[] }

const nothingWrong: Examination = { findings: [], wants: [] }

/** Holds an epoch to the journal: its root, its rows, and, where the journal itself is not right, what the contracts would not take of it. */
export function examineEpoch(watched: WatchCase): Examination {
  const parts = [examineLeaves(watched), examineRows(watched), examineJournal(watched)]
  return {
    findings: parts.flatMap(({ findings }) => findings),
    wants: parts.flatMap(({ wants }) => wants),
  }
}

/** Reveals leaves towards those that differ, and examines their accounts, who loses most first. */
function examineLeaves(watched: WatchCase): Examination {
  const { archive, epoch, view } = watched
  const own = archive.asked?.books.leavesRoot
  if (view.posted.leavesRoot === own) return nothingWrong
  const message = `epoch ${epoch} has the root ${view.posted.leavesRoot}, the journal gives ${own}`
  const findings = [{ code: 'ROOT_DIFFERS', message } as const]
  const shown = watched.shownLeaves()
  if (shown === undefined) {
    return { findings, wants: [wantReveal(epoch, zeroHash, 'leaves', { path: zeroHash, bits: 0 }, 0n)] }
  }
  const { keys, hidden } = differencesOf(shown.tree, archive.leaves('closing'), leafReader(watched))
  const accounts = keys.flatMap(({ key, shown: leaf }) => {
    const mine = archive.leafAt('closing', key)?.node.sum ?? 0n
    return examineAccount(watched, key, lossOf(mine, shownNode(leaf).sum))
  })
  const reveals = hidden.map(part => {
    return wantReveal(epoch, zeroHash, 'leaves', part, lossOf(part.own.sum, part.shown.sum))
  })
  return { findings, wants: [...accounts, ...reveals] }
}

function lossOf(own: bigint, shown: bigint): bigint {
  return own > shown ? own - shown : 0n
}

export function leafReader({ crypto }: WatchCase): OwnTree<LeafTrie> {
  return {
    node: trie => trieNode(crypto, trie),
    keyOf: trie => (trie !== undefined && 'leaf' in trie ? bytesToHex(trie.place) : undefined),
    halves: trie => (trie !== undefined && 'left' in trie ? [trie.left, trie.right] : undefined),
  }
}

/** A row is public; who is paid otherwise than the journal says must have been debited by its row, from what the journal put there. */
function examineRows(watched: WatchCase): Examination {
  const { archive, epoch, view, crypto } = watched
  const own = new Map((archive.asked?.books.rows ?? []).map(row => [row.wallet, row.incrementMicrocredits]))
  const wallets = new Map(view.payees.map(({ id, wallet }) => [id, wallet]))
  const posted = new Map(
    (view.rows.get(epoch)?.flat() ?? []).map(row => [wallets.get(row.payeeId), row.incrementMicrocredits]),
  )
  const differing = [...new Set([...own.keys(), ...posted.keys()])].filter(
    wallet => own.get(wallet as Hex) !== posted.get(wallet),
  )
  if (differing.length === 0) return nothingWrong
  const message = `epoch ${epoch} pays ${differing.length} payees otherwise than the journal`
  const wants = differing.flatMap(wallet => {
    if (wallet === undefined) return []
    const place = archive.placeOf(`payable:${wallet}`)
    const increment = own.get(wallet) ?? 0n
    const entry = increment === 0n ? [] : [wantEntry(epoch, place, rowKey(crypto, epoch), increment)]
    return [...entry, ...examineAccount(watched, place, increment)]
  })
  return { findings: [{ code: 'ROWS_DIFFER', message }], wants }
}

/** Where the auditor found something wrong, all that the epoch's journal could not answer. */
function examineJournal(watched: WatchCase): Examination {
  if (watched.own.isSound) return nothingWrong
  // Under another root the chain does not say what the journal says; then the leaves show who is concerned.
  if (watched.view.posted.leavesRoot !== watched.archive.asked?.books.leavesRoot) return nothingWrong
  const faulty = [...accountsIn(watched)].flatMap(account => {
    const faults = faultsOf(watched, account)
    return faults.length === 0 ? [] : [{ account, faults }]
  })
  return {
    findings: faulty.flatMap(({ faults }) => faults.map(({ finding }: Fault) => finding)),
    wants: faulty.flatMap(({ account, faults }) => {
      const loss = faults.reduce((sum, { want }) => sum + want.lossMicrocredits, 0n)
      return examineFaulty(watched, account, loss, faults)
    }),
  }
}

/** The direct questions first: they need no statement that was seen. Another statement than the journal's is looked into. */
function examineFaulty(
  watched: WatchCase,
  account: LeafAccount,
  loss: bigint,
  faults: readonly Fault[],
): readonly Want[] {
  const place = watched.archive.placeOf(account)
  const direct = faults.map(({ want }) => want)
  return watched.statementAt(place) === undefined ? direct : [...direct, ...examineAccount(watched, place, loss)]
}

/** Whoever moved, whoever has a leaf, and whom the inbox names. */
function accountsIn(watched: WatchCase): ReadonlySet<LeafAccount> {
  const accounts = new Set<LeafAccount>(watched.archive.movedAccounts())
  for (const trie of ['opening', 'closing'] as const) {
    for (const account of leafAccounts(watched.archive.leaves(trie))) accounts.add(account)
  }
  for (const { account } of watched.itemsHere()) accounts.add(account)
  for (const account of accounts) if (isOfNetwork(account)) accounts.delete(account)
  return accounts
}

export function* leafAccounts(trie: LeafTrie): Generator<LeafAccount> {
  if (trie === undefined) return
  if ('leaf' in trie) yield trie.leaf.account
  else {
    yield* leafAccounts(trie.left)
    yield* leafAccounts(trie.right)
  }
}
