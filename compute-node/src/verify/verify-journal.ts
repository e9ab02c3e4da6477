import { availableParallelism } from 'node:os'
import {
  type AuditFinding,
  Auditor,
  type Domain,
  type Hex,
  hexToBytes,
  type JournalHead,
  type LedgerConfig,
  type LedgerEvent,
  type Recovered,
  signedPartsOf,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { readRecovered } from './check-block.ts'
import { type BlockChecks, type CheckedBlock, CheckThreads, checksHere } from './check-threads.ts'
import { eventLines } from './event-lines.ts'
import { ExportOutline } from './export-outline.ts'
import { type EventLines, ExportCutter, type ExportPart } from './export-parts.ts'
import { LineTooLongError, lineBlocks } from './line-blocks.ts'
import { StoreUnreadableError } from './sqlite-source.ts'

export type VerifyOptions = {
  /** `trusted`: signatures are not recovered and digests not computed; everything else is checked. `checked` by default. */
  readonly signatures?: 'checked' | 'trusted'
  /**
   * Threads that hash and recover signers beside the one that does the books. By default as many as the machine has cores, or one less where
   * signatures are trusted and the books are most of the work. With 0 the calling thread does all of it.
   */
  readonly threadCount?: number
  /** Hears every event that was found right, in order. */
  readonly onEvent?: (event: LedgerEvent, hash: Hex) => void
}

/** The first event that is wrong. */
export type JournalFinding = AuditFinding & {
  /** `undefined` when there is no event that could be read. */
  readonly type: string | undefined
}

/** What a journal came to, up to its end or to the first event that is wrong. */
export type JournalVerdict = {
  readonly finding: JournalFinding | undefined
  readonly head: JournalHead
  /** Of the first event. */
  readonly config: LedgerConfig | undefined
  readonly signatureCount: number
  /** By account, in µcr. */
  readonly balances: ReadonlyMap<string, bigint>
}

const nothingRecovered: readonly Recovered[] = []

/** Blocks that wait for each thread: one under work, and one to go on with. */
const blocksPerThread = 2

type Waiting = { readonly part: ExportPart; readonly checked: Promise<CheckedBlock> | undefined }

/**
 * Replays an export of a journal and trusts nothing of it. The threads check what needs no books; this one does the books, in order. Memory
 * is bounded by the number of accounts, not by the length of the journal. Throws what the source throws.
 */
export async function verifyJournal(
  source: AsyncIterable<Uint8Array>,
  options: VerifyOptions = {},
): Promise<JournalVerdict> {
  const { threadCount = threadsFor(options.signatures) } = options
  const checks = threadCount === 0 ? checksHere : new CheckThreads(threadCount)
  try {
    return await new JournalVerification(checks, { ...options, threadCount }).run(source)
  } finally {
    await checks.close()
  }
}

function threadsFor(signatures: VerifyOptions['signatures']): number {
  const coreCount = availableParallelism()
  return signatures === 'trusted' ? Math.max(1, coreCount - 1) : coreCount
}

class JournalVerification {
  private readonly cutter = new ExportCutter()
  private readonly outline = new ExportOutline()
  private readonly auditor: Auditor
  private readonly waiting: Waiting[] = []
  private readonly signatures: 'checked' | 'trusted'
  private readonly waitingMax: number
  private readonly onEvent: VerifyOptions['onEvent']
  private config: LedgerConfig | undefined
  private signatureCount = 0
  private finding: JournalFinding | undefined

  constructor(
    private readonly checks: BlockChecks,
    { signatures = 'checked', threadCount, onEvent }: VerifyOptions & { readonly threadCount: number },
  ) {
    this.signatures = signatures
    this.waitingMax = blocksPerThread * threadCount
    this.onEvent = onEvent
    this.auditor = new Auditor(ledgerCrypto, { signatures })
  }

  async run(source: AsyncIterable<Uint8Array>): Promise<JournalVerdict> {
    await this.readAll(source)
    while (this.waiting.length > 0 && !this.isOver()) await this.follow(this.waiting.shift() as Waiting)
    await Promise.allSettled(this.waiting.map(({ checked }) => checked))
    const { auditor, outline, config, signatureCount } = this
    if (!this.isOver()) outline.end()
    const head = auditor.head()
    if (this.finding === undefined && outline.problem !== undefined) this.report(undefined, outline.problem)
    return { finding: this.finding ?? this.headerFinding(), head, config, signatureCount, balances: auditor.balances() }
  }

  private isOver(): boolean {
    return this.finding !== undefined || this.outline.problem !== undefined
  }

  private async readAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const block of lineBlocks(source)) {
        for (const part of this.cutter.cut(block)) await this.take(part)
        if (this.isOver()) return
      }
    } catch (error) {
      if (!(error instanceof LineTooLongError || error instanceof StoreUnreadableError)) throw error
      while (this.waiting.length > 0 && !this.isOver()) await this.follow(this.waiting.shift() as Waiting)
      this.outline.problem ??= `cannot be read: ${error.message}`
    }
  }

  /** Has a part checked while the ones before it are followed. */
  private async take(part: ExportPart): Promise<void> {
    if (part.kind === 'events') this.config ??= configIn(part)
    const checked = part.kind === 'events' ? this.check(part) : undefined
    checked?.catch(() => undefined)
    this.waiting.push({ part, checked })
    if (this.waiting.length > this.waitingMax) await this.follow(this.waiting.shift() as Waiting)
  }

  private check({ bytes, previousHash }: EventLines): Promise<CheckedBlock> {
    return this.checks.check({
      lines: bytes as Uint8Array<ArrayBuffer>,
      previousHash: hexToBytes(previousHash),
      domain: this.signatures === 'checked' ? domainOf(this.config) : undefined,
    })
  }

  private async follow({ part, checked }: Waiting): Promise<void> {
    if (this.isOver()) return
    if (part.kind === 'line') this.outline.line(part.text)
    else if (part.kind === 'cut') this.outline.cut(part.text)
    else if (checked !== undefined) this.followEvents(await checked)
  }

  /** Does the books of lines whose hashes and signatures were looked at. */
  private followEvents({ lines, brokenAt, recovered }: CheckedBlock): void {
    const records = Buffer.from(recovered.buffer, recovered.byteOffset, recovered.length)
    let index = 0
    let recordCount = 0
    for (const { event, hash, problem } of eventLines(Buffer.from(lines.buffer, lines.byteOffset, lines.length))) {
      if (problem !== undefined) return this.report(undefined, problem)
      if (index++ === brokenAt) return this.report(event, 'its hash does not continue the chain')
      const found = this.recoveredOf(event, records, recordCount)
      recordCount += found.length
      const finding = this.auditor.follow(event, '', hash, { recovered: found })
      if (finding !== undefined) return this.report(event, finding.problem)
      this.outline.event(hash)
      this.onEvent?.(event, hash)
    }
  }

  private recoveredOf(event: LedgerEvent, records: Buffer, from: number): readonly Recovered[] {
    if (this.signatures === 'trusted') return nothingRecovered
    const found = signedPartsOf(event).map((_, index) => readRecovered(records, from + index))
    this.signatureCount += found.length
    return found
  }

  private report(event: LedgerEvent | undefined, problem: string): void {
    this.finding = { position: this.auditor.head().position + 1, type: event?.type, problem }
  }

  /** The header says of which ledger the journal is; it is not part of the chain. */
  private headerFinding(): JournalFinding | undefined {
    const { header } = this.outline
    const { config } = this
    const isOther = config && (header?.chainId !== config.chainId || header.settlement !== config.settlement)
    return isOther
      ? { position: 1, type: 'LedgerOpened', problem: 'is of another ledger than the header says' }
      : undefined
  }
}

/** The parameters of the first event, which say what its signatures were made for. */
function configIn({ bytes }: EventLines): LedgerConfig | undefined {
  const [first] = eventLines(bytes)
  return first?.event?.type === 'LedgerOpened' ? first.event.data.config : undefined
}

function domainOf(config: LedgerConfig | undefined): Domain | undefined {
  return config && { chainId: config.chainId, verifyingContract: config.settlement }
}
