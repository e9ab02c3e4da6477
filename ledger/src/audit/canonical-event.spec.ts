import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeEvent, encodeEvent } from '../journal/codec.ts'
import { Actor } from '../testing/actors.ts'
import { grantOf } from '../testing/rewards-actors.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { readCanonicalEvent } from './canonical-event.ts'
import { ShapeError } from './shape.ts'

const ann = new Actor(1)
const bob = new Actor(2)

/** Payloads of a transfer with two entries, a hold, and a refusal, which has a value of any form. */
function payloads(): readonly string[] {
  const ledger = new TestLedger()
  ledger.deposit(ann.address, 1_000_000n)
  const pay = (nonce: bigint, amountMicrocredits: bigint) =>
    ann.transfer({ to: bob.address, amountMicrocredits, nonce })
  ledger.accept({ type: 'TransferCredits', transfer: pay(1n, 5n) })
  ledger.accept({ type: 'OpenHold', order: ann.order({ nonce: 2n, maxPriceMicrocredits: 1_000n }) })
  ledger.refuse({ type: 'TransferCredits', transfer: pay(3n, 9_000_000n) }, 'INSUFFICIENT_CREDITS')
  return ledger.stored.map(({ payload }) => payload)
}

const [opened, , transferred, , refused] = payloads() as [string, string, string, string, string]

function refuses(payload: string): void {
  assert.throws(() => readCanonicalEvent(payload), ShapeError, payload)
}

