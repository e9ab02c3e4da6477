import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Transfer, transferType } from '../account/transfer.ts'
import { jobOrderType } from '../hold/job-order.ts'
import { Actor } from '../testing/actors.ts'
import { formatMessage, listFieldLengthMax, parseMessage, textFieldLengthMax, typedDataJson } from './json.ts'
import { messageOf, messageTypes } from './message-types.spec.fixture.ts'
import type { MessageType } from './types.ts'

const ann = new Actor(1)
const { message } = ann.transfer({ to: new Actor(2).address, amountMicrocredits: 7n, nonce: 1n })
const json = formatMessage(transferType, message)

function refusedField(input: unknown, type = transferType): string {
  const parsed = parseMessage(type, input)
  return parsed.ok ? 'accepted' : parsed.field
}

describe('a message from outside', () => {
  it('is refused when it is no object', () => {
    for (const input of [undefined, null, 'x', 7, [], [json]]) assert.equal(refusedField(input), '')
  })

  it('is refused when a field is missing', () => {
    for (const { name } of transferType.fields) assert.equal(refusedField({ ...json, [name]: undefined }), name)
  })

  it('is refused when it has a field too many, whose name is cut', () => {
    assert.equal(refusedField({ ...json, memo: 'x' }), 'memo')
    assert.equal(refusedField(JSON.parse(`{"__proto__":{},${JSON.stringify(json).slice(1)}`)), '__proto__')
    assert.equal(refusedField({ ...json, ['y'.repeat(1_000)]: 'x' }).length, 64)
  })

  it('is refused when an integer is not plain decimal', () => {
    const texts = [
      '',
      ' 1',
      '1 ',
      '+1',
      '-1',
      '01',
      '1.0',
      '1e3',
      '0x1',
      '1n',
      '1_000',
      '１',
      '1\n',
      true,
      null,
      {},
      [1],
    ]
    for (const amountMicrocredits of [...texts, 0.5, -1, Number.NaN, 2 ** 64]) {
      assert.equal(refusedField({ ...json, amountMicrocredits }), 'amountMicrocredits', String(amountMicrocredits))
    }
  })

  it('is refused when an integer does not fit its type', () => {
    assert.equal(refusedField({ ...json, amountMicrocredits: String(2n ** 64n) }), 'amountMicrocredits')
    assert.equal(refusedField({ ...json, amountMicrocredits: String(2n ** 64n - 1n) }), 'accepted')
    assert.equal(refusedField({ ...json, lane: String(2 ** 32) }), 'lane')
    const order = formatMessage(jobOrderType, ann.order({ nonce: 1n }).message)
    assert.equal(refusedField({ ...order, priority: '256' }, jobOrderType), 'priority')
  })

  it('is refused when hexadecimal is short, long, bare or something else', () => {
    const hex = json['to'] as string
    for (const to of [hex.slice(2), hex.slice(0, -1), `${hex}0`, hex.replace('0x', '0X'), `0x${'g'.repeat(40)}`, 7]) {
      assert.equal(refusedField({ ...json, to }), 'to')
    }
  })

  it('is refused when a text is too long', () => {
    const order = formatMessage(jobOrderType, ann.order({ nonce: 1n }).message)
    const engine = 'x'.repeat(textFieldLengthMax + 1)
    assert.equal(refusedField({ ...order, engine }, jobOrderType), 'engine')
  })

  it('keeps addresses in lower case, whatever the case in which they came', () => {
    const parsed = parseMessage<Transfer>(transferType, {
      ...json,
      from: `0x${String(json['from']).slice(2).toUpperCase()}`,
    })
    assert.ok(parsed.ok)
    assert.equal(parsed.message.from, ann.address)
  })

  for (const type of messageTypes) {
    it(`of type ${type.name} is read back as it was written`, () => {
      fc.assert(
        fc.property(messageOf(type), own => {
          const sent = JSON.parse(JSON.stringify(formatMessage(type, own)))
          assert.deepEqual(parseMessage(type, sent), { ok: true, message: own })
        }),
        { numRuns: 30, seed: 20_261_126 },
      )
    })
  }
})

/** One field of each type that a message may have. */
const everyType: MessageType = {
  name: 'Every',
  fields: [
    { name: 'who', type: 'address' },
    { name: 'digest', type: 'bytes32' },
    { name: 'text', type: 'string' },
    { name: 'small', type: 'uint8' },
    { name: 'middle', type: 'uint32' },
    { name: 'large', type: 'uint64' },
    { name: 'people', type: 'address[]' },
    { name: 'texts', type: 'string[]' },
  ],
}

const who = `0x${'a1'.repeat(20)}`
const every = { who, digest: `0x${'b2'.repeat(32)}`, text: 'x', small: '1', middle: '2', large: '3' }
const everyJson = { ...every, people: [who], texts: ['x'] }

