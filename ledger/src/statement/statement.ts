import { type EntryTree, entryNode, entryTree } from '../epoch/entry-tree.ts'
import type { ProvenRoot } from '../epoch/proof-path.ts'
import type { TreeHashing } from '../epoch/sum-node.ts'
import { type Address, bytesToHex, type Hex } from '../hex.ts'
import type { DebitEvidence } from './debit-evidence.ts'

/** Whoever has a statement: a wallet, or the payouts to it that wait for a row. */
export type StatementAccount = Address | `payable:${Address}`

/** What moved under one key. Amounts in µcr. */
export type StatementEntry = {
  readonly key: Hex
  readonly creditMicrocredits: bigint
  readonly debitMicrocredits: bigint
  /** What allows the debit; absent where nothing is debited. */
  readonly evidence?: DebitEvidence
}

/** What changed `available + held` of an account from the leaf under its epoch's parent to its leaf in the epoch. */
export type Statement = {
  readonly account: StatementAccount
  readonly epoch: number
  readonly parent: number
  /** By ascending key. */
  readonly entries: readonly StatementEntry[]
  readonly creditMicrocredits: bigint
  readonly debitMicrocredits: bigint
  /** Under each key `credit × 2^64 + debit`. */
  readonly tree: EntryTree
  readonly root: ProvenRoot
}

const halfBits = 64n

/** The value of an entry. Throws `RangeError` when a half does not fit. */
export function statementValue({ creditMicrocredits, debitMicrocredits }: Omit<StatementEntry, 'key'>): bigint {
  if (creditMicrocredits >> halfBits !== 0n || debitMicrocredits >> halfBits !== 0n) {
    throw new RangeError('a half of a statement’s value takes 8 bytes')
  }
  return (creditMicrocredits << halfBits) + debitMicrocredits
}

/** Sums what stands under one key, puts the entries in their order and computes the root. Throws `RangeError` when a sum does not fit its half. */
export function statementFrom(
  crypto: TreeHashing,
  about: Pick<Statement, 'account' | 'epoch' | 'parent'>,
  movements: readonly StatementEntry[],
): Statement {
  const byKey = new Map<Hex, StatementEntry>()
  for (const movement of movements) byKey.set(movement.key, joined(byKey.get(movement.key), movement))
  const entries = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  const sums = {
    creditMicrocredits: entries.reduce((sum, entry) => sum + entry.creditMicrocredits, 0n),
    debitMicrocredits: entries.reduce((sum, entry) => sum + entry.debitMicrocredits, 0n),
  }
  const totalMicrocredits = statementValue(sums)
  const tree = entryTree(entries.map(entry => ({ key: entry.key, value: statementValue(entry) })))
  const root = { root: bytesToHex(entryNode(crypto, tree).hash), totalMicrocredits }
  return { ...about, entries, ...sums, tree, root }
}

/** Who pays itself is debited and credited under one key; a forced withdrawal may be paid in two parts. */
function joined(known: StatementEntry | undefined, movement: StatementEntry): StatementEntry {
  if (known === undefined) return movement
  return {
    ...known,
    ...movement,
    creditMicrocredits: known.creditMicrocredits + movement.creditMicrocredits,
    debitMicrocredits: known.debitMicrocredits + movement.debitMicrocredits,
  }
}
