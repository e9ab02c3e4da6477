import { type Hex, isHexOf } from '@deparrow/ledger'
import type { KafkaRecord, MessageToProduce } from '@platformatic/kafka'
import { type DeliveredEvent, type LedgerCloudEvent, MalformedRecordError } from '../../relay/event-bus.port.ts'

/**
 * Header names of CloudEvents' binary mode in Kafka (protocol binding 1.0.2, section 3.2.3). `pos` and `hash` are extension
 * attributes; both are texts, because an Integer of CloudEvents ends at 2³¹ − 1.
 */
const headerNames = {
  specversion: 'ce_specversion',
  id: 'ce_id',
  source: 'ce_source',
  type: 'ce_type',
  time: 'ce_time',
  subject: 'ce_subject',
  position: 'ce_pos',
  hash: 'ce_hash',
  datacontenttype: 'content-type',
} as const

type HeaderName = keyof typeof headerNames

const headerKeys = Object.fromEntries(
  Object.entries(headerNames).map(([name, key]) => [name, Buffer.from(key)]),
) as Readonly<Record<HeaderName, Buffer>>

const specVersion = Buffer.from('1.0')
const jsonContent = Buffer.from('application/json')

/** An event as a Kafka message: the payload's bytes are the value, all else is headers, the key is the shard. */
export function toKafkaMessage(
  topic: string,
  partition: number,
  key: Buffer,
  event: LedgerCloudEvent,
): MessageToProduce {
  const headers = new Map([
    [headerKeys.specversion, specVersion],
    [headerKeys.id, Buffer.from(event.id)],
    [headerKeys.source, Buffer.from(event.source)],
    [headerKeys.type, Buffer.from(event.type)],
    [headerKeys.time, Buffer.from(event.time)],
    [headerKeys.subject, Buffer.from(event.subject)],
    [headerKeys.position, Buffer.from(`${event.position}`)],
    [headerKeys.hash, Buffer.from(event.hash)],
    [headerKeys.datacontenttype, jsonContent],
  ])
  return { topic, partition, key, value: Buffer.from(event.payload), headers }
}

/** Reads a Kafka record back; `cursor` is the offset after it. Throws `MalformedRecordError`. */
export function fromKafkaRecord(shard: string, cursor: string, record: KafkaRecord): DeliveredEvent {
  const refuse = (problem: string) => new MalformedRecordError({ shard, cursor, problem })
  const headers = new Map(record.headers.map(([key, value]) => [key?.toString() ?? '', value?.toString()]))
  const read = (name: HeaderName): string => {
    const value = headers.get(headerNames[name])
    if (value === undefined || value === '') throw refuse(`it has no header ${headerNames[name]}`)
    return value
  }
  if (read('specversion') !== '1.0') throw refuse(`it is of CloudEvents ${read('specversion')}`)
  const position = readPosition(read('position'))
  if (position === undefined) throw refuse('its position is no whole number from 1')
  const hash = read('hash')
  if (!isHexOf(hash, 32)) throw refuse('its hash is not 32 bytes')
  const payload = readUtf8(record.value)
  if (payload === undefined) throw refuse('its value is no text')
  return {
    position,
    hash: hash as Hex,
    id: read('id'),
    source: read('source'),
    type: read('type'),
    time: read('time'),
    subject: read('subject'),
    payload,
    cursor,
  }
}

function readPosition(text: string): number | undefined {
  const position = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(position) ? position : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readUtf8(bytes: Buffer | null): string | undefined {
  try {
    return bytes === null ? undefined : utf8.decode(bytes)
  } catch {
    return undefined
  }
}
