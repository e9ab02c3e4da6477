import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '@deparrow/ledger'
import { closeEpoch, fundedLedger } from '@deparrow/ledger/testing'
import { openWants } from './open-wants.ts'
import type { DemandRecord, EpochView } from './view.ts'
import { type Want, wantEntry, wantReveal, wantStatement } from './wants.ts'
import { eventsOf, me, parameters, viewOf } from './watched-ledger.spec.fixture.ts'

const ledger = fundedLedger()
closeEpoch(ledger)
const view = viewOf(eventsOf(ledger))
const { completedAt } = view.posted
const windowEnd = completedAt + parameters.windowSeconds

const word = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`
const entry = (byte: number, loss = 10n) => wantEntry(1, word(1), word(byte), loss)
const statement = (byte: number, loss: bigint) => wantStatement(1, word(byte), loss)

function recordOf({ id, question }: Want, fields: Partial<DemandRecord>): DemandRecord {
  return { id, question, asker: me, round: 1, deadline: view.nowSeconds + 500, state: 'open', ...fields }
}

const opened = (wants: readonly Want[], change: Partial<EpochView> = {}) => openWants({ ...view, ...change }, wants)

/** The demands that are opened, with what they follow. */
const calledBy = (wants: readonly Want[], change: Partial<EpochView> = {}) =>
  opened(wants, change).calls.map(({ functionName, demand, args }) => [functionName, demand, args.at(-1)])

describe('what is asked of all that could be', () => {
  it('is nothing once the window is over and no answer can be followed', () => {
    const answered = recordOf(statement(9, 0n), { state: 'answered', deadline: windowEnd })
    for (const demands of [[], [answered], [{ ...answered, deadline: windowEnd + 9, round: parameters.roundsMax }]]) {
      const { calls, isTooLate } = opened([entry(2)], { nowSeconds: windowEnd, demands })
      assert.deepEqual([calls.length, isTooLate], [0, true])
    }
  })

  it('is not asked beyond what the purse holds, and what is left out is said in wei', () => {
    const { calls, missingWei } = opened([entry(2), entry(3), entry(4)], { purseWei: 9n })
    assert.equal(calls.length, 1)
    assert.equal(missingWei, 10n)
  })

  it('is not asked again, whatever became of it', () => {
    const [first, second] = [entry(2), entry(3)]
    for (const state of ['open', 'answered', 'expired', 'refunded'] as const) {
      assert.deepEqual(
        calledBy([first, second], { demands: [recordOf(first, { state })] }).map(([, id]) => id),
        [second.id],
      )
    }
  })

  it('is no search while something without an answer runs', () => {
    const [decisive, search] = [entry(2), statement(3, 5n)]
    assert.deepEqual(
      calledBy([search, decisive]).map(([name]) => name),
      ['demandEntry'],
    )
    assert.deepEqual(calledBy([search, decisive], { demands: [recordOf(decisive, {})] }), [])
  })

  it('goes on searching when that may be answered too late to go on after it', () => {
    const [decisive, search] = [entry(2), statement(3, 5n)]
    const nowSeconds = windowEnd - 10
    const deadline = nowSeconds + parameters.answerSeconds
    const late = recordOf(decisive, { deadline, round: 30 })
    const called = calledBy([search, decisive], { nowSeconds, demands: [late] })
    assert.deepEqual(
      called.map(([name]) => name),
      ['rank', 'demandStatement'],
    )
  })

  it('is what loses most, a few at a time, and nothing without loss while there is time', () => {
    const wants = [1n, 9n, 3n, 7n, 5n].map((loss, index) => statement(index + 2, loss))
    const lossless = wantReveal(1, zeroHash, 'leaves', { path: zeroHash, bits: 0 }, 0n)
    const ids = calledBy([lossless, ...wants]).map(([, id]) => id)
    assert.deepEqual(
      ids,
      [wants[1], wants[3], wants[4], wants[2]].map(want => want?.id),
    )
    assert.equal(calledBy([lossless]).length, 1)
    assert.equal(calledBy([lossless, ...wants], { nowSeconds: windowEnd - 10 }).length, 6)
  })

  it('follows nothing in the window, and then the answered demand with the fewest before it', () => {
    const answered = (byte: number, round: number, deadline = windowEnd + 100) =>
      recordOf(statement(byte, 0n), { state: 'answered', round, deadline })
    const demands = [answered(7, 3), answered(8, 2), answered(9, 1, windowEnd + 10)]
    assert.deepEqual(
      calledBy([entry(2)], { demands }).map(([, , follows]) => follows),
      [zeroHash],
    )
    const after = calledBy([entry(2)], { demands, nowSeconds: windowEnd + 10 })
    assert.deepEqual(
      after.map(([, , follows]) => follows),
      [statement(8, 0n).id],
    )
  })

  it('has a question that somebody asked at the end of a long row counted anew', () => {
    const want = statement(3, 5n)
    const late = recordOf(want, { asker: `0x${'66'.repeat(20)}`, round: 36 })
    assert.deepEqual(calledBy([want], { demands: [late] }), [['rank', want.id, zeroHash]])
    assert.deepEqual(calledBy([want], { demands: [{ ...late, round: 2 }] }), [])
  })
})
