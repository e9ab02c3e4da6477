import { isAscii, isUtf8 } from 'node:buffer'
import { exportPayloadOffset, type Hex, type LedgerEvent, readCanonicalEvent, ShapeError } from '@deparrow/ledger'

/** What a line of an export holds, by its form alone; or why it holds no event. */
export type EventLine =
  | { readonly hash: Hex; readonly event: LedgerEvent; readonly payload: string; readonly problem?: undefined }
  | { readonly hash: Hex | undefined; readonly event?: undefined; readonly problem: string }

const hashPrefix = '{"hash":"0x'

const hashAt = hashPrefix.length - '0x'.length

const payloadPrefix = '","event":'

const payloadPrefixAt = exportPayloadOffset - payloadPrefix.length

const newLine = 10

/** Reads lines one by one, each when it is asked for, so that what was read need not be kept. */
export function* eventLines(bytes: Buffer): Generator<EventLine, undefined> {
  const encoding = isAscii(bytes) ? 'latin1' : 'utf8'
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(newLine, at)
    if (encoding === 'utf8' && !isUtf8(bytes.subarray(at, end))) {
      yield { hash: undefined, problem: 'stands in a line that is no UTF-8' }
    } else yield readLine(bytes.toString(encoding, at, end))
    at = end + 1
  }
  return undefined
}

function readLine(line: string): EventLine {
  const isFramed = line.startsWith(hashPrefix) && line.startsWith(payloadPrefix, payloadPrefixAt) && line.endsWith('}')
  if (!isFramed) return { hash: undefined, problem: 'stands in a line that is no event’s' }
  const hash = line.slice(hashAt, payloadPrefixAt) as Hex
  try {
    const payload = line.slice(exportPayloadOffset, -1)
    return { hash, event: readCanonicalEvent(payload), payload }
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    return { hash, problem: error.message }
  }
}
