import type { Address } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { AuditBooks } from './audit-books.ts'

/** From here on debits are added up, in µcr. */
const largeMicrocredits = 2n ** 24n

/** What may leave a wallet between two final epochs, so that no half of its statement carries. */
const debitsMax = 2n ** 62n

/** Says when more leaves a wallet than its statement on chain can show. What the contract forces out of it is at most all that it has. */
export function turnoverProblem(books: AuditBooks, { type, data, entries }: LedgerEvent): string | undefined {
  const isForced = type === 'PayoutScheduled' && data.inboxIndex !== undefined
  for (const { account, amountMicrocredits } of entries) {
    if (amountMicrocredits > -largeMicrocredits || !account.startsWith('wallet:')) continue
    const wallet = account.slice('wallet:'.length) as Address
    const debited = (books.debited.get(wallet) ?? 0n) - amountMicrocredits
    books.debited.set(wallet, debited)
    const since = debited + (books.debitedPending.get(wallet) ?? 0n)
    if (since > debitsMax && !isForced) return `takes ${since} µcr out of ${wallet} since the newest final epoch`
  }
  return undefined
}

/** What was debited so far is the closing epoch's. */
export function closeDebited({ debited, debitedPending }: AuditBooks): void {
  for (const [wallet, amount] of debited) debitedPending.set(wallet, amount)
  debited.clear()
}

/** What a cancelled epoch had is the next one's. */
export function reopenDebited({ debited, debitedPending }: AuditBooks): void {
  for (const [wallet, amount] of debitedPending) debited.set(wallet, (debited.get(wallet) ?? 0n) + amount)
  debitedPending.clear()
}
