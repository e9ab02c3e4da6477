import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Pricing } from '@deparrow/ledger'
import {
  type AssignmentOffer,
  assignmentOfferCodec,
  type ReceiptHandover,
  receiptHandoverCodec,
} from '../../protocol/index.ts'
import type { JobKey } from './node-store.ts'
import { encodePricing } from './pricing-text.ts'

/** Where a node keeps the papers of its jobs, in its data folder. */
export const papersFile = 'papers.sqlite'

/** `dpnp` in ASCII; marks the file. https://www.sqlite.org/pragma.html#pragma_application_id */
export const papersApplicationId = 0x64706e70

/** An epoch that owes a node something became final or ended the network long before. */
const keptMs = 60 * 24 * 3_600_000

const schema = `
  CREATE TABLE IF NOT EXISTS paper (
    order_digest TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    node TEXT NOT NULL,
    expires INTEGER NOT NULL,
    offer TEXT NOT NULL,
    pricing TEXT NOT NULL,
    handover TEXT,
    PRIMARY KEY (order_digest, attempt)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS paper_by_end ON paper (expires);
`

/**
 * What a node needs to come to its pay when an epoch drops its hold or leaves out its receipt: order, certificate, pricing and receipt of each job, for sixty
 * days after the certificate's end. The ledger's acknowledgement ends nothing here. A watcher reads the file beside the running node; each call is durable
 * when it returns.
 */
export class JobPapers {
  readonly #database: DatabaseSync

  constructor(dataFolder: string) {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    this.#database = new DatabaseSync(join(dataFolder, papersFile), { timeout: 5_000 })
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    this.#database.exec(`${schema} PRAGMA application_id = ${papersApplicationId}`)
  }

  close(): void {
    this.#database.close()
  }

  /** Keeps the papers of a job before it is taken; twice is no harm. */
  keep({ orderDigest, ...offer }: AssignmentOffer, pricing: Pricing, nowMs: number): void {
    const { attempt, node, expires } = offer.certificate.message
    const encoded = JSON.stringify(assignmentOfferCodec.encode({ orderDigest, ...offer }))
    this.#database
      .prepare(
        'INSERT OR IGNORE INTO paper (order_digest, attempt, node, expires, offer, pricing) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(orderDigest, attempt, node, expires, encoded, encodePricing(pricing))
    this.#database.prepare('DELETE FROM paper WHERE expires < ?').run(Math.floor((nowMs - keptMs) / 1_000))
  }

  /** Adds the receipt to the papers of a job, in place of one that was signed before. */
  addReceipt({ orderDigest, attempt }: JobKey, handover: ReceiptHandover): void {
    const encoded = JSON.stringify(receiptHandoverCodec.encode(handover))
    this.#database
      .prepare('UPDATE paper SET handover = ? WHERE order_digest = ? AND attempt = ?')
      .run(encoded, orderDigest, attempt)
  }
}
