import { type Address, type Hex, isHexOf } from '../hex.ts'
import type { JournalHead, StoredEvent } from '../ports/event-store.ts'

/**
 * A journal as text, one JSON value a line: a header, a line for each event, and an end. Without its end an export is not whole. A long journal
 * may come in pages, each with a header and an end of its own, which follow one another.
 */
export type ExportHeader = {
  readonly format: 'deparrow-journal'
  readonly version: 1
  /** The shard's name in the store it was read from. */
  readonly shard: string
  readonly chainId: number
  readonly settlement: Address
  /** What the first event of this page follows: position 0 and the zero hash for the journal's first. */
  readonly after: JournalHead
}

export type ExportEnd = {
  /** The last event of this page; that which it follows when it has none. */
  readonly end: JournalHead
  /** Whether the journal ended there when the page was read. */
  readonly isComplete: boolean
}

/** The media type of an export. */
export const exportMediaType = 'application/x-ndjson'

/** Characters of an event's line before its hash without `0x`. */
export const exportHashOffset = '{"hash":"0x'.length

/** Characters of an event's line before its payload; one closing brace comes after it. */
export const exportPayloadOffset = exportHashOffset + 64 + '","event":'.length

export function formatExportHeader({
  shard,
  chainId,
  settlement,
  after,
}: Omit<ExportHeader, 'format' | 'version'>): string {
  return `${JSON.stringify({ format: 'deparrow-journal', version: 1, shard, chainId, settlement, after })}\n`
}

/** The payload stands in the line as it is: it is JSON itself, on one line. */
export function formatExportedEvent({ hash, payload }: Pick<StoredEvent, 'hash' | 'payload'>): string {
  return `{"hash":"${hash}","event":${payload}}\n`
}

export function formatExportEnd({ end, isComplete }: ExportEnd): string {
  return `${JSON.stringify({ end, isComplete })}\n`
}

/** Reads a header; `undefined` for anything else, other versions too. */
export function parseExportHeader(line: string): ExportHeader | undefined {
  const value = parseObject(line)
  if (value?.['format'] !== 'deparrow-journal' || value['version'] !== 1) return undefined
  const { shard, chainId, settlement, after } = value
  if (typeof shard !== 'string' || !Number.isSafeInteger(chainId) || !isHexOf(settlement, 20)) return undefined
  return isHead(after)
    ? { format: 'deparrow-journal', version: 1, shard, chainId: chainId as number, settlement, after }
    : undefined
}

/** Reads an end; `undefined` for anything else. */
export function parseExportEnd(line: string): ExportEnd | undefined {
  const { end, isComplete } = parseObject(line) ?? {}
  return isHead(end) && typeof isComplete === 'boolean' ? { end, isComplete } : undefined
}

function isHead(value: unknown): value is JournalHead {
  const { position, hash } = (value ?? {}) as { readonly position?: unknown; readonly hash?: Hex }
  return Number.isSafeInteger(position) && (position as number) >= 0 && isHexOf(hash, 32) && hash.toLowerCase() === hash
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
