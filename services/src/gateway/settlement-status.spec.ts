import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { Address, Hex } from '@deparrow/ledger'
import type { DemandStatus } from '../settlement/answer-plan.ts'
import type { PayoutView } from '../settlement/public-settlement.ts'
import { type Gateway, startGateway } from './gateway.spec.fixture.ts'

let gateway: Gateway

before(async () => {
  gateway = await startGateway()
})

after(() => gateway.close())

const wallet: Address = `0x${'a1'.repeat(20)}`
const word = (byte: string): Hex => `0x${byte.repeat(32)}`

const demand: DemandStatus = {
  id: word('d1'),
  asker: wallet,
  question: { epoch: 7n, kind: 6, place: word('11'), key: word('22'), value: 2n ** 256n - 1n },
  kind: 'credit',
  round: 2,
  deadlineSeconds: 1_790_000_000,
  state: 'unanswerable',
  reason: 'CREDIT_TOO_SMALL',
}

const payoutOf = (epoch: number): PayoutView => ({
  epoch,
  payeeId: 3,
  incrementMicrocredits: 5n,
  cumulativeMicrocredits: BigInt(epoch) * 5n,
  previousEpoch: epoch - 1,
  unclaimedMicrocredits: 5n,
  isFinal: true,
  claimTx: undefined,
})

const problemOf = async (query: string) => {
  const { errors } = await gateway.ask(query)
  return [errors[0]?.extensions?.code, errors[0]?.message]
}

const ofWallet = (fields: string) => `{ wallet(address: "${wallet}") { ${fields} } }`

describe('settlement, in GraphQL', () => {
  it('refuses a page that is too large, and a cursor that is none of the list', async () => {
    const code = 'BAD_USER_INPUT'
    for (const [query, message] of [
      ['{ settlement { demands(first: 201) { nextCursor } } }', 'first must be from 1 to 200'],
      ['{ settlement { demands(first: 0) { nextCursor } } }', 'first must be from 1 to 200'],
      ['{ settlement { demands(cursor: "7") { nextCursor } } }', 'the cursor is not one of this list'],
      ['{ settlement { finalEpochs(first: 101) { nextCursor } } }', 'first must be from 1 to 100'],
      ['{ settlement { finalEpochs(cursor: "-1") { nextCursor } } }', 'the cursor is not one of this list'],
      [ofWallet('payouts(first: 201) { nextCursor }'), 'first must be from 1 to 200'],
      [ofWallet('payouts(cursor: "1e3") { nextCursor }'), 'the cursor is not one of this list'],
    ] as const) {
      assert.deepEqual(await problemOf(query), [code, message], query)
    }
  })

  it('refuses more proofs in one answer than are cheap to make', async t => {
    t.mock.method(gateway.settlement.view, 'payouts', () => {
      return { items: Array.from({ length: 21 }, (_, index) => payoutOf(21 - index)), nextCursor: undefined }
    })
    const proof = { part: 0, index: 0, row: '0x', siblings: [] } as const
    const prove = t.mock.method(gateway.settlement.view, 'rowProof', () => proof)
    const [code] = await problemOf(ofWallet('payouts { payouts { proof { row } } }'))
    assert.equal(code, 'BAD_USER_INPUT')
    assert.ok(prove.mock.callCount() <= 20)
    const { errors } = await gateway.ask(ofWallet('payouts { payouts { epoch unclaimed } }'))
    assert.deepEqual(errors, [])
  })

  it('owes and shows nothing before the first epoch', async () => {
    const { data, errors } = await gateway.ask(`{
      settlement {
        exitStarted lastEpoch finalEpoch problem reserve { leaves unclaimed uncovered owed claimed heldWei }
        finalEpochs { epochs { epoch } nextCursor } demands { demands { id } nextCursor }
      }
      wallet(address: "${wallet}") { payouts { payouts { epoch } nextCursor } exitLeaf { epoch } }
    }`)
    assert.deepEqual(errors, [])
    const { reserve, finalEpochs, demands, ...status } = data.settlement
    assert.deepEqual({ ...status }, { exitStarted: false, lastEpoch: '0', finalEpoch: '0', problem: null })
    const nothing = { leaves: '0', unclaimed: '0', uncovered: '0', owed: '0', claimed: '0', heldWei: '0' }
    assert.deepEqual({ ...reserve }, nothing)
    assert.deepEqual([finalEpochs.epochs, finalEpochs.nextCursor, demands.demands], [[], null, []])
    assert.deepEqual([data.wallet.payouts.payouts, data.wallet.exitLeaf], [[], null])
  })

  it('does not say what the contract holds while the chain does not answer', async t => {
    t.mock.method(gateway.settlement.view, 'contractWei', () => Promise.reject(new Error('away')))
    const { data, errors } = await gateway.ask('{ settlement { reserve { owed heldWei } } }')
    assert.deepEqual([errors, data.settlement.reserve.heldWei], [[], null])
  })

  it('says what is asked, until when, and how the answer stands', async t => {
    t.mock.method(gateway.settlement.view, 'demands', () => ({ items: [demand], nextCursor: undefined }))
    const query = `{ settlement { demands { demands {
      id kind asker epoch place key value round deadline state reason
    } } } }`
    const { data, errors } = await gateway.ask(query)
    assert.deepEqual(errors, [])
    const { asker, ...shown } = data.settlement.demands.demands[0]
    assert.equal(asker.toLowerCase(), wallet)
    assert.deepEqual(shown, {
      id: demand.id,
      kind: 'credit',
      epoch: '7',
      place: word('11'),
      key: word('22'),
      value: word('ff'),
      round: 2,
      deadline: '2026-09-21T14:13:20.000Z',
      state: 'unanswerable',
      reason: 'CREDIT_TOO_SMALL',
    })
  })

  it('says what a claim and an exit take', async t => {
    const asked = await exitAsked(t)
    t.mock.method(gateway.settlement.view, 'payouts', () => ({ items: [payoutOf(4)], nextCursor: '4' }))
    const proof = { part: 1, index: 2, row: `0x${'ab'.repeat(24)}`, siblings: [word('33')] } as const
    t.mock.method(gateway.settlement.view, 'rowProof', () => proof)
    const { data, errors } = await gateway.ask(
      ofWallet(`
        payouts(first: 1) { payouts { epoch unclaimed final claimTx proof { part index row siblings } } nextCursor }
        exitLeaf(epoch: pending, payable: true) { epoch available held lanesRoot holdsRoot receiptSequence siblings }
      `),
    )
    assert.deepEqual(errors, [])
    const { payouts, exitLeaf } = data.wallet
    assert.deepEqual(payouts, {
      payouts: [{ epoch: '4', unclaimed: '5', final: true, claimTx: null, proof }],
      nextCursor: '4',
    })
    assert.deepEqual(asked(), [wallet, true, 'pending'])
    assert.deepEqual(exitLeaf, {
      epoch: '4',
      available: '7',
      held: '8',
      lanesRoot: word('44'),
      holdsRoot: word('55'),
      receiptSequence: '9',
      siblings: '0x',
    })
  })
})

/** A leaf for whoever asks; what was asked is answered. */
async function exitAsked(t: TestContext) {
  const roots = { lanesRoot: word('44'), holdsRoot: word('55'), receiptSequence: 9n, siblings: '0x' } as const
  const leaf = { epoch: 4, account: wallet, isPayable: true, availableMicrocredits: 7n, heldMicrocredits: 8n, ...roots }
  const exitLeaf = t.mock.method(gateway.settlement.view, 'exitLeaf', () => leaf)
  return () => exitLeaf.mock.calls[0]?.arguments
}
