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
import { type BlockFindings, readRecovered } from './check-block.ts'
import { type BlockChecks, CheckThreads, checksHere } from './check-threads.ts'
import { type EventLine, type EventLines, ExportReader } from './export-reader.ts'
import { LineTooLongError, lineBlocks } from './line-blocks.ts'
import { StoreUnreadableError } from './sqlite-source.ts'

export type VerifyOptions = {
  /** `trusted`: signatures are not recovered and digests not computed; everything else is checked. `checked` by default. */
  readonly signatures?: 'checked' | 'trusted'
  /**
   * Threads that hash and recover signers beside the one that does the books; as many as the machine has cores by default. With 0 the calling
   * thread does all of it.
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

type Waiting = { readonly lines: readonly EventLine[]; readonly findings: Promise<BlockFindings> }

/**
 * Replays an export of a journal and trusts nothing of it. The threads check what needs no books; this one does the books, in order. Memory
 * is bounded by the number of accounts, not by the length of the journal. Throws what the source throws.
 */
export async function verifyJournal(
  source: AsyncIterable<Uint8Array>,
  options: VerifyOptions = {},
): Promise<JournalVerdict> {
  const { threadCount = availableParallelism() } = options
  const checks = threadCount === 0 ? checksHere : new CheckThreads(threadCount)
  try {
    return await new JournalVerification(checks, { ...options, threadCount }).run(source)
  } finally {
    await checks.close()
  }
}

class JournalVerification {
  private readonly reader = new ExportReader()
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
    while (this.waiting.length > 0 && this.finding === undefined) await this.follow(this.waiting.shift() as Waiting)
    await Promise.allSettled(this.waiting.map(({ findings }) => findings))
    const { auditor, reader, config, signatureCount } = this
    const head = auditor.head()
    if (this.finding === undefined && reader.problem !== undefined) {
      this.finding = { position: head.position + 1, type: undefined, problem: reader.problem }
    }
    return { finding: this.finding ?? this.headerFinding(), head, config, signatureCount, balances: auditor.balances() }
  }

  private async readAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const block of lineBlocks(source)) {
        for (const lines of this.reader.read(block)) await this.take(lines)
        if (this.finding !== undefined || this.reader.problem !== undefined) return
      }
      this.reader.end()
    } catch (error) {
      if (!(error instanceof LineTooLongError || error instanceof StoreUnreadableError)) throw error
      this.reader.problem ??= `cannot be read: ${error.message}`
    }
  }

  private async take({ lines, bytes, previousHash }: EventLines): Promise<void> {
    this.config ??= configOf(lines[0])
    const isOwn = bytes.byteLength === bytes.buffer.byteLength
    const findings = this.checks.check({
      lines: isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes),
      previousHash: hexToBytes(previousHash),
      domain: this.signatures === 'checked' ? domainOf(this.config) : undefined,
    })
    findings.catch(() => undefined)
    this.waiting.push({ lines, findings })
    if (this.waiting.length > this.waitingMax) await this.follow(this.waiting.shift() as Waiting)
  }

  /** Does the books of a block whose hashes and signatures were looked at. */
  private async follow({ lines, findings }: Waiting): Promise<void> {
    if (this.finding !== undefined) return
    const { brokenAt, recovered } = await findings
    const records = Buffer.from(recovered.buffer, recovered.byteOffset, recovered.length)
    let recordCount = 0
    for (let index = 0; index < lines.length; index++) {
      const { event, hash, problem } = lines[index] as EventLine
      if (event === undefined || index === brokenAt) {
        this.report(event, problem ?? 'its hash does not continue the chain')
        return
      }
      const found = this.recoveredOf(event, records, recordCount)
      recordCount += found.length
      const finding = this.auditor.follow(event, '', hash, { recovered: found })
      if (finding !== undefined) {
        this.report(event, finding.problem)
        return
      }
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
    const { header } = this.reader
    const { config } = this
    const isOther = config && (header?.chainId !== config.chainId || header.settlement !== config.settlement)
    return isOther
      ? { position: 1, type: 'LedgerOpened', problem: 'is of another ledger than the header says' }
      : undefined
  }
}

function configOf(line: EventLine | undefined): LedgerConfig | undefined {
  return line?.event?.type === 'LedgerOpened' ? line.event.data.config : undefined
}

function domainOf(config: LedgerConfig | undefined): Domain | undefined {
  return config && { chainId: config.chainId, verifyingContract: config.settlement }
}
