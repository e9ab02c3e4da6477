import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { type Address, type Domain, type Hex, lowerHex } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type NodeJob, nodeJobOf, type PaperFault } from '@deparrow/sdk/watcher'
import { assignmentOfferCodec, decodeMessage, receiptHandoverCodec } from '../../protocol/index.ts'
import { papersApplicationId, papersFile } from '../daemon/job-papers.ts'
import type { NodeLog } from '../daemon/node-log.ts'
import { decodePricing } from '../daemon/pricing-text.ts'

type Row = Readonly<Record<string, SQLOutputValue>>
type Known = { readonly handover: SQLOutputValue; readonly job: NodeJob | undefined }

/** The jobs of a node out of its data folder, while the node may run. What cannot be read is said once and left out. */
export class NodeFolder {
  /** Addresses of the nodes whose papers were read. */
  readonly nodes = new Set<Address>()
  readonly #database: DatabaseSync
  /** By order and attempt; papers change only by their receipts. */
  readonly #known = new Map<string, Known>()

  /** Throws {@link NodePapersMissingError} and {@link NodePapersUnreadableError}. */
  constructor(
    dataFolder: string,
    private readonly domain: Domain,
    private readonly log: NodeLog,
  ) {
    const path = join(dataFolder, papersFile)
    if (!existsSync(path)) throw new NodePapersMissingError(dataFolder)
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    try {
      const id = this.#database.prepare('PRAGMA application_id').get()?.['application_id']
      if (id !== papersApplicationId) throw new NodePapersUnreadableError(path)
      for (const row of this.#database.prepare('SELECT DISTINCT node FROM paper').all()) this.#addNode(row)
    } catch (cause) {
      this.#database.close()
      throw cause instanceof NodePapersUnreadableError ? cause : new NodePapersUnreadableError(path, { cause })
    }
  }

  close(): void {
    this.#database.close()
  }

  /** Jobs whose certificates end after a time in seconds. */
  jobs(endedAfter: number): readonly NodeJob[] {
    const rows = this.#database.prepare('SELECT * FROM paper WHERE expires > ? ORDER BY expires').all(endedAfter)
    const keys = new Set(rows.map(keyOf))
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key)
    return rows.flatMap(row => this.#jobOf(row) ?? [])
  }

  #jobOf(row: Row): NodeJob | undefined {
    this.#addNode(row)
    const known = this.#known.get(keyOf(row))
    if (known !== undefined && known.handover === row['handover']) return known.job
    const read = jobIn(row, this.domain)
    const job = typeof read === 'string' ? undefined : read
    if (typeof read === 'string') {
      const message = `the papers of job ${String(row['order_digest'])} are of no use: ${read}`
      this.log({ level: 'error', code: 'NODE_PAPER_UNUSABLE', message })
    }
    this.#known.set(keyOf(row), { handover: row['handover'] ?? null, job })
    return job
  }

  #addNode(row: Row): void {
    this.nodes.add(lowerHex(String(row['node']) as Hex))
  }
}

function keyOf(row: Row): string {
  return `${String(row['order_digest'])}/${String(row['attempt'])}`
}

function jobIn(row: Row, domain: Domain): NodeJob | PaperFault | 'NOT_READABLE' {
  const pricing = decodePricing(String(row['pricing']))
  if (pricing === undefined) return 'NOT_READABLE'
  try {
    const { order, permission, certificate } = decodeMessage(assignmentOfferCodec, Buffer.from(String(row['offer'])))
    const receipt =
      row['handover'] === null
        ? undefined
        : decodeMessage(receiptHandoverCodec, Buffer.from(String(row['handover']))).receipt
    const job = nodeJobOf(ledgerCrypto, domain, { order, permission, certificate, pricing, receipt })
    return 'fault' in job ? job.fault : job
  } catch {
    return 'NOT_READABLE'
  }
}

/** Thrown when a folder holds no papers of a node. */
export class NodePapersMissingError extends Error {
  override readonly name = 'NodePapersMissingError'
  constructor(dataFolder: string) {
    super(`${dataFolder} holds no ${papersFile}. Name the data folder of a node that has taken a job`)
  }
}

/** Thrown when a node's papers cannot be what a node wrote. */
export class NodePapersUnreadableError extends Error {
  override readonly name = 'NodePapersUnreadableError'
  constructor(path: string, options?: { readonly cause: unknown }) {
    super(`${path} cannot be read as the papers of a node. Restore the file from a backup`, options)
  }
}
