import {
  type Hex,
  type JournalHead,
  type LedgerConfig,
  type LedgerEvent,
  lowerHex,
  type SignedAcceptance,
  verifyAcceptance,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { JournalFinding } from './verify-journal.ts'

/**
 * Holds a journal to what its ledger has signed: a command that it accepted must stand where it said, and the journal must have the hash that it
 * had then. So a journal is found out that was cut off, or written anew, after the last epoch.
 */
export class AcceptanceWatch {
  private readonly wanted: ReadonlySet<number>
  private readonly digests: ReadonlySet<string>
  private readonly seen = new Map<number, { readonly commandId: string; readonly hash: Hex }>()
  /** By their jobs, the wanted receipts: they are accepted where their jobs are settled. */
  private readonly receipts = new Map<Hex, string>()

  constructor(private readonly acceptances: readonly SignedAcceptance[]) {
    this.digests = new Set(acceptances.map(({ acceptance }) => String(acceptance.digest).toLowerCase()))
    this.wanted = new Set(
      acceptances.flatMap(({ acceptance, root }) => [Number(acceptance.position), Number(root.message.position)]),
    )
  }

  /** Takes in an event that was found right. */
  see(event: LedgerEvent, hash: Hex): void {
    const { position, commandId, type, data } = event
    if (type === 'ReceiptReceived' && this.digests.has(commandId)) {
      this.receipts.set(data.receipt.message.orderDigest, commandId)
    }
    if (!this.wanted.has(position)) return
    const receipt = type === 'JobSettled' ? this.receipts.get(data.orderDigest) : undefined
    this.seen.set(position, { commandId: receipt ?? commandId, hash })
  }

  /** What the ledger signed and the journal lacks. Throws {@link AcceptanceForeignError} for what this ledger has not signed. */
  finding(config: LedgerConfig, head: JournalHead): JournalFinding | undefined {
    const findings = this.acceptances
      .map(signed => this.findingOf(config, head, signed))
      .filter(finding => finding !== undefined)
    return findings.sort((a, b) => a.position - b.position)[0]
  }

  private findingOf(config: LedgerConfig, head: JournalHead, signed: SignedAcceptance): JournalFinding | undefined {
    const { digest } = signed.acceptance
    const { journalHash } = signed.root.message
    const domain = { chainId: config.chainId, verifyingContract: config.settlement }
    const isOwn = Number(signed.root.message.shard) === config.shard
    if (!isOwn || !verifyAcceptance(ledgerCrypto, domain, config.ledgerSigner, signed)) {
      throw new AcceptanceForeignError(digest)
    }
    const position = Number(signed.acceptance.position)
    const end = Number(signed.root.message.position)
    const missing = Math.max(position, end)
    if (missing > head.position) {
      const problem = `is not there: the ledger has signed that command ${digest} stands at ${position} of at least ${missing}`
      return { position: head.position + 1, type: undefined, problem }
    }
    if (this.seen.get(position)?.commandId !== lowerHex(digest)) {
      return { position, type: undefined, problem: `is not of command ${digest}, as the ledger has signed` }
    }
    return this.seen.get(end)?.hash === lowerHex(journalHash)
      ? undefined
      : { position: end, type: undefined, problem: 'has not the hash that the ledger has signed' }
  }
}

/**
 * Reads acceptances out of JSON, one or a list of them, as the gateway gives them. Their signatures are not looked at. Throws
 * {@link AcceptanceUnreadableError}.
 */
export function readAcceptances(json: string): readonly SignedAcceptance[] {
  try {
    const value: unknown = JSON.parse(json)
    return (Array.isArray(value) ? value : [value]).map(acceptanceOf)
  } catch (cause) {
    throw new AcceptanceUnreadableError({ cause })
  }
}

type Given = Readonly<Record<string, unknown>> & { readonly root: Readonly<Record<string, unknown>> }

/** What is missing or of another type is found by `verifyAcceptance`. */
function acceptanceOf(value: Given): SignedAcceptance {
  const { digest, position, isAccepted, atMs, index, count, siblings, root } = value
  const { signature, shard, root: hash, position: end, journalHash } = root
  const signed = {
    acceptance: { digest, position, isAccepted, atMs },
    index: Number(index),
    count: Number(count),
    siblings,
    root: { message: { shard, root: hash, position: end, journalHash }, signature },
  }
  return signed as unknown as SignedAcceptance
}

/** Thrown when an acceptance was not signed by the ledger whose journal is verified. */
export class AcceptanceForeignError extends Error {
  override readonly name = 'AcceptanceForeignError'
  constructor(digest: unknown) {
    super(`the acceptance of ${String(digest).slice(0, 80)} is not signed by this ledger`)
  }
}

/** Thrown when a file holds no acceptance. */
export class AcceptanceUnreadableError extends Error {
  override readonly name = 'AcceptanceUnreadableError'
  constructor(options: { readonly cause: unknown }) {
    super('the file holds no acceptance as a gateway gives it', options)
  }
}
