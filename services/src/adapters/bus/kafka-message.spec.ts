import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaRecord } from '@platformatic/kafka'
import { MalformedRecordError } from '../../relay/event-bus.port.ts'
import { sampleCloudEvents } from '../../relay/sample-chain.spec.fixture.ts'
import { fromKafkaRecord, toKafkaMessage } from './kafka-message.ts'

const event = sampleCloudEvents('a', 3)[2] ?? assert.fail()

function recordOf(change: (headers: Map<string, Buffer>) => void = () => {}, value?: Buffer | null): KafkaRecord {
  const message = toKafkaMessage('topic', 0, Buffer.from('a'), event)
  const headers = new Map([...(message.headers as Map<Buffer, Buffer>)].map(([key, text]) => [key.toString(), text]))
  change(headers)
  return {
    length: 0,
    attributes: 0,
    timestampDelta: 0n,
    offsetDelta: 0,
    key: message.key ?? null,
    value: value === undefined ? (message.value ?? null) : value,
    headers: [...headers].map(([key, text]) => [Buffer.from(key), text]),
  }
}

describe('a Kafka record', () => {
  it('is a CloudEvent in binary mode: attributes in headers, the payload alone in the value', () => {
    const record = recordOf()
    const headers = Object.fromEntries(record.headers.map(([key, value]) => [`${key}`, `${value}`]))
    assert.deepEqual(headers, {
      ce_specversion: '1.0',
      ce_id: 'a/3',
      ce_source: 'urn:deparrow:ledger',
      ce_type: 'com.deparrow.ledger.HoldOpened.v1',
      ce_time: '2023-11-14T22:13:20.003Z',
      ce_subject: `0x${'3'.padStart(64, '0')}`,
      ce_pos: '3',
      ce_hash: event.hash,
      'content-type': 'application/json',
    })
    assert.equal(record.value?.toString(), event.payload)
    assert.equal(record.key?.toString(), 'a')
  })

  it('is read back as it was written', () => {
    assert.deepEqual(fromKafkaRecord('a', '12', recordOf()), { ...event, cursor: '12' })
  })

  for (const name of [
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_time',
    'ce_subject',
    'ce_pos',
    'ce_hash',
  ]) {
    it(`without ${name} is refused`, () => {
      const record = recordOf(headers => headers.delete(name))
      assert.throws(() => fromKafkaRecord('a', '12', record), MalformedRecordError)
      const emptied = recordOf(headers => headers.set(name, Buffer.alloc(0)))
      assert.throws(() => fromKafkaRecord('a', '12', emptied), MalformedRecordError)
    })
  }

  for (const [name, text] of [
    ['ce_specversion', '0.3'],
    ['ce_pos', '0'],
    ['ce_pos', '-1'],
    ['ce_pos', '1.5'],
    ['ce_pos', '03'],
    ['ce_pos', '9'.repeat(16)],
    ['ce_hash', '0x00'],
    ['ce_hash', 'z'.repeat(66)],
  ] as const) {
    it(`whose ${name} is ${text.slice(0, 20)} is refused`, () => {
      const record = recordOf(headers => headers.set(name, Buffer.from(text)))
      assert.throws(() => fromKafkaRecord('a', '12', record), MalformedRecordError)
    })
  }

  it('without a value, or whose value is no UTF-8, is refused', () => {
    for (const value of [null, Buffer.from([0xff, 0xfe])]) {
      assert.throws(() => fromKafkaRecord('a', '12', recordOf(undefined, value)), MalformedRecordError)
    }
  })
})
