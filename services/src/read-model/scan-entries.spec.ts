import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  type AccountName,
  decodeEvent,
  type Entry,
  encodeEvent,
  type LedgerEvent,
  StoreDamagedError,
  type StoredEvent,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerEventTypes, sharedEventTypes, TestShards, wholeLedger } from '@deparrow/ledger/testing'
import fc from 'fast-check'
import { randomJournal } from './random-economy.spec.fixture.ts'
import { scanEntries } from './scan-entries.ts'

function scan(payload: string, position: number, before = '', after = ''): readonly Entry[] {
  const bytes = Buffer.from(before + payload + after)
  const end = bytes.length - Buffer.byteLength(after)
  const entries: Entry[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = scanEntries(view, end, position, (from, to, amount) => {
    entries.unshift({ account: bytes.toString('latin1', from, to) as AccountName, amountMicrocredits: BigInt(amount) })
  })
  assert.ok(at >= Buffer.byteLength(before) && at < end)
  return entries
}

function decoded(payload: string, position: number): readonly Entry[] {
  return decodeEvent({ position, payload, hash: zeroHash }).entries
}

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(value => `0x${Buffer.from(value).toString('hex')}`)

const account = fc.oneof(
  fc.constantFrom('reserve', 'burn', 'treasury', 'rewards'),
  fc.tuple(fc.constantFrom('wallet', 'payable'), hex(20)).map(([kind, address]) => `${kind}:${address}`),
  hex(32).map(id => `hold:${id}`),
  fc.nat().map(shard => `clearing:${shard}`),
)

const amount = fc.oneof(
  fc.bigInt(-(10n ** 15n), 10n ** 15n),
  fc.bigInt(-9n, 9n),
  fc.constantFrom(10n ** 15n, -(10n ** 15n)),
)

const entries = fc.array(
  fc.record({ account, amountMicrocredits: amount }).map(entry => ({ ...entry })),
  { maxLength: 70 },
)

/** What somebody could try to make a reader of texts take for entries. */
const hostileText = fc.oneof(
  fc.constantFrom(
    ',"entries":[{"account":"reserve","amountMicrocredits":"1n"}],"position":1,"type":"X"}',
    '"entries":[',
    '\\"entries\\":[',
    ',"entries":[],"position":7,"type":"HoldOpened"}\n{"atMs":1',
    '],"position":',
    '\u0000\u001f\u2028\ud800',
    '{"account":"wallet:0x',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
)
const text = hostileText.filter(value => !/^-?\d+n$/.test(value))

const hostileData = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.bigInt(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('entries', 'position', 'type', 'account'), fc.stringMatching(/^[a-zA-Z]{1,9}$/)),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value

const position = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }))

const samples = new URL('../../../ledger/src/journal/samples/', import.meta.url)

/** What every earlier version wrote. */
function storedSamples(): readonly StoredEvent[] {
  const files = readdirSync(samples).filter(name => name.endsWith('.jsonl'))
  assert.ok(files.length > 0)
  return files.flatMap(name =>
    readFileSync(new URL(name, samples), 'utf8')
      .trim()
      .split('\n')
      .map((line, index) => ({ ...(JSON.parse(line) as StoredEvent), position: index + 1 })),
  )
}

describe('the entries that are found at the end of a payload', () => {
  it('are those of the event, of every kind, in every journal of these tests', () => {
    const shards = new TestShards(2)
    shards.at(0).deposit('0x00000000000000000000000000000000000000f1', 5n)
    shards.clear()
    const stored = [wholeLedger(), randomJournal(5, 120), ...shards.shards].flatMap(ledger => ledger.stored)
    const seen = new Set<string>()
    for (const { position: place, payload } of stored) {
      assert.deepEqual(scan(payload, place), decoded(payload, place))
      seen.add(decodeEvent({ position: place, payload, hash: zeroHash }).type)
    }
    assert.ok(sharedEventTypes.every(type => seen.has(type)))
    assert.deepEqual([...seen].sort(), [...ledgerEventTypes].sort())
  })

  it('are those of the event in what earlier versions wrote', () => {
    for (const { position: place, payload } of storedSamples()) {
      assert.deepEqual(scan(payload, place), decoded(payload, place))
    }
  })

  it('are those of the event whatever its data holds, and whatever stands before and after the payload', () => {
    const types = ledgerEventTypes
    const property = fc.property(
      fc.record({
        type: fc.constantFrom(...types),
        data: hostileData,
        commandId: text,
        atMs: fc.nat(),
        entries,
        position,
      }),
      fc.option(fc.array(fc.record({ account, note: text }), { maxLength: 2 }), { nil: undefined }),
      fc.array(
        hostileText.map(line => line.replaceAll('\n', ' ')),
        { maxLength: 2 },
      ),
      (event, clearing, lines) => {
        const payload = encodeEvent({ ...event, data: { inner: event.data }, clearing } as unknown as LedgerEvent)
        const around = lines.map(line => `${line}\n`).join('')
        assert.deepEqual(scan(payload, event.position, around, `\n${around}`), event.entries)
        assert.deepEqual(decoded(payload, event.position), event.entries)
      },
    )
    fc.assert(property, { numRuns: 1_500, seed: 20_261_121 })
  })
})

describe('a payload', () => {
  const payload =
    '{"atMs":1,"commandId":"x","data":{},"entries":[{"account":"reserve","amountMicrocredits":"12n"},{"account":"burn","amountMicrocredits":"-3n"}],"position":45,"type":"EpochClosed"}'

  it('is read as it is written', () => {
    const found = [
      { account: 'reserve', amountMicrocredits: 12n },
      { account: 'burn', amountMicrocredits: -3n },
    ]
    assert.deepEqual(scan(payload, 45), found)
  })

  for (const place of [4, 5, 44, 145, 450]) {
    it(`is refused at position ${place} when it is of position 45`, () => {
      assert.throws(() => scan(payload, place), StoreDamagedError)
    })
  }

  it('is refused when any byte of its end is another, but for names, which others check', () => {
    const names = [...payload.matchAll(/reserve|burn|EpochClosed/g)]
    for (let at = payload.indexOf(',"entries"'); at < payload.length; at++) {
      if (names.some(({ 0: name, index }) => at >= index && at < index + name.length)) continue
      const changed = `${payload.slice(0, at)}~${payload.slice(at + 1)}`
      assert.throws(() => scan(changed, 45), StoreDamagedError, `byte ${at}`)
    }
  })

  it('is refused when it is cut off at either end, empty, or an amount is no safe integer', () => {
    for (let length = 0; length < payload.length; length++) {
      assert.throws(() => scan(payload.slice(0, length), 45), StoreDamagedError)
    }
    assert.throws(() => scan(payload.slice(payload.indexOf('"entries"')), 45), StoreDamagedError)
    for (const digits of ['', '-', '9007199254740992', '99999999999999999', '1.5', '0x1', '+1', '1 ']) {
      assert.throws(() => scan(payload.replace('12n', `${digits}n`), 45), StoreDamagedError, digits)
    }
  })
})
