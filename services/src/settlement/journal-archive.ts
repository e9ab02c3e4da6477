import type { LedgerCrypto, LedgerEvent } from '@deparrow/ledger'
import { ArchiveProtocolError, EpochArchive } from '@deparrow/sdk/disputes'

/**
 * The archive of the journal's epochs for as long as the journal allows one. A journal of an older protocol never has one; one that does not
 * give the root that an epoch was closed with has none from then on.
 */
export class JournalArchive {
  /** Why there is none: the error's name. */
  problem: string | undefined
  private folded: EpochArchive | undefined

  constructor(crypto: LedgerCrypto) {
    this.folded = new EpochArchive(crypto)
  }

  get archive(): EpochArchive | undefined {
    return this.folded
  }

  /** Takes the next event of the journal, from the first one on. */
  apply(event: LedgerEvent): void {
    try {
      this.folded?.apply(event)
    } catch (error) {
      this.folded = undefined
      this.problem = error instanceof Error ? error.name : String(error)
    }
  }

  /** Why what an epoch says could not be shown on demand; `undefined` when it could, and for a journal that no contract judges. */
  unprovable(epoch: number): string | undefined {
    if (this.problem === ArchiveProtocolError.name) return undefined
    if (this.problem !== undefined) return this.problem
    return this.folded?.asked?.books.epoch === epoch ? undefined : 'EPOCH_NOT_ARCHIVED'
  }
}
