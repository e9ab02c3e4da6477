/** Statements of the model as the contracts take them, with proofs of what they hold. */
import { type Hex, zeroHash } from 'viem'
import type { Leaf as ModelLeaf, Statement } from '../../model/state.ts'
import {
  type Entry,
  type EntryProof,
  entriesRoot,
  entryProof,
  laneKey,
  leafProof,
  type PlacedLeaf,
} from '../support/trees.ts'
import { holdEntries, laneEntries, leafOfModel } from './leaves.ts'
import type { Messages } from './messages.ts'
import { addressOf, placeOfAccount } from './names.ts'

/** What the twin of the settlement contract knows of an epoch. */
export type Books = {
  leavesOf(epoch: number): readonly PlacedLeaf[]
  parentOf(epoch: number): number
  rowProofOf(epoch: number, payee: string): { part: number; index: number; row: Hex; siblings: Hex[] } | undefined
}

type Spend = { readonly signer: string; readonly message: { readonly lane: number } }

/** Shows the statements of one game. */
export class Shown {
  constructor(
    private readonly books: Books,
    private readonly messages: Messages,
  ) {}

  /** The arguments with which an account is stated. */
  statementArgs(epoch: number, account: string, statement: Statement) {
    const place = placeOfAccount(account)
    const { root, sum } = this.structOf(statement)
    const holds = this.holdsOf(statement.closing)
    const opening = leafProof(this.books.leavesOf(this.books.parentOf(epoch)), place)
    const closing = leafProof(this.books.leavesOf(epoch), place)
    return [place, { opening, closing, root, sum, holds: entryProof(holds, holds[0]?.key ?? zeroHash) }] as const
  }

  structOf({ opening, closing, entries }: Statement) {
    const leaf = (of: ModelLeaf) => leafOfModel(of, this.messages)
    const all = this.entriesOf(entries)
    const sum = all.reduce((total, { value }) => total + value, 0n)
    return { opening: leaf(opening), closing: leaf(closing), root: entriesRoot(all).hash, sum }
  }

  entryProof({ entries }: Statement, key: Hex): EntryProof {
    return entryProof(this.entriesOf(entries), key)
  }

  holdProof(leaf: ModelLeaf, key: Hex): EntryProof {
    return entryProof(this.holdsOf(leaf), key)
  }

  hasHold(leaf: ModelLeaf, key: Hex): boolean {
    return this.holdsOf(leaf).some(hold => hold.key === key)
  }

  laneProof(leaf: ModelLeaf, key: Hex): EntryProof {
    return entryProof(laneEntries(leaf), key)
  }

  /** A spend's lane in both leaves. */
  laneProofs({ opening, closing }: Statement, { signer, message }: Spend) {
    const key = laneKey(addressOf(signer), message.lane)
    return { opening: this.laneProof(opening, key), closing: this.laneProof(closing, key) }
  }

  entriesOf(entries: Statement['entries']): Entry[] {
    const moved = [...entries].filter(([, { credit, debit }]) => credit !== 0 || debit !== 0)
    return moved.map(([key, { credit, debit }]) => ({
      key: this.messages.keyOf(key),
      value: (BigInt(credit) << 64n) | BigInt(debit),
    }))
  }

  private readonly holdsOf = (leaf: ModelLeaf) => holdEntries(leaf, this.messages)
}
