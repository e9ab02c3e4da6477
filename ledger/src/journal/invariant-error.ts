/** Thrown when an event would break the ledger's invariants: a bug or a damaged journal, never an answer to a user. */
export class LedgerInvariantError extends Error {
  override readonly name = 'LedgerInvariantError'
}
