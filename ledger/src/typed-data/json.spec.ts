import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Transfer, transferType } from '../account/transfer.ts'
import { jobOrderType } from '../hold/job-order.ts'
import { Actor } from '../testing/actors.ts'
import { formatMessage, parseMessage, textFieldLengthMax } from './json.ts'
import { messageOf, messageTypes } from './message-types.spec.fixture.ts'

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
