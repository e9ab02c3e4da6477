import type { EventOf } from '../journal/event.ts'
import { type Audit, expectEntries } from './checks.ts'
import { payoutsOf, updatePayouts } from './epoch-movement.ts'
import { reopenDebited } from './turnover-movement.ts'

/** An epoch that the chain has taken back is one that it might have: what it posted is owed again, and its number is used up. */
export function cancellationProblem({ books }: Audit, event: EventOf<'EpochCancelled'>): string | undefined {
  const { epoch, lastEpoch, headEpoch, journalPosition } = event.data
  const pending =
    books.lastEpoch !== undefined && books.lastEpoch.epoch > books.lastEpochFinal ? books.lastEpoch : undefined
  if (epoch !== pending?.epoch && epoch <= books.lastEpochNumber)
    return `takes back epoch ${epoch}, which is no pending one`
  if (journalPosition !== undefined) {
    if (journalPosition !== pending?.journalPosition) return `gives up books that closed at position ${journalPosition}`
    if (epoch !== books.lastEpochNumber || lastEpoch !== epoch - 1) return `says that ${lastEpoch} was the last epoch`
  } else if (lastEpoch < epoch || lastEpoch < books.lastEpochNumber) {
    return `says that ${lastEpoch} was the last epoch`
  }
  const isUndone = pending !== undefined && headEpoch < pending.epoch
  const head = isUndone || pending === undefined ? books.lastEpochFinal : pending.epoch
  if (headEpoch !== head || epoch <= headEpoch) return `goes on from epoch ${headEpoch}`
  books.lastEpochNumber = lastEpoch
  if (!isUndone) return expectEntries(event, {})
  for (const { wallet, previousEpoch, incrementMicrocredits } of pending.rows) {
    const postedMicrocredits = payoutsOf(books, wallet).postedMicrocredits - incrementMicrocredits
    updatePayouts(books, wallet, { postedMicrocredits, lastEpoch: previousEpoch })
  }
  for (const [wallet, burnt] of books.epochBurns.get(pending.epoch) ?? []) {
    books.burns.set(wallet, (books.burns.get(wallet) ?? 0n) + burnt)
  }
  books.epochBurns.delete(pending.epoch)
  reopenDebited(books)
  books.lastEpoch = books.finalEpoch
  return expectEntries(event, {})
}