describe('a message with a field of each type', () => {
  it('is read with numbers as numbers, long ones as big integers, and lists member by member', () => {
    assert.deepEqual(parseMessage(everyType, everyJson), {
      ok: true,
      message: { ...every, small: 1, middle: 2, large: 3n, people: [who], texts: ['x'] },
    })
  })

  const upper = `0x${'A1'.repeat(20)}`
  const taken: readonly (readonly [string, string, unknown, unknown])[] = [
    ['the longest text', 'text', 'x'.repeat(256), 'x'.repeat(256)],
    ['no text', 'text', '', ''],
    ['the greatest of 8 bits', 'small', '255', 255],
    ['zero', 'small', '0', 0],
    ['a number', 'small', 7, 7],
    ['a big integer', 'large', 7n, 7n],
    ['the greatest of 32 bits', 'middle', '4294967295', 4_294_967_295],
    ['the greatest of 64 bits', 'large', '18446744073709551615', 2n ** 64n - 1n],
    ['no addresses', 'people', [], []],
    ['an address in upper case', 'people', [who, upper], [who, who]],
    ['as many addresses as a list takes', 'people', Array(32).fill(who), Array(32).fill(who)],
    ['no texts', 'texts', [], []],
    ['as many texts as a list takes', 'texts', Array(32).fill('x'.repeat(256)), Array(32).fill('x'.repeat(256))],
  ]
  for (const [what, field, value, read] of taken) {
    it(`takes ${what} for ${field}`, () => {
      const parsed = parseMessage(everyType, { ...everyJson, [field]: value })
      assert.ok(parsed.ok)
      assert.deepEqual((parsed.message as Record<string, unknown>)[field], read)
    })
  }

  const people = 'expected at most 32 addresses'
  const texts = 'expected at most 32 texts of 256 characters'
  const refused: readonly (readonly [string, string, unknown, string])[] = [
    ['a short address', 'who', who.slice(0, -2), 'expected 0x and 40 hexadecimal digits'],
    ['a short digest', 'digest', who, 'expected 0x and 64 hexadecimal digits'],
    ['a text too long', 'text', 'x'.repeat(257), 'expected text of at most 256 characters'],
    ['a number for a text', 'text', 7, 'expected text of at most 256 characters'],
    ['nine bits', 'small', '256', 'expected a decimal integer of type uint8'],
    ['33 bits', 'middle', '4294967296', 'expected a decimal integer of type uint32'],
    ['65 bits', 'large', '18446744073709551616', 'expected a decimal integer of type uint64'],
    ['21 digits', 'large', '000000000000000000001', 'expected a decimal integer of type uint64'],
    ['no list of addresses', 'people', who, people],
    ['nothing for addresses', 'people', undefined, people],
    ['an object with a length', 'people', { length: 0 }, people],
    ['a bad address among good ones', 'people', [who, '0x', who], people],
    ['an address too many', 'people', Array(33).fill(who), people],
    ['no list of texts', 'texts', 'x', texts],
    ['a number among texts', 'texts', ['x', 7], texts],
    ['a text too long among texts', 'texts', ['x', 'x'.repeat(257)], texts],
    ['a text too many', 'texts', Array(33).fill('x'), texts],
  ]
  for (const [what, field, value, problem] of refused) {
    it(`refuses ${what} for ${field}`, () => {
      assert.deepEqual(parseMessage(everyType, { ...everyJson, [field]: value }), { ok: false, field, problem })
    })
  }

  it('says by its type’s name what it is not', () => {
    const problem = 'expected an object of type Every'
    for (const input of [null, [], 'x']) {
      assert.deepEqual(parseMessage(everyType, input), { ok: false, field: '', problem })
    }
    const extra = { ok: false, field: 'more', problem: 'is not a field of Every' }
    assert.deepEqual(parseMessage(everyType, { ...everyJson, more: 1 }), extra)
    const cut = parseMessage(everyType, { ...everyJson, [`${'n'.repeat(64)}m`]: 1 })
    assert.equal(!cut.ok && cut.field, 'n'.repeat(64))
  })

  it('is written for wallets whole: its domain, its types and its integers as decimal texts', () => {
    const domain = { chainId: 31_337, verifyingContract: `0x${'c3'.repeat(20)}` } as const
    const message = { ...every, small: 1, middle: 2, large: 3n, people: [who], texts: ['x'] }
    assert.deepEqual(typedDataJson(domain, everyType, message), {
      domain: { name: 'DEparrow', version: '1', chainId: '31337', verifyingContract: domain.verifyingContract },
      types: {
        EIP712Domain: [
          { name: 'name', type: 'string' },
          { name: 'version', type: 'string' },
          { name: 'chainId', type: 'uint256' },
          { name: 'verifyingContract', type: 'address' },
        ],
        Every: everyType.fields,
      },
      primaryType: 'Every',
      message: everyJson,
    })
  })

  it('may have lists of 32 members and texts of 256 characters', () => {
    assert.deepEqual([listFieldLengthMax, textFieldLengthMax], [32, 256])
  })
})
