import {
  chainHash,
  exportPayloadOffset,
  formatExportEnd,
  formatExportedEvent,
  type Hex,
  parseExportHeader,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'

/**
 * An export in which somebody edited events and computed everything anew that follows from them: the hashes, the hash that each epoch says, and
 * the end. `edit` gets the payload of each event.
 */
export function forgedExport(text: string, edit: (payload: string, position: number) => string): string {
  const [header = '', ...rest] = text.trimEnd().split('\n')
  if (parseExportHeader(header) === undefined) throw new Error('the text is no export')
  let hash: Hex = zeroHash
  const lines = rest.slice(0, -1).map((line, index) => {
    const edited = edit(line.slice(exportPayloadOffset, -1), index + 1)
    const payload = edited.replace(/("journalHash":)"0x[0-9a-f]{64}"/, `$1"${hash}"`)
    hash = chainHash(ledgerCrypto, hash, payload)
    return formatExportedEvent({ hash, payload })
  })
  const end = { position: lines.length, hash }
  return `${header}\n${lines.join('')}${formatExportEnd({ end, isComplete: true })}`
}
