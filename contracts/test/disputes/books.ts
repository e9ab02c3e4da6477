/** Books of a small ledger, epochs posted over them, and what an honest poster shows of them. */
import { type Hex, keccak256, stringToHex } from 'viem'
import { encodeRows, type PayoutRow } from '../../rows/rows.ts'
import { networkHelpers, poster } from '../support/judges-chain.ts'
import {
  type Entry,
  entriesRoot,
  entryProof,
  type Leaf,
  leafProof,
  placedLeaves,
  placeOfName,
  treeOver,
} from '../support/trees.ts'
import { type Disputed, INBOX_AGE_SECONDS } from './disputed-chain.ts'

/** An account as the ledger knows it; what is held is the sum of its holds. */
export type Account = {
  available: bigint
  lanes: readonly Entry[]
  holds: readonly Entry[]
  receiptSequence: bigint
  /** What the leaf says to be held when that is not the sum of the holds. */
  heldStated?: bigint
}

export type Books = ReadonlyMap<Hex, Account>

export const emptyAccount: Account = { available: 0n, lanes: [], holds: [], receiptSequence: 0n }

export const heldOf = ({ holds, heldStated }: Pick<Account, 'holds' | 'heldStated'>): bigint =>
  heldStated ?? holds.reduce((sum, { value }) => sum + value, 0n)

export function leafOf(account: Account | undefined): Leaf {
  const { available, lanes, holds, receiptSequence, heldStated } = account ?? emptyAccount
  return {
    available,
    held: heldOf(heldStated === undefined ? { holds } : { holds, heldStated }),
    lanesRoot: entriesRoot(lanes).hash,
    holdsRoot: entriesRoot(holds).hash,
    receiptSequence,
  }
}

export const leavesOf = (books: Books) => [...books].map(([place, account]) => ({ place, leaf: leafOf(account) }))

/** Books of these accounts in which the rest of what the inbox brought lies with the rewards. */
export function booksOf(inboxMicrocredits: bigint, accounts: readonly (readonly [Hex, Partial<Account>])[]): Books {
  const complete = accounts.map(([place, account]): [Hex, Account] => [place, { ...emptyAccount, ...account }])
  const spread = complete.reduce((sum, [, account]) => sum + account.available + heldOf(account), 0n)
  const rewards = { ...emptyAccount, available: inboxMicrocredits - spread }
  return new Map([...complete, [placeOfName('rewards'), rewards]])
}

export const JOURNAL_HASH = keccak256(stringToHex('journal'))

/** An epoch that stands on chain, the books behind it and those before it. */
export type Posted = {
  readonly epoch: bigint
  readonly before: Books
  readonly books: Books
  readonly closedAt: bigint
}

/** Posts books and the rows that paid out of them as the next epoch, over the whole inbox unless a cut is given. */
export async function postBooks(
  { settlement }: Disputed,
  before: Books,
  books: Books,
  journalPositions = 10n,
  inboxCut?: bigint,
  rows: readonly PayoutRow[] = [],
): Promise<Posted> {
  await networkHelpers.time.increase(INBOX_AGE_SECONDS)
  const parent = await settlement.read.headEpoch()
  const { journalPosition } = await settlement.read.epoch([parent])
  const root = treeOver(placedLeaves(leavesOf(books)))
  const closedAt = BigInt(await networkHelpers.time.latest())
  const header = {
    parent,
    inboxCut: inboxCut ?? (await settlement.read.inboxCount()),
    journalPosition: journalPosition + journalPositions,
    closedAt,
    journalHash: JOURNAL_HASH,
    burnMicrocredits: 0n,
    leavesRoot: root.hash,
    leavesTotalMicrocredits: root.sum,
    rowCount: rows.length,
  }
  await settlement.write.postEpoch([header, encodeRows(rows)], { account: poster.account })
  return { epoch: await settlement.read.headEpoch(), before, books, closedAt }
}

export const entry = (key: Hex, credit: bigint, debit: bigint): Entry => ({ key, value: (credit << 64n) | debit })

/** What an honest poster states of an account in an epoch, whose entries are these. */
export function statementOf({ before, books }: Posted, place: Hex, entries: readonly Entry[]) {
  const holds = books.get(place)?.holds ?? []
  const statement = {
    opening: leafOf(before.get(place)),
    closing: leafOf(books.get(place)),
    root: entriesRoot(entries).hash,
    sum: entries.reduce((sum, { value }) => sum + value, 0n),
  }
  const proof = {
    opening: leafProof(leavesOf(before), place),
    closing: leafProof(leavesOf(books), place),
    root: statement.root,
    sum: statement.sum,
    holds: entryProof(holds, place),
  }
  return { statement, proof }
}

/** The root's hash over some key, for trees in which only that nothing is there matters. */
export const someKey = (name: string): Hex => keccak256(stringToHex(name))
