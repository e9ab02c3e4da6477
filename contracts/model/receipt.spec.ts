import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { answer, ask, begin, post, refused, run, sign, state } from './contract-under-test.ts'
import type { Answer, Demand } from './demands.ts'
import type { Acceptance, Certificate, JobOrder, Receipt, Release } from './messages.ts'
import { apply, guardian, ledgerKey } from './model.ts'
import { digestOf, type Signed } from './signatures.ts'
import { emptyLeaf } from './state.ts'

describe('a receipt', () => {
  type ReceiptDemand = Extract<Demand, { kind: 'receipt' }>
  let demand: ReceiptDemand
  let certificate: Signed<Certificate>
  let order: Signed<JobOrder>

  const alices = { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }
  const by = (way: 'paid' | 'ended' | 'unknown' | 'kept' | 'settled'): Answer => {
    return { statements: new Map([['alice', alices]]), orderAnswer: { way } }
  }

  /** Nora works for Alice, whose order is certified at a position, and pushes her receipt at 1 s. */
  function work(position = 1, at = 1): void {
    const spend = { wallet: 'alice', amount: 50, deadline: 460, lane: 0, nonce: 1 }
    order = sign('alice')<JobOrder>({ type: 'JobOrder', ...spend })
    const terms = { order: digestOf(order.message), node: 'nora', payoutWallet: 'nora', amount: 50, unitPrice: 10 }
    certificate = sign(ledgerKey)<Certificate>({ type: 'Certificate', ...terms, position, at, expires: 500 })
    const receipt = sign('nora')<Receipt>({ type: 'Receipt', order: terms.order, node: 'nora', sequence: 7, units: 3 })
    demand = { kind: 'receipt', order, receipt, certificate, ground: { kind: 'pushed' } }
    run('nora', { type: 'pushReceipt', receipt, certificate }, 1)
  }

  beforeEach(() => {
    begin()
    alices.opening = emptyLeaf
  })

  it('for an order that the books do not know is paid by the bond once, and without that rule twice', () => {
    for (const [rules, paid] of [[[], 27] as const, [['bond-pays-once'], 54] as const]) {
      begin(...rules)
      work()
      assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
      ask(demand)
      ask({ ...demand, ground: { kind: 'accepted', acceptance: acceptanceAt(1) } })
      for (const id of [0, 1]) assert.equal(answer(id, by('unknown')).isAccepted, true)
      assert.equal(state.purse.get('nora'), paid)
    }
  })

  it('is paid by the bond out of what no epoch has locked', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask(demand)
    for (const parent of [1, 2]) assert.equal(post({ parent, cut: 2, position: 1 }).isAccepted, true)
    assert.equal(refused(answer(0, by('unknown'))), 'BondTooSmall')
    run(guardian, { type: 'cancel', epoch: 3 }, 11)
    assert.equal(refused(answer(0, by('unknown'))), 'accepted')
  })

  it('that was pushed has no other answer while its order is fresh', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask(demand)
    for (const way of ['paid', 'ended', 'kept', 'settled'] as const) {
      assert.equal(answer(0, by(way)).isAccepted, false, way)
    }
  })

  it('that was pushed for an order with a fresh nonce has not ended before, and without that rule has', () => {
    for (const [rules, outcome] of [[[], 'OrderNotPlaced'] as const, [['ended-nonce-used'], 'accepted'] as const]) {
      begin(...rules)
      work(0, 0)
      assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
      ask(demand)
      assert.equal(refused(answer(0, by('ended'))), outcome)
    }
  })

  it('that was pushed for an order certified in this epoch has not ended before, and without that rule has', () => {
    for (const [rules, outcome] of [[[], 'OrderNotPlaced'] as const, [['ended-position'], 'accepted'] as const]) {
      begin(...rules)
      postUsedLane()
      work(2)
      assert.equal(post({ parent: 1, cut: 2, position: 2 }).isAccepted, true)
      run('asker', { type: 'openDemand', epoch: 2, demand }, 10)
      assert.equal(refused(answer(0, by('ended'))), outcome)
    }
  })

  it('that was accepted cannot have ended before, and without that rule can', () => {
    for (const [rules, outcome] of [[[], 'ReceiptNotPushed'] as const, [['ended-if-pushed'], 'accepted'] as const]) {
      begin(...rules)
      postUsedLane()
      work(1)
      assert.equal(post({ parent: 1, cut: 2, position: 2 }).isAccepted, true)
      const accepted: ReceiptDemand = { ...demand, ground: { kind: 'accepted', acceptance: acceptanceAt(2) } }
      run('asker', { type: 'openDemand', epoch: 2, demand: accepted }, 10)
      assert.equal(refused(answer(0, by('ended'))), outcome)
    }
  })

  it('that its node gave the order back for is not due', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask(demand)
    const released = (signer: string, given = digestOf(order.message)): Answer => {
      const release = sign(signer)<Release>({ type: 'Release', order: given, node: 'nora' })
      return { orderAnswer: { way: 'released', release } }
    }
    assert.equal(refused(answer(0, released('mallory'))), 'SignatureInvalid')
    assert.equal(refused(answer(0, released('nora', 'another order'))), 'SignatureInvalid')
    assert.equal(answer(0, released('nora')).isAccepted, true)
  })

  it('with an acceptance of another epoch, without an entry or before its push is covered opens no demand', () => {
    work()
    post({ position: 1 })
    assert.equal(
      refused(ask({ ...demand, ground: { kind: 'accepted', acceptance: acceptanceAt(9) } })),
      'PositionOutsideEpoch',
    )
    assert.equal(refused(ask({ ...demand, ground: { kind: 'debited' } })), 'StatementMissing')
    assert.equal(refused(ask(demand)), 'InboxItemOfOtherEpoch')
  })

  it('accepted after the parent had closed is of the epoch, whatever position the parent claims', () => {
    work()
    assert.equal(post({ position: 9, closedAt: 8 }).isAccepted, true)
    assert.equal(post({ parent: 1, position: 9 }).isAccepted, true)
    const asked = (at: number) => {
      const ground = { kind: 'accepted', acceptance: acceptanceAt(2, at) } as const
      return apply(state, 'asker', { type: 'openDemand', epoch: 2, demand: { ...demand, ground } }, 10)
    }
    assert.equal(refused(asked(8)), 'PositionOutsideEpoch')
    assert.equal(asked(9).isAccepted, true)
  })

  it('cannot be pushed with another signer’s signature, without its certificate or too late', () => {
    const receipt = sign('nora')<Receipt>({ type: 'Receipt', order: 'o', node: 'nora', sequence: 1, units: 1 })
    const push = (pushed: Signed<Receipt>, now = 1) =>
      refused(apply(state, 'x', { type: 'pushReceipt', receipt: pushed, certificate }, now))
    work()
    assert.equal(push(sign('mallory')(receipt.message)), 'SignatureInvalid')
    assert.equal(push({ signer: 'nora', message: receipt.message }), 'SignatureInvalid')
    assert.equal(push(receipt), 'ReceiptUnrelated')
    assert.equal(push(demand.receipt), 'ReceiptPushed')
    assert.equal(push(demand.receipt, 495), 'PushedTooLate')
  })

  it('is not asked to be kept for a position that the epoch has not reached, unless it was certified before that closed', () => {
    work(2, 10)
    post({ cut: 2, position: 1 })
    assert.equal(refused(ask({ kind: 'kept', order, certificate })), 'PositionOutsideEpoch')
    begin()
    work(2, 9)
    post({ cut: 2, position: 1 })
    assert.equal(ask({ kind: 'kept', order, certificate }).isAccepted, true)
  })

  it('is not kept by an entry that debits nothing, which is no ground either, and without that rule is', () => {
    for (const [rules, outcome] of [[[], 'NothingDebited'] as const, [['settled-entry-debits'], 'accepted'] as const]) {
      begin(...rules)
      work()
      const settled = { ...alices, entries: new Map([[digestOf(order.message), { credit: 0, debit: 0 }]]) }
      const shown: Answer = { statements: new Map([['alice', settled]]), orderAnswer: { way: 'settled' } }
      assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
      ask({ kind: 'statement', account: 'alice' })
      assert.equal(answer(0, { statements: new Map([['alice', settled]]) }).isAccepted, true)
      ask({ kind: 'kept', order, certificate })
      assert.equal(refused(answer(1, shown)), outcome)
      assert.equal(refused(ask({ ...demand, ground: { kind: 'debited' } })), 'NothingDebited')
    }
  })

  it('that is due nothing shows that its order was kept, and another does not', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask({ kind: 'kept', order, certificate })
    const withUnits = (units: number): Answer => {
      const receipt = sign('nora')<Receipt>({ ...demand.receipt.message, units })
      return { orderAnswer: { way: 'worthless', receipt } }
    }
    assert.equal(refused(answer(0, withUnits(1))), 'SomethingDue')
    assert.equal(refused(answer(0, withUnits(0))), 'accepted')
  })

  it('that is due nothing can be neither pushed nor asked for', () => {
    work()
    const receipt = sign('nora')<Receipt>({ ...demand.receipt.message, units: 0 })
    assert.equal(refused(apply(state, 'nora', { type: 'pushReceipt', receipt, certificate }, 1)), 'NothingDue')
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    assert.equal(refused(ask({ ...demand, receipt })), 'NothingDue')
  })

  it('is not asked again when the bond has paid its order to its node', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask(demand)
    assert.equal(answer(0, by('unknown')).isAccepted, true)
    assert.equal(state.purse.get('asker'), 0)
    const accepted: ReceiptDemand = { ...demand, ground: { kind: 'accepted', acceptance: acceptanceAt(1) } }
    assert.equal(refused(ask(accepted)), 'OrderCompensated')
  })

  it('is not asked to be kept once its certificate has expired, unless the epoch leaves out what may be its push', () => {
    for (const [at, outcome] of [[495, 'CertificateExpired'] as const, [494, 'accepted'] as const]) {
      begin()
      work()
      run('bob', { type: 'deposit', amount: 1 }, at)
      assert.equal(post({ cut: 2, position: 1, closedAt: 500 }, 500).isAccepted, true)
      assert.equal(refused(ask({ kind: 'kept', order, certificate }, 500)), outcome)
    }
  })

  /** An epoch in which Alice's lane has passed the order's nonce. */
  function postUsedLane(): void {
    const leaves = new Map([['alice', { ...emptyLeaf, lanes: new Map([['alice/0', 1]]) }]])
    alices.opening = leaves.get('alice') ?? emptyLeaf
    assert.equal(post({ position: 1, leaves }).isAccepted, true)
  }

  function acceptanceAt(position: number, at = 9): Signed<Acceptance> {
    const digest = digestOf(demand.receipt.message)
    return sign(ledgerKey)<Acceptance>({ type: 'Acceptance', digest, isAccepted: true, position, at })
  }
})
