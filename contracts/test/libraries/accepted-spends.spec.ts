import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jobOrderType } from '@deparrow/ledger'
import { allow, allowHold, type Books, caseFor } from '../support/cases.ts'
import { holdEvidence } from '../support/evidence.ts'
import { Life, randomNumbers, wallet } from '../support/random-life.ts'

describe('whatever the ledger accepts', () => {
  it('is allowed by the judges in its epoch, debits and holds, over many random lives', async () => {
    const judged = { debits: 0, ofOrders: 0, holds: 0, refused: 0 }
    for (let seed = 1; seed <= 25; seed++) {
      const life = new Life(randomNumbers(seed))
      let before = life.close()
      let parentClosedAt = life.nowSeconds()
      for (let epoch = 1; epoch <= 3; epoch++) {
        life.debits = []
        for (let step = 0; step < 25; step++) life.step()
        const after = life.close()
        const closedAt = life.nowSeconds()
        const books: Books = {
          lanes: { opening: before.lanes, closing: after.lanes },
          holds: { opening: before.holds, closing: after.holds },
        }
        const self = { ...caseFor(wallet.address, books), parentClosedAt, closedAt }
        for (const { key, amount, show } of life.debits) await allow(self, key, amount, show(books))
        for (const { key, value } of after.holds) {
          const kind = life.orders.get(key)?.type === jobOrderType ? 'job' : 'escrow'
          await allowHold(self, key, value, holdEvidence(kind, life.showOrder(key, books)))
        }
        judged.debits += life.debits.length
        judged.ofOrders += life.debits.filter(({ key }) => life.orders.has(key)).length
        judged.holds += after.holds.length
        before = after
        parentClosedAt = closedAt
      }
      judged.refused += life.refused
    }
    // The lives say something: many debits and holds, and many spends that the ledger refused.
    assert.ok(
      judged.debits > 250 && judged.ofOrders > 30 && judged.holds > 100 && judged.refused > 400,
      JSON.stringify(judged),
    )
  })
})
