import { Auditor, decodeEvent, type EventStore, type LedgerCrypto } from '@deparrow/ledger'

export type JournalAudit = {
  readonly position: number
  readonly hash: string
  /** The first thing that is wrong, in a sentence; `undefined` for a journal that holds. */
  readonly problem: string | undefined
}

const pageSize = 1_000

/** Reads a shard's journal from its first event and has the independent auditor follow it. */
export async function auditJournal(store: EventStore, shard: string, crypto: LedgerCrypto): Promise<JournalAudit> {
  const auditor = new Auditor(crypto)
  for (;;) {
    const { position } = auditor.head()
    const page = await store.read(shard, position, pageSize)
    for (const stored of page) {
      const finding = auditor.follow(decodeEvent(stored), stored.payload, stored.hash)
      if (finding !== undefined) {
        const problem = `event ${finding.position} ${finding.problem}`
        return { ...auditor.head(), problem }
      }
    }
    if (page.length < pageSize) return { ...auditor.head(), problem: undefined }
  }
}
