import { crc32 } from 'node:zlib'

/** The log's version that this code writes, and the highest that it reads. */
export const LOG_VERSION = 1

/** First record: what makes the genesis block the same again. `client` tells who wrote it and is not compared. */
export type HeaderRecord = {
  type: 'header'
  version: number
  chainId: number
  hardfork: string
  /** Genesis time in ms since 1970. */
  initialDateMs: number
  client: string
}

/** A transaction that was accepted; `raw` is its signed encoding in hex. */
export type TransactionRecord = { type: 'tx'; raw: string }

/** A mined block; `timestamp` in seconds since 1970. It takes from the transactions before it in the log. */
export type BlockRecord = {
  type: 'block'
  number: number
  timestamp: number
  hash: string
  stateRoot: string
  transactions: string[]
}

export type LogRecord = HeaderRecord | TransactionRecord | BlockRecord

const SUM_START = '{"checksum":"'
const RECORD_START = '","record":'
const SUM_CHARS = 8
const RECORD_OFFSET = SUM_START.length + SUM_CHARS + RECORD_START.length

/**
 * One line of the log without its line feed. The CRC-32 runs on from the line before (`previousSum`, 0 for the
 * first), so that a line that is altered, lost, repeated or moved is seen.
 */
export function encodeLine(record: LogRecord, previousSum: number): { line: string; sum: number } {
  const text = JSON.stringify(record)
  const sum = crc32(text, previousSum)
  return { line: `${SUM_START}${toHex(sum)}${RECORD_START}${text}}`, sum }
}

/** The inverse of {@link encodeLine}; `undefined` when the line is not whole or its checksum is not the right one. */
export function decodeLine(line: string, previousSum: number): { record: unknown; sum: number } | undefined {
  const text = line.slice(RECORD_OFFSET, -1)
  const sum = crc32(text, previousSum)
  if (line !== `${SUM_START}${toHex(sum)}${RECORD_START}${text}}`) return undefined
  return { record: parse(text), sum }
}

/** Whether a decoded value is a record of this version. A line with a right checksum may still come from other code. */
export function isLogRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  if (record['type'] === 'tx') return typeof record['raw'] === 'string'
  if (record['type'] === 'header') return isHeader(record)
  return record['type'] === 'block' && isBlock(record)
}

function isHeader(record: Record<string, unknown>): boolean {
  return (
    Number.isSafeInteger(record['version']) &&
    Number.isSafeInteger(record['chainId']) &&
    Number.isSafeInteger(record['initialDateMs']) &&
    typeof record['hardfork'] === 'string'
  )
}

function isBlock(record: Record<string, unknown>): boolean {
  return (
    Number.isSafeInteger(record['number']) &&
    Number.isSafeInteger(record['timestamp']) &&
    typeof record['hash'] === 'string' &&
    typeof record['stateRoot'] === 'string' &&
    Array.isArray(record['transactions'])
  )
}

function toHex(sum: number): string {
  return sum.toString(16).padStart(SUM_CHARS, '0')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
