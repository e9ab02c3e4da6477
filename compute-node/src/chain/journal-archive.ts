import type { Address, EpochBooks, Hex, LedgerEvent } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { EpochArchive } from '@deparrow/sdk/disputes'
import { DeparrowError } from '@deparrow/sdk/network'
import { eventLines } from '../verify/event-lines.ts'
import { ExportCutter } from '../verify/export-parts.ts'
import { journalChunks, type SourceOptions } from '../verify/journal-source.ts'
import { LineTooLongError, lineBlocks } from '../verify/line-blocks.ts'
import { StoreUnreadableError } from '../verify/sqlite-source.ts'

/** What the contract says of the epoch that a copy of the journal must reach. */
export type EpochOnChain = {
  readonly chainId: number
  readonly settlement: Address
  readonly epoch: bigint
  readonly journalPosition: bigint
  readonly leavesRoot: Hex
  readonly leavesTotalMicrocredits: bigint
}

/**
 * Follows a copy of the journal up to an epoch that stands on chain, and no further. Nothing of the copy is trusted: what counts is that it leads to the root
 * that the contract has. Throws {@link JournalUnfitError}, and what the source throws.
 */
export async function openArchive(
  source: string,
  on: EpochOnChain,
  options: SourceOptions = {},
): Promise<EpochArchive> {
  const archive = new EpochArchive(ledgerCrypto)
  let position = 0n
  for await (const event of journalEvents(source, options)) {
    position = BigInt(event.position)
    requireOwn(event, on)
    apply(archive, event)
    if (position <= on.journalPosition) continue
    // A number that the ledger gave up is given again: the one that counts was closed right after this position.
    if (event.type === 'EpochClosed' && isOnChain(event.data, on)) return archive
    throw new JournalUnfitError(
      'JOURNAL_DIFFERS',
      `at event ${position} it does not close epoch ${on.epoch} as the contract has it`,
    )
  }
  const reach = `it ends at event ${position}, and epoch ${on.epoch} reaches to ${on.journalPosition}`
  throw new JournalUnfitError('JOURNAL_SHORT', reach)
}

function isOnChain({ epoch, leavesRoot, leavesTotalMicrocredits }: EpochBooks, on: EpochOnChain): boolean {
  const isSameRoot = leavesRoot === on.leavesRoot && leavesTotalMicrocredits === on.leavesTotalMicrocredits
  return BigInt(epoch) === on.epoch && isSameRoot
}

/** The events of a journal, wherever it is; a line that is no event ends them with an error. */
async function* journalEvents(source: string, options: SourceOptions): AsyncGenerator<LedgerEvent> {
  const cutter = new ExportCutter()
  try {
    for await (const block of lineBlocks(journalChunks(source, options))) {
      for (const part of cutter.cut(block)) {
        if (part.kind !== 'events') continue
        for (const { event, problem } of eventLines(part.bytes)) {
          if (event === undefined) throw new JournalUnfitError('JOURNAL_UNREADABLE', `an event ${problem}`)
          yield event
        }
      }
    }
  } catch (error) {
    if (!(error instanceof LineTooLongError || error instanceof StoreUnreadableError)) throw error
    throw new JournalUnfitError('JOURNAL_UNREADABLE', error.message)
  }
}

function requireOwn({ type, data }: LedgerEvent, { chainId, settlement }: EpochOnChain): void {
  if (type !== 'LedgerOpened') return
  const { config } = data
  if (config.chainId === chainId && config.settlement === settlement) return
  const found = `it is of chain ${config.chainId}, settlement ${config.settlement}`
  throw new JournalUnfitError('JOURNAL_FOREIGN', found)
}

/** What a journal can do to the books that no ledger did is the journal's fault. */
function apply(archive: EpochArchive, event: LedgerEvent): void {
  try {
    archive.apply(event)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new JournalUnfitError('JOURNAL_UNSOUND', `event ${event.position} (${event.type}) cannot be: ${reason}`, {
      cause,
    })
  }
}

/** Thrown for a copy of a journal from which nothing can be shown to the contract. */
export class JournalUnfitError extends DeparrowError {
  override readonly name = 'JournalUnfitError'
  constructor(
    code: 'JOURNAL_UNREADABLE' | 'JOURNAL_FOREIGN' | 'JOURNAL_UNSOUND' | 'JOURNAL_SHORT' | 'JOURNAL_DIFFERS',
    reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, `This copy of the journal does not serve: ${reason}. Name another one.`, options)
  }
}
