import { type Hex, type JournalHead, type LedgerEvent, parseExportHeader } from '@deparrow/ledger'
import { eventLines } from '../verify/event-lines.ts'
import { ExportCutter } from '../verify/export-parts.ts'
import { journalChunks, type SourceOptions } from '../verify/journal-source.ts'
import { LineTooLongError, lineBlocks } from '../verify/line-blocks.ts'
import { StoreUnreadableError } from '../verify/sqlite-source.ts'

/** A part of a journal as it is read: where a page begins, an event, or why there is none that could be read. */
export type JournalPiece =
  | { readonly kind: 'page'; readonly after: JournalHead }
  | { readonly kind: 'event'; readonly event: LedgerEvent; readonly payload: string; readonly hash: Hex }
  | { readonly kind: 'problem'; readonly problem: string }

/**
 * Reads a journal from after a position on, or from its start where the source knows no positions. It ends after the first problem. Throws what the source
 * throws when nothing answers.
 */
export async function* readJournal(source: string, options: SourceOptions): AsyncGenerator<JournalPiece> {
  const cutter = new ExportCutter()
  try {
    for await (const block of lineBlocks(journalChunks(source, options))) {
      for (const part of cutter.cut(block)) {
        if (part.kind === 'line') {
          const header = parseExportHeader(part.text)
          if (header !== undefined) yield { kind: 'page', after: header.after }
        }
        if (part.kind !== 'events') continue
        for (const line of eventLines(part.bytes)) {
          if (line.event === undefined) {
            yield { kind: 'problem', problem: line.problem }
            return
          }
          yield { kind: 'event', event: line.event, payload: line.payload, hash: line.hash }
        }
      }
    }
  } catch (error) {
    if (!(error instanceof LineTooLongError || error instanceof StoreUnreadableError)) throw error
    yield { kind: 'problem', problem: `cannot be read: ${error.message}` }
  }
}
