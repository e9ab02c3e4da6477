import {
  type Address,
  Auditor,
  type EpochBooks,
  type Hex,
  type JournalHead,
  type LedgerConfig,
  type LedgerEvent,
  lowerHex,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { EpochArchive } from '@deparrow/sdk/disputes'
import type { OwnBooks, PostedEpoch } from '@deparrow/sdk/watcher'
import { type InboxItem, JournalFacts } from '../verify/chain/journal-facts.ts'
import type { SourceOptions } from '../verify/journal-source.ts'
import { readJournal } from './journal-reading.ts'

/** The first thing that is wrong with the journal. */
export type JournalProblem = { readonly position: number; readonly problem: string }

const beginning: JournalHead = { position: 0, hash: zeroHash }

/**
 * Follows a public journal and says for any epoch on chain what the journal gives for it. The auditor checks every event until the first that is wrong;
 * the books go on after that, for as long as they can, so that what is wrong can be shown to the contracts.
 */
export class JournalFollower {
  head: JournalHead = beginning
  problem: JournalProblem | undefined
  private auditor = new Auditor(ledgerCrypto)
  private facts = new JournalFacts()
  private archive: EpochArchive | undefined = ownArchive()
  /** Hashes of the journal where an epoch was closed, by position. */
  private closedAt = new Map<number, Hex>()
  private readonly again = new Map<string, OwnBooks>()

  constructor(
    private readonly source: string,
    private readonly options: Pick<SourceOptions, 'shard'> & {
      /** Nodes whose receipts are looked after. */
      readonly nodes?: ReadonlySet<Address>
    } = {},
  ) {}

  /** Digests of receipts of those nodes whose jobs the journal has settled. */
  readonly settledReceipts = new Set<Hex>()
  /** By their orders, those that were received. */
  private readonly received = new Map<Hex, Hex>()

  /**
   * Reads what is new. Answers whether the journal is another one than before: then it was read again from its start. Throws what the source throws when
   * nobody answers.
   */
  async advance(signal?: AbortSignal): Promise<'same' | 'rewritten'> {
    if (await this.readOn(signal)) return 'same'
    this.head = beginning
    this.problem = undefined
    this.auditor = new Auditor(ledgerCrypto)
    this.facts = new JournalFacts()
    this.archive = ownArchive()
    this.closedAt = new Map()
    this.again.clear()
    this.received.clear()
    this.settledReceipts.clear()
    await this.readOn(signal)
    return 'rewritten'
  }

  /** What the journal says of an epoch on chain; `undefined` when it has no event yet. The inbox is the chain's. */
  async ownBooks(
    posted: PostedEpoch,
    inbox: readonly InboxItem[],
    signal?: AbortSignal,
  ): Promise<OwnBooks | undefined> {
    if (this.head.position === 0) return undefined
    const isFound = this.problem === undefined || this.problem.position > posted.journalPosition
    const isSound = isFound && this.isInboxOf(inbox, posted.inboxCut)
    const live = this.archive?.asked?.books
    if (live !== undefined && isSameClosing(live, posted)) {
      const isComplete = this.closedAt.get(posted.journalPosition) === posted.journalHash
      return { archive: this.archive as EpochArchive, isSound, isComplete }
    }
    const until = Math.min(posted.journalPosition, this.head.position)
    const key = `${posted.epoch}/${posted.parent}/${posted.inboxCut}/${posted.journalHash}/${until}`
    const known = this.again.get(key)
    if (known !== undefined) return { ...known, isSound }
    const own = await this.replay(posted, isSound, signal)
    this.again.clear()
    if (own !== undefined) this.again.set(key, own)
    return own
  }

  /** Answers false when the journal does not go on where it ended. */
  private async readOn(signal: AbortSignal | undefined): Promise<boolean> {
    const { position, hash } = this.head
    for await (const piece of readJournal(this.source, { ...this.options, signal, after: position })) {
      if (piece.kind === 'page') {
        if (piece.after.position === position && piece.after.hash !== hash) return false
      } else if (piece.kind === 'problem') this.report(piece.problem)
      else if (piece.event.position <= position) {
        if (piece.event.position === position && piece.hash !== hash) return false
      } else this.take(piece.event, piece.payload, piece.hash)
    }
    return true
  }

  private take(event: LedgerEvent, payload: string, hash: Hex): void {
    if (this.problem === undefined) {
      const finding = this.auditor.follow(event, payload, hash)
      if (finding !== undefined) this.report(finding.problem)
    }
    if (event.type === 'EpochClosed') this.closedAt.set(event.position - 1, this.head.hash)
    this.head = { position: event.position, hash }
    this.facts.see(event, hash)
    this.seeReceipt(event)
    try {
      this.archive?.apply(event)
    } catch (error) {
      this.archive = undefined
      this.report(`cannot be: ${error instanceof Error ? error.message : String(error)}`, event.position)
    }
  }

  private seeReceipt({ type, data, commandId }: LedgerEvent): void {
    if (type === 'ReceiptReceived') {
      const { node, orderDigest } = data.receipt.message
      if (this.options.nodes?.has(node)) this.received.set(orderDigest, lowerHex(commandId as Hex))
    } else if (type === 'JobSettled') {
      const digest = this.received.get(data.orderDigest)
      if (digest !== undefined) this.settledReceipts.add(digest)
      this.received.delete(data.orderDigest)
    }
  }

  /** Of which ledger it is; `undefined` before its first event. */
  get config(): LedgerConfig | undefined {
    return this.facts.config
  }

  private report(problem: string, position = this.head.position + 1): void {
    this.problem ??= { position, problem }
  }

  /** Reads the journal again up to an epoch's position, and closes the epoch there as the chain says that it was closed. */
  private async replay(posted: PostedEpoch, isSound: boolean, signal?: AbortSignal): Promise<OwnBooks | undefined> {
    const archive = ownArchive()
    let head = beginning
    try {
      for await (const piece of readJournal(this.source, { ...this.options, signal })) {
        if (piece.kind === 'problem') break
        if (piece.kind === 'page') continue
        if (piece.event.position > Math.min(posted.journalPosition, this.head.position)) break
        archive.apply(piece.event)
        head = { position: piece.event.position, hash: piece.hash }
      }
      if (head.position === 0) return undefined
      archive.closeHere(headerOf(posted), posted.closedAt * 1_000)
    } catch (error) {
      if (isFromJournal(error)) return undefined
      throw error
    }
    const isComplete = head.position === posted.journalPosition && head.hash === posted.journalHash
    return { archive, isSound, isComplete }
  }

  private isInboxOf(inbox: readonly InboxItem[], cut: number): boolean {
    return inbox.slice(0, cut).every((item, index) => isSameItem(item, this.facts.inbox[index]))
  }
}

function ownArchive(): EpochArchive {
  return new EpochArchive(ledgerCrypto, { roots: 'own' })
}

function headerOf({ epoch, parent, inboxCut, journalPosition, journalHash, burnMicrocredits }: PostedEpoch) {
  return { epoch, parent, inboxCut, journalPosition, journalHash, burnMicrocredits }
}

function isSameClosing(books: EpochBooks, posted: PostedEpoch): boolean {
  const { epoch, parent, journalPosition, inboxCut } = books
  const isSamePlace = journalPosition === posted.journalPosition && inboxCut === posted.inboxCut
  return epoch === posted.epoch && parent === posted.parent && isSamePlace
}

/** Where it stands on chain is for `ledger verify` to compare; what it brings decides what statements must say. */
function isSameItem(item: InboxItem, own: InboxItem | undefined): boolean {
  if (own === undefined) return false
  const names = [
    'index',
    'kind',
    'account',
    'amountMicrocredits',
    'askedMicrocredits',
    'delegate',
    'nonce',
    'digest',
  ] as const
  return names.every(name => (name === 'account' && isOfNobody(item) ? true : item[name] === own[name]))
}

/** Genesis and emission belong to no wallet. */
function isOfNobody({ kind }: InboxItem): boolean {
  return kind === 'genesisTreasury' || kind === 'genesisRewards' || kind === 'emission'
}

/** Errors of the ledger's fold; those of the network and the file system carry a code. */
function isFromJournal(error: unknown): boolean {
  return !(error instanceof Error && 'code' in error)
}
