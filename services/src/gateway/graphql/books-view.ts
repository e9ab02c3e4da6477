import { type Books, isBalanced, isCovered, type Ledger } from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import { LEDGER, SETTLEMENT_VIEW } from '../../tokens.ts'
import type { SettlementView } from '../settlement-view.port.ts'

/** The ledger in one line, as the type `Books` of the schema. */
@Injectable()
export class BooksView {
  #books: { readonly position: number; readonly books: Books } | undefined

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(SETTLEMENT_VIEW) private readonly settlement: SettlementView,
  ) {}

  async now() {
    const contractWei = await this.settlement.contractWei().catch(() => undefined)
    const books = this.#booksNow()
    return {
      ...books,
      clearing: String(books.clearing),
      balanced: isBalanced(books),
      contractWei,
      fullReserve: contractWei === undefined ? undefined : isCovered(books, contractWei),
    }
  }

  /** Adding all accounts up takes long in a large ledger; the sum of one position is the same for everybody. */
  #booksNow(): Books {
    const { position } = this.ledger.head()
    if (this.#books?.position !== position) this.#books = { position, books: this.ledger.books() }
    return this.#books.books
  }
}
