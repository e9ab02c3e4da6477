import {
  type Address,
  decodeEvent,
  type EpochBooks,
  type LedgerEvent,
  type PayoutRow,
  type StoredEvent,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { EpochArchive } from '@deparrow/sdk/disputes'

/** A payee's newest row in a final epoch, with the books in which it stands. */
export type FinalRow = { readonly books: EpochBooks; readonly index: number; readonly row: PayoutRow }

/** What anybody makes out of the public journal alone, when there is nobody left to ask. */
export class PublicArchive {
  readonly archive = new EpochArchive(ledgerCrypto)
  readonly events: readonly LedgerEvent[]
  private readonly closed = new Map<number, EpochBooks>()

  constructor(stored: readonly StoredEvent[]) {
    this.events = stored.map(decodeEvent)
    for (const event of this.events) {
      this.archive.apply(event)
      if (event.type === 'EpochClosed') this.closed.set(event.data.epoch, event.data)
    }
  }

  books(epoch: number): EpochBooks | undefined {
    return this.closed.get(epoch)
  }

  /** The newest rows of all payees up to a final epoch, by the line of parents that ends there. */
  finalRows(finalEpoch: number): ReadonlyMap<Address, FinalRow> {
    const rows = new Map<Address, FinalRow>()
    let books = this.closed.get(finalEpoch)
    while (books !== undefined) {
      for (const [index, row] of books.rows.entries())
        if (!rows.has(row.wallet)) rows.set(row.wallet, { books, index, row })
      books = this.closed.get(books.parent)
    }
    return rows
  }
}
