import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RecordsBatch } from '@platformatic/kafka'
import { committedBatches } from './committed-events.ts'

/** A batch of one record. Attribute bit 4 is "transactional", bit 5 "control"; a control record's key ends in its type. */
function batch(firstOffset: bigint, producerId: bigint, kind: 'plain' | 'data' | 'abort' | 'commit'): RecordsBatch {
  const key = kind === 'abort' || kind === 'commit' ? Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]) : null
  const attributes = { plain: 0, data: 0b01_0000, abort: 0b11_0000, commit: 0b11_0000 }[kind]
  const record = {
    length: 0,
    attributes: 0,
    timestampDelta: 0n,
    offsetDelta: 0,
    key,
    value: Buffer.from('v'),
    headers: [],
  }
  const header = { length: 0, partitionLeaderEpoch: 0, magic: 2, crc: 0, firstTimestamp: 0n, maxTimestamp: 0n }
  const producer = { producerId, producerEpoch: 0, firstSequence: 0 }
  return { ...header, ...producer, firstOffset, attributes, lastOffsetDelta: 0, records: [record] }
}

function offsetsOf(
  records: readonly RecordsBatch[],
  aborted: readonly (readonly [producerId: bigint, firstOffset: bigint])[],
): readonly bigint[] {
  const abortedTransactions = aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset }))
  return committedBatches({ records, abortedTransactions }).map(({ firstOffset }) => firstOffset)
}

describe('the committed batches of a fetched page', () => {
  it('leave out each of several aborted transactions of one producer', () => {
    const page = [
      batch(10n, 7n, 'data'),
      batch(11n, 7n, 'abort'),
      batch(12n, 7n, 'data'),
      batch(13n, 7n, 'commit'),
      batch(14n, 7n, 'data'),
      batch(15n, 7n, 'abort'),
    ]
    const aborted = [
      [7n, 10n],
      [7n, 14n],
    ] as const
    assert.deepEqual(offsetsOf(page, aborted), [12n])
    assert.deepEqual(offsetsOf(page, [...aborted].reverse()), [12n])
  })

  it('leave out an aborted transaction whose end is on a later page', () => {
    assert.deepEqual(offsetsOf([batch(10n, 7n, 'data'), batch(11n, 7n, 'data')], [[7n, 10n]]), [])
  })

  it('leave out an aborted transaction that began on an earlier page, and only it', () => {
    const page = [batch(12n, 7n, 'data'), batch(13n, 7n, 'abort'), batch(14n, 7n, 'data'), batch(15n, 7n, 'commit')]
    assert.deepEqual(offsetsOf(page, [[7n, 4n]]), [14n])
  })

  it('keep what other producers committed in between, in transactions or without', () => {
    const page = [
      batch(10n, 7n, 'data'),
      batch(11n, 8n, 'data'),
      batch(12n, 7n, 'plain'),
      batch(13n, 8n, 'commit'),
      batch(14n, 7n, 'abort'),
    ]
    assert.deepEqual(offsetsOf(page, [[7n, 10n]]), [11n, 12n])
  })

  it('are none of an empty page', () => {
    assert.deepEqual(committedBatches({ records: null, abortedTransactions: null }), [])
    assert.deepEqual(committedBatches({ abortedTransactions: [] }), [])
  })
})
