import type { Allowance } from '../../messages.ts'
import type { Random } from '../../random.ts'
import { epochOf, type State } from '../../state.ts'
import type { Books } from '../books.ts'
import { type Draft, type DraftLeaf, entryIn } from '../draft.ts'
import type { People } from '../people.ts'

export type Workshop = {
  readonly state: State
  readonly books: Books
  readonly random: Random
  readonly people: People
  readonly victim: string
}

/** A way to falsify an epoch before it is posted; false when there was nothing to falsify. The books still close. */
export type Tamper = (draft: Draft, workshop: Workshop) => boolean

export const accomplice = 'mallory'

export function leafIn(draft: Draft, account: string): DraftLeaf {
  let leaf = draft.leaves.get(account)
  if (leaf === undefined) {
    leaf = { available: 0, held: 0, lanes: new Map(), holds: new Map(), sequence: 0 }
    draft.leaves.set(account, leaf)
  }
  return leaf
}

/** Debits the victim under a key and gives the amount to the accomplice. */
export function take(
  draft: Draft,
  from: string,
  amount: number,
  key: string,
  allowances: readonly Allowance[],
): boolean {
  const leaf = leafIn(draft, from)
  if (amount <= 0 || leaf.available < amount) return false
  leaf.available -= amount
  leafIn(draft, accomplice).available += amount
  const entry = entryIn(draft, from, key)
  entry.debit += amount
  entry.allowances.push(...allowances)
  entryIn(draft, accomplice, key).credit += amount
  return true
}

export function some({ random }: Workshop, available: number): number {
  return available <= 0 ? 0 : random.between(1, available)
}

/** Takes a credit away from an account and gives it to the accomplice. */
export function diminish(draft: Draft, account: string, key: string, amount: number): boolean {
  const entry = draft.statements.get(account)?.get(key)
  const leaf = leafIn(draft, account)
  if (entry === undefined || entry.credit < amount || leaf.available < amount || amount <= 0) return false
  entry.credit -= amount
  leaf.available -= amount
  leafIn(draft, accomplice).available += amount
  entryIn(draft, accomplice, `@${'0'.repeat(7)}1`).credit += amount
  return true
}

export function pastMovements({ books }: Workshop, account: string, isPast: (position: number) => boolean) {
  return books.movements.filter(({ account: of, debit, position }) => of === account && debit > 0 && isPast(position))
}

export function parentPosition(state: State, draft: Draft): number {
  return epochOf(state, draft.parent).header.position
}
