import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '../hex.ts'
import { Actor } from '../testing/actors.ts'
import type { LedgerCommand } from './command.ts'
import { conflictingField, deadlineOf } from './repetition.ts'
import type { Decided } from './state.ts'

const ann = new Actor(1)
const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }

function decidedAs(body: Readonly<Record<string, unknown>> | undefined): Decided {
  return { firstPosition: 1, lastPosition: 1, refusal: undefined, body, registrationSignature: undefined }
}

describe('the field in which a command differs from the one that was decided under its id', () => {
  const body = { wallet: 'w', list: [1n, { a: 2n }], place, none: null, count: 1 }
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string | undefined])[] = [
    ['is none where all are the same', { ...body, place: { ...place }, list: [1n, { a: 2n }] }, undefined],
    ['is none where what was recorded says more', { wallet: 'w' }, undefined],
    ['is the one with another text', { ...body, wallet: 'v' }, 'wallet'],
    ['is the one with another type', { ...body, count: 1n }, 'count'],
    ['is the one that was not recorded', { ...body, more: 1 }, 'more'],
    ['is the one with another member', { ...body, place: { ...place, logIndex: 1 } }, 'place'],
    ['is the one with a member too many', { ...body, place: { ...place, more: 1 } }, 'place'],
    ['is the one with a member too few', { ...body, place: { transactionHash: zeroHash, blockNumber: 1n } }, 'place'],
    ['is the one with another list', { ...body, list: [1n, { a: 3n }] }, 'list'],
    ['is the one with a longer list', { ...body, list: [1n, { a: 2n }, 3n] }, 'list'],
    ['is the one with nothing in place of an object', { ...body, place: null }, 'place'],
    ['is the one with a text in place of an object', { ...body, place: 'here' }, 'place'],
    ['is the one with an empty object in place of nothing', { ...body, none: {} }, 'none'],
    ['is the one with an empty object in place of a number', { ...body, count: {} }, 'count'],
    ['is the first of several', { ...body, place: null, wallet: 'v' }, 'wallet'],
  ]
  for (const [what, fields, expected] of cases) {
    it(what, () => {
      const command = { type: 'RecordPayee', ...fields } as unknown as LedgerCommand
      assert.equal(conflictingField(command, decidedAs(body)), expected)
    })
  }

  it('is none for a command that is its own body', () => {
    const command: LedgerCommand = { type: 'RecordPayee', wallet: ann.address, id: 1 }
    assert.deepEqual(
      [conflictingField(command, 7), conflictingField(command, decidedAs(undefined))],
      [undefined, undefined],
    )
  })
})

describe('the deadline of a command', () => {
  it('of an order is that of its hold, of a signed spend its own, and of others none', () => {
    const order = ann.order({ nonce: 1n, graceSeconds: 60 })
    const transfer = ann.transfer({ to: ann.address, amountMicrocredits: 1n, nonce: 1n, deadline: 77n })
    assert.equal(deadlineOf({ type: 'OpenHold', order }), order.message.deadline + 60n)
    assert.equal(deadlineOf({ type: 'TransferCredits', transfer }), 77n)
    assert.equal(deadlineOf({ type: 'CloseEpoch', epoch: 1 }), undefined)
    assert.equal(deadlineOf({ type: 'ReleaseAssignment', release: ann.release(zeroHash) }), undefined)
  })
})
