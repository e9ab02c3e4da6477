import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '@deparrow/ledger'
import { closeEpoch, fundedLedger } from '@deparrow/ledger/testing'
import { planEpoch } from './plan-epoch.ts'
import type { DemandRecord, EpochView } from './view.ts'
import { wantReveal, wantStatement } from './wants.ts'
import { eventsOf, me, viewOf } from './watched-ledger.spec.fixture.ts'

const ledger = fundedLedger()
closeEpoch(ledger)
const right = viewOf(eventsOf(ledger))
const word = (byte: number) => `0x${byte.toString(16).padStart(2, '0').repeat(32)}` as const

/** An epoch whose leaves are not the journal's, of which the top was asked for by the watcher. */
const wrong: EpochView = { ...right, posted: { ...right.posted, leavesRoot: word(9) } }
const { epoch } = wrong.posted
const top = wantReveal(epoch, zeroHash, 'leaves', { path: zeroHash, bits: 0 }, 0n)

function demanded({ id, question }: typeof top, fields: Partial<DemandRecord>): DemandRecord {
  return { id, question, asker: me, round: 1, deadline: right.nowSeconds - 1, state: 'open', ...fields }
}

const functionsOf = (change: Partial<EpochView>) =>
  planEpoch({ ...wrong, ...change }).calls.map(call => call.functionName)

describe('the plan for an epoch that is not right', () => {
  it('goes no further than the call that ends the epoch', () => {
    const others = [wantStatement(epoch, word(1), 0n), wantStatement(epoch, word(2), 0n)]
    const demands = [top, ...others].map(want => demanded(want, {}))
    assert.deepEqual(functionsOf({ demands }), ['expire'])
    // The top of the leaves was not asked for yet, which would be the next demand.
    assert.deepEqual(functionsOf({ demands: demands.slice(1) }), ['expire'])
    assert.deepEqual(functionsOf({ demands: [] }), ['demandReveal'])
  })

  it('needs no purse for what it does not ask any more', () => {
    const demands = [demanded(wantStatement(epoch, word(1), 0n), {})]
    const plan = planEpoch({ ...wrong, demands, purseWei: 0n })
    assert.equal(plan.missingWei, 0n)
    assert.deepEqual(
      plan.findings.map(({ code }) => code),
      ['ROOT_DIFFERS'],
    )
    assert.ok(planEpoch({ ...wrong, demands: [], purseWei: 0n }).missingWei > 0n)
  })

  it('asks on while the poster may still answer', () => {
    const demands = [demanded(wantStatement(epoch, word(1), 0n), { deadline: right.nowSeconds })]
    assert.deepEqual(functionsOf({ demands }), ['demandReveal'])
  })

  it('ends the epoch by its own demand rather than by somebody else’s, for the reward', () => {
    const other = demanded(wantStatement(epoch, word(1), 0n), { asker: `0x${'66'.repeat(20)}` })
    const plan = planEpoch({ ...wrong, demands: [other, demanded(top, {})] })
    assert.deepEqual(
      plan.calls.map(({ demand }) => demand),
      [top.id],
    )
  })
})
