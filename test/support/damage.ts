import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'

/**
 * Turns one bit over wherever a text stands in a file: a database also keeps copies that it does not read any more. Throws when it
 * stands nowhere.
 */
export function flipBit(path: string, text: string): void {
  const bytes = readFileSync(path)
  let place = bytes.indexOf(text)
  if (place === -1) throw new Error(`${path} does not hold ${text}`)
  for (; place !== -1; place = bytes.indexOf(text)) {
    const middle = place + (text.length >> 1)
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  }
  writeFileSync(path, bytes)
}

/** Cuts a file to half of its length. */
export function halve(path: string): void {
  truncateSync(path, readFileSync(path).length >> 1)
}

/** Gives an area of a SQLite database the schema version of a DEparrow to come. */
export function raiseSchemaVersion(path: string, area: string): void {
  const database = new DatabaseSync(path)
  database.prepare('UPDATE schema_version SET version = version + 1 WHERE area = ?').run(area)
  database.close()
}

/** Rewrites a chain log as a later version with the same layout would have written it: each line's CRC-32 runs on from the last. */
export function raiseChainLogVersion(path: string): void {
  let sum = 0
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const rewritten = lines.map(line => {
    const { record } = JSON.parse(line) as { readonly record: Record<string, unknown> }
    const text = JSON.stringify(record['type'] === 'header' ? { ...record, version: 2 } : record)
    sum = crc32(text, sum)
    return `{"checksum":"${sum.toString(16).padStart(8, '0')}","record":${text}}\n`
  })
  writeFileSync(path, rewritten.join(''))
}