describe('an event is not read', () => {
  const changes: readonly (readonly [string, string, string | RegExp, string])[] = [
    ['with white space', transferred, '{"atMs"', '{ "atMs"'],
    ['with its members in another order', transferred, /^\{("atMs":\d+),("commandId":"[^"]+"),/, '{$2,$1,'],
    ['with a member that is there twice', transferred, '"position"', '"position":1,"position"'],
    ['with a member too many', transferred, '"position"', '"note":1,"position"'],
    ['without a member', transferred, /"lane":0,/, ''],
    ['with an escaped character', transferred, '"wallet:', '"\\u0077allet:'],
    ['with a number that has a leading zero', transferred, '"lane":0', '"lane":00'],
    ['with a number with a fraction', transferred, '"lane":0', '"lane":0.0'],
    ['with a negative number where none may be', transferred, '"lane":0', '"lane":-1'],
    ['with a number that a double does not hold', transferred, '"lane":0', '"lane":9007199254740993'],
    ['with an exponent', transferred, '"lane":0', '"lane":0e0'],
    ['with a text for a number', transferred, '"lane":0', '"lane":"0"'],
    ['with nothing for a number', transferred, '"lane":0', '"lane":null'],
    ['with an amount with a leading zero', transferred, '"5n"', '"05n"'],
    ['with a negative zero', transferred, '"-5n"', '"-0n"'],
    ['with a signed amount in a message', transferred, '"amountMicrocredits":"5n"', '"amountMicrocredits":"-5n"'],
    ['with an amount of more digits than any has', transferred, '"5n"', `"${'9'.repeat(41)}n"`],
    ['with an address in capitals', transferred, ann.address, ann.address.toUpperCase().replace('X', 'x')],
    ['with an address that is too short', transferred, ann.address, ann.address.slice(0, -2)],
    ['with an account that is none', transferred, '"wallet:', '"wallet '],
    ['with a list that ends in a comma', transferred, '"5n"}]', '"5n"},]'],
    ['with a list without a comma', transferred, '"},{"', '"}{"'],
    ['with an entry that is a text', transferred, /\{"account":"[^}]+\}/, '"none"'],
    ['of an unknown type', transferred, 'CreditsTransferred', 'CreditsInvented'],
    ['of a type that objects inherit', transferred, 'CreditsTransferred', 'constructor'],
    ['of another type than its data', transferred, 'CreditsTransferred', 'ServiceBought'],
    ['with something after it', transferred, /$/, ' '],
    ['that is cut off', transferred, /.$/, ''],
    ['that is no object', transferred, /^.*$/, '"type":"CreditsTransferred"}'],
    ['with a configuration that lacks a rate', opened, /"gpuHourMicrocredits":"\d+n",/, ''],
    ['with a configuration of texts', opened, '"shard":0', '"shard":"0"'],
    ['with a free value that is not canonical', refused, '"code":', '"code" :'],
    ['with a free value that is no JSON', refused, '"code":', '"code":]'],
    ['with a free value whose amounts have leading zeros', refused, /"(\d+n)"/, '"0$1"'],
    [
      'with an optional member in the wrong place',
      refused,
      /"deadline":"\d+n",("refusal":.*?\})/,
      '$1,"deadline":"1n"',
    ],
  ]
  for (const [what, payload, found, put] of changes) {
    it(what, () => {
      const changed = payload.replace(found, put)
      assert.notEqual(changed, payload)
      refuses(changed)
    })
  }

  it('and what is wrong with it is said', () => {
    const says = (type: string, problem: string) =>
      assert.throws(() => readCanonicalEvent(transferred.replace('CreditsTransferred', type)), {
        name: 'ShapeError',
        message: problem,
      })
    says('CreditsInvented', 'is of an unknown type "CreditsInvented"')
    says('X'.repeat(40), `is of an unknown type "${'X'.repeat(40)}"`)
    says('X'.repeat(41), `is of an unknown type "${'X'.repeat(40)}"`)
    says('ServiceBought', 'is not the canonical text of ServiceBought')
  })

  it('from a text without end', () => {
    refuses('')
    refuses('{'.repeat(100_000))
    refuses(`{"atMs":${'9'.repeat(100_000)}`)
  })
})

describe('an event in its canonical form', () => {
  it('is read as the journal reads it, of whatever version', () => {
    const samples = new URL('../../src/journal/samples/0.1.0.jsonl', import.meta.url)
    const lines = readFileSync(samples, 'utf8').trimEnd().split('\n')
    lines.forEach((line, index) => {
      const { payload, hash } = JSON.parse(line)
      assert.deepEqual(readCanonicalEvent(payload), decodeEvent({ payload, hash, position: index + 1 }))
    })
  })

  it('is the only text that reads as that event', () => {
    const events = payloads()
    const edit = fc.record({
      pick: fc.nat(events.length - 1),
      at: fc.nat(2_000),
      removed: fc.nat(2),
      put: fc.oneof(
        fc.constantFrom('0', '1', 'n', '"', ',', '{', '}', '[', ']', ':', ' ', '-', '\\', 'A'),
        fc.string(),
      ),
    })
    fc.assert(
      fc.property(edit, ({ pick, at, removed, put }) => {
        const payload = events[pick] as string
        const from = at % payload.length
        const changed = payload.slice(0, from) + put + payload.slice(from + removed)
        if (changed === payload) return
        try {
          assert.equal(encodeEvent(readCanonicalEvent(changed)), changed)
        } catch (error) {
          assert.ok(error instanceof ShapeError, String(error))
        }
      }),
      { numRuns: 3_000, seed: 20_261_121 },
    )
  })

  it('keeps a text with quotation marks, brackets, line breaks and letters of any alphabet', () => {
    for (const reason of ['a "b" ]}, \\ c', 'line\nbreak', 'für Ännchen 日本 🦀', '', '12', '12n ']) {
      const ledger = new TestLedger()
      ledger.fundRewards(1_000_000n)
      const grant = grantOf(ann.address, { nonce: 1n, reason })
      ledger.accept({ type: 'GrantCredits', grant })
      const { payload } = ledger.stored.at(-1) ?? { payload: '' }
      const event = readCanonicalEvent(payload)
      assert.ok(event.type === 'CreditsGranted')
      assert.equal(event.data.grant.message.reason, reason)
    }
  })
})
