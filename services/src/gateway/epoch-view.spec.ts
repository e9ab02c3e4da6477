import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { zeroHash } from '@deparrow/ledger'
import type { EpochView } from '../settlement/settlement-view.ts'
import { type Gateway, startGateway } from './gateway.spec.fixture.ts'

let gateway: Gateway

before(async () => {
  gateway = await startGateway()
})

after(() => gateway.close())

const ask = async (t: TestContext, view: Partial<EpochView>) => {
  const figures = { inboxCut: 0, journalPosition: 1, burnMicrocredits: 0n, leavesTotalMicrocredits: 0n, rows: [] }
  const books = { epoch: 1, parent: 0, journalHash: zeroHash, leavesRoot: zeroHash, ...figures }
  t.mock.method(gateway.settlement.view, 'epochs', async () => [{ books, ...view }])
  const { data, errors } = await gateway.ask('{ epochs { status cancelReason finalAt openDemands } }')
  assert.deepEqual(errors, [])
  return data.epochs[0]
}

describe('an epoch, in GraphQL', () => {
  it('says neither reason nor times that are not known', async t => {
    const unknown = { cancelReason: null, finalAt: null, openDemands: null }
    assert.deepEqual({ ...(await ask(t, { status: 'cancelled' })) }, { status: 'cancelled', ...unknown })
    assert.deepEqual({ ...(await ask(t, { status: 'posted' })) }, { status: 'posted', ...unknown })
  })

  it('says when it can be final, and how many demands hold it back', async t => {
    const pending = await ask(t, { status: 'posted', finalAtSeconds: 1_790_000_000, openDemands: 2 })
    assert.deepEqual([pending.finalAt, pending.openDemands], ['2026-09-21T14:13:20.000Z', 2])
  })

  it('says why it was cancelled, in each way that there is', async t => {
    const reasons = [
      'guardian',
      'wrongCumulative',
      'skippedRow',
      'noPreviousRow',
      'unpaidPayable',
      'disputed',
      'exit',
    ] as const
    for (const cancelReason of [...reasons, 'lapsed', 'expired'] as const) {
      assert.equal((await ask(t, { status: 'cancelled', cancelReason })).cancelReason, cancelReason)
    }
  })
})
