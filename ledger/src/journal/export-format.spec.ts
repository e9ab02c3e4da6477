import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import {
  type ExportEnd,
  type ExportHeader,
  exportHashOffset,
  exportMediaType,
  exportPayloadOffset,
  formatExportEnd,
  formatExportedEvent,
  formatExportHeader,
  parseExportEnd,
  parseExportHeader,
} from './export-format.ts'

const hash = `0x${'ab'.repeat(32)}` as const

const header: ExportHeader = {
  format: 'deparrow-journal',
  version: 1,
  shard: 'shard-0',
  chainId: 31_337,
  settlement: `0x${'1c'.repeat(20)}`,
  after: { position: 7, hash },
}

const end: ExportEnd = { end: { position: 9, hash }, isComplete: true }

const noJsonObjects = ['', '{', 'null', 'true', '7', '"text"', '[]', 'not JSON', '{"format":"deparrow-journal"']

const badHeads: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'head'],
  ['no position', { hash }],
  ['a position as a text', { position: '7', hash }],
  ['a negative position', { position: -1, hash }],
  ['half a position', { position: 0.5, hash }],
  ['a position that is not safe', { position: 2 ** 53, hash }],
  ['no hash', { position: 7 }],
  ['a hash that is null', { position: 7, hash: null }],
  ['a hash that is a number', { position: 7, hash: 7 }],
  ['a short hash', { position: 7, hash: hash.slice(0, -2) }],
  ['a long hash', { position: 7, hash: `${hash}ab` }],
  ['a hash without 0x', { position: 7, hash: hash.slice(2) }],
  ['a hash in upper case', { position: 7, hash: `0x${'AB'.repeat(32)}` }],
]

const goodHeads = [
  { position: 0, hash: zeroHash },
  { position: 1, hash },
  { position: Number.MAX_SAFE_INTEGER, hash },
]

describe('the header of an export', () => {
  it('is one line of JSON that begins with the format and its version', () => {
    const { format: _, version: __, ...fields } = header
    assert.equal(
      formatExportHeader(fields),
      `{"format":"deparrow-journal","version":1,"shard":"shard-0","chainId":31337,"settlement":"${header.settlement}",` +
        `"after":{"position":7,"hash":"${hash}"}}\n`,
    )
  })

  it('is read back as it was written, from the first event on or after any other', () => {
    for (const after of goodHeads) {
      const own = { ...header, after }
      assert.deepEqual(parseExportHeader(formatExportHeader(own)), own)
    }
  })

  it('is read with an address in any letter case, and without what it does not know', () => {
    const settlement = `0x${'1C'.repeat(20)}`
    assert.deepEqual(parseExportHeader(JSON.stringify({ ...header, settlement, note: 'x' })), { ...header, settlement })
  })

  const others: readonly (readonly [string, unknown])[] = [
    ['format', undefined],
    ['format', ''],
    ['format', 'deparrow-journals'],
    ['version', undefined],
    ['version', 0],
    ['version', 2],
    ['version', '1'],
    ['shard', undefined],
    ['shard', 0],
    ['shard', null],
    ['chainId', undefined],
    ['chainId', '31337'],
    ['chainId', 1.5],
    ['chainId', 2 ** 53],
    ['settlement', undefined],
    ['settlement', null],
    ['settlement', `0x${'1c'.repeat(19)}`],
    ['settlement', `0x${'1c'.repeat(21)}`],
    ['settlement', '1c'.repeat(20)],
    ['settlement', `0x${'1g'.repeat(20)}`],
  ]
  for (const [field, value] of others) {
    it(`is none with ${JSON.stringify(value) ?? 'nothing'} for its ${field}`, () => {
      assert.equal(parseExportHeader(JSON.stringify({ ...header, [field]: value })), undefined)
    })
  }

  for (const [what, after] of badHeads) {
    it(`is none after ${what}`, () => {
      assert.equal(parseExportHeader(JSON.stringify({ ...header, after })), undefined)
    })
  }

  it('is none when the line is no JSON object', () => {
    for (const line of noJsonObjects) assert.equal(parseExportHeader(line), undefined, line)
  })

  it('is neither an event nor an end', () => {
    for (const line of [formatExportedEvent({ hash, payload: '{}' }), formatExportEnd(end)]) {
      assert.equal(parseExportHeader(line), undefined)
    }
  })
})

describe('an event of an export', () => {
  const payload = '{"position":8,"type":"HoldOpened"}'

  it('is one line with its hash and its payload as the journal keeps it', () => {
    assert.equal(formatExportedEvent({ hash, payload }), `{"hash":"${hash}","event":${payload}}\n`)
  })

  it('has its hash and its payload at the places that readers cut at', () => {
    const line = formatExportedEvent({ hash, payload })
    assert.equal(line.slice(exportHashOffset, exportHashOffset + 64), 'ab'.repeat(32))
    assert.equal(line.slice(exportPayloadOffset, -2), payload)
    assert.equal(line.slice(-2), '}\n')
    assert.deepEqual([exportHashOffset, exportPayloadOffset], [11, 85])
  })
})

describe('the end of an export', () => {
  it('is one line of JSON', () => {
    assert.equal(formatExportEnd(end), `{"end":{"position":9,"hash":"${hash}"},"isComplete":true}\n`)
  })

  it('is read back as it was written, complete or not', () => {
    for (const isComplete of [true, false]) {
      for (const head of goodHeads) {
        const own = { end: head, isComplete }
        assert.deepEqual(parseExportEnd(formatExportEnd(own)), own)
      }
    }
  })

  it('is none unless it says whether the journal ended', () => {
    for (const isComplete of [undefined, null, 0, 1, 'true', {}]) {
      assert.equal(parseExportEnd(JSON.stringify({ ...end, isComplete })), undefined, String(isComplete))
    }
  })

  for (const [what, head] of badHeads) {
    it(`is none at ${what}`, () => {
      assert.equal(parseExportEnd(JSON.stringify({ end: head, isComplete: true })), undefined)
      assert.equal(parseExportEnd(JSON.stringify({ end: head })), undefined)
    })
  }

  it('is none when the line is no JSON object', () => {
    for (const line of noJsonObjects) assert.equal(parseExportEnd(line), undefined, line)
  })
})

it('an export is of the media type for JSON by lines', () => {
  assert.equal(exportMediaType, 'application/x-ndjson')
})
