import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { Answer, Demand } from './demands.ts'
import type { Acceptance, Certificate, JobOrder, Receipt, Release } from './messages.ts'
import { type Action, apply, deploy, guardian, ledgerKey, poster, type Result } from './model.ts'
import { smallParams } from './params.ts'
import type { Rule } from './rules.ts'
import { digestOf, type Sign, type Signed } from './signatures.ts'
import { emptyLeaf, type Header, type Leaf, type State } from './state.ts'

let state: State
let sign: (name: string) => Sign

function begin(...without: readonly Rule[]): void {
  state = deploy({ params: smallParams, posterBond: 3000, genesisRewards: 0, without: new Set(without) })
  sign = name => state.keys.keyOf(name)
}

function run(caller: string, action: Action, now: number): number {
  const result = apply(state, caller, action, now)
  assert.equal(result.isAccepted, true, JSON.stringify(result))
  return result.isAccepted ? result.value : 0
}

function refused(result: Result): string {
  return result.isAccepted ? 'accepted' : result.error
}

function header(fields: Partial<Header>): Header {
  const empty = { parent: 0, cut: 0, position: 0, closedAt: 10, burn: 0, leaves: new Map<string, Leaf>(), rows: [] }
  return { ...empty, ...fields }
}

const post = (fields: Partial<Header>, now = 10) =>
  apply(state, poster, { type: 'postEpoch', header: header(fields) }, now)
const ask = (demand: Demand, now = 10) => apply(state, 'asker', { type: 'openDemand', epoch: 1, demand }, now)
const answer = (demand: number, shown: Answer, now = 10) =>
  apply(state, poster, { type: 'answer', demand, answer: shown }, now)

describe('an epoch', () => {
  beforeEach(() => begin())

  it('is refused from anybody but the poster', () => {
    assert.equal(refused(apply(state, guardian, { type: 'postEpoch', header: header({}) }, 10)), 'CallerNotPoster')
  })

  it('is refused on another parent than the head, and without that rule is not', () => {
    run(poster, { type: 'postEpoch', header: header({}) }, 10)
    assert.equal(refused(post({})), 'ParentNotHead')
    begin('parent-is-head')
    run(poster, { type: 'postEpoch', header: header({}) }, 10)
    assert.equal(post({}).isAccepted, true)
  })

  it('is refused when its cut covers an item that a fork could still take away, and without that rule is not', () => {
    const young = () => post({ cut: 2, closedAt: 10, leaves: new Map([['alice', { ...emptyLeaf, available: 5 }]]) })
    run('alice', { type: 'deposit', amount: 5 }, 8)
    assert.equal(refused(young()), 'InboxItemTooYoung')
    begin('item-old-enough')
    run('alice', { type: 'deposit', amount: 5 }, 8)
    assert.equal(young().isAccepted, true)
  })

  it('is refused when its cut leaves out an item that was due', () => {
    run('alice', { type: 'deposit', amount: 5 }, 1)
    const { inboxAgeSeconds, inboxSlackSeconds } = smallParams
    const dueAt = 1 + inboxAgeSeconds + inboxSlackSeconds
    assert.equal(refused(post({ cut: 1, closedAt: dueAt }, dueAt)), 'InboxItemLeftOut')
    assert.equal(post({ cut: 1, closedAt: dueAt - 1 }, dueAt).isAccepted, true)
  })

  it('is refused when it closes in the future or long ago', () => {
    assert.equal(refused(post({ closedAt: 11 })), 'ClosedAtInvalid')
    assert.equal(refused(post({ closedAt: 10 }, 11 + smallParams.lagSecondsMax)), 'ClosedAtInvalid')
  })

  it('is refused when its books do not close over the inbox', () => {
    assert.equal(refused(post({ leaves: new Map([['mallory', { ...emptyLeaf, available: 1 }]]) })), 'BooksDoNotClose')
  })

  it('is refused without a free bond', () => {
    for (let parent = 0; parent < 3; parent++) assert.equal(post({ parent }).isAccepted, true)
    assert.equal(refused(post({ parent: 3 })), 'BondTooSmall')
  })

  it('is final neither before its window is over nor while a demand is open', () => {
    post({})
    assert.equal(refused(apply(state, 'anybody', { type: 'finalise', epoch: 1 }, 70)), 'EpochNotFinal')
    ask({ kind: 'leaf', account: 'alice' }, 70)
    assert.equal(refused(apply(state, 'anybody', { type: 'finalise', epoch: 1 }, 71)), 'DemandOpen')
    assert.equal(answer(0, { leaf: emptyLeaf }, 71).isAccepted, true)
    assert.equal(refused(apply(state, 'anybody', { type: 'finalise', epoch: 1 }, 79)), 'EpochNotFinal')
    assert.equal(apply(state, 'anybody', { type: 'finalise', epoch: 1 }, 80).isAccepted, true)
  })
})

describe('a demand', () => {
  beforeEach(() => {
    begin()
    post({})
  })

  it('is refused after the window', () => {
    assert.equal(refused(ask({ kind: 'leaf', account: 'alice' }, 71)), 'WindowClosed')
  })

  it('is refused for an account of the network, and without that rule is not', () => {
    assert.equal(refused(ask({ kind: 'statement', account: 'treasury' })), 'NoStatementOfNetwork')
    begin('network-has-no-statement')
    post({})
    assert.equal(ask({ kind: 'statement', account: 'treasury' }).isAccepted, true)
  })

  it('is refused for an entry of a statement that does not stand', () => {
    assert.equal(refused(ask({ kind: 'entry', account: 'alice', key: '@0' })), 'StatementMissing')
  })

  it('is not answered too late, and then cancels the epoch and pays the asker out of its bond', () => {
    ask({ kind: 'leaf', account: 'alice' })
    assert.equal(refused(apply(state, 'anybody', { type: 'timeOut', demand: 0 }, 18)), 'AnswerStillPossible')
    assert.equal(refused(answer(0, { leaf: emptyLeaf }, 19)), 'AnswerTooLate')
    run('anybody', { type: 'timeOut', demand: 0 }, 19)
    assert.equal(state.epochs.get(1)?.status, 'Cancelled')
    assert.equal(state.purse.get('asker'), smallParams.reward)
    assert.equal(state.bondsBurnt, smallParams.epochBond - smallParams.reward)
  })

  it('leaves no statement standing when the answer that showed it is refused', () => {
    ask({ kind: 'leaf', account: 'alice' })
    const statement = { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }
    const shown = { statements: new Map([['alice', statement]]), leaf: { ...emptyLeaf } }
    assert.equal(refused(answer(0, shown)), 'LeafProofInvalid')
    assert.equal(state.epochs.get(1)?.statements.size, 0)
  })
})

describe('a receipt', () => {
  type ReceiptDemand = Extract<Demand, { kind: 'receipt' }>
  let demand: ReceiptDemand
  let certificate: Signed<Certificate>
  let order: Signed<JobOrder>

  const alices = { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }
  const by = (way: 'paid' | 'ended' | 'unknown' | 'kept' | 'settled' | 'expired'): Answer => {
    return { statements: new Map([['alice', alices]]), orderAnswer: { way } }
  }

  /** Nora works for Alice, whose order is certified at a position, and pushes her receipt at 1 s. */
  function work(position = 1): void {
    const spend = { wallet: 'alice', amount: 50, deadline: 460, lane: 0, nonce: 1 }
    order = sign('alice')<JobOrder>({ type: 'JobOrder', ...spend })
    const terms = { order: digestOf(order.message), node: 'nora', payoutWallet: 'nora', amount: 50, unitPrice: 10 }
    certificate = sign(ledgerKey)<Certificate>({ type: 'Certificate', ...terms, position, at: 1, expires: 500 })
    const receipt = sign('nora')<Receipt>({ type: 'Receipt', order: terms.order, node: 'nora', sequence: 7, units: 3 })
    demand = { kind: 'receipt', order, receipt, certificate, ground: { kind: 'pushed' } }
    run('nora', { type: 'pushReceipt', receipt, certificate }, 1)
  }

  beforeEach(() => begin())

  it('for an order that the books do not know is paid by the bond once, and without that rule twice', () => {
    for (const [rules, paid] of [[[], 27] as const, [['bond-pays-once'], 54] as const]) {
      begin(...rules)
      work()
      assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
      for (const id of [0, 1]) {
        ask(demand)
        assert.equal(answer(id, by('unknown')).isAccepted, true)
      }
      assert.equal(state.purse.get('nora'), paid)
    }
  })

  it('that was pushed has no other answer while its order is fresh', () => {
    work()
    assert.equal(post({ cut: 2, position: 1 }).isAccepted, true)
    ask(demand)
    for (const way of ['paid', 'ended', 'kept', 'settled', 'expired'] as const) {
      assert.equal(answer(0, by(way)).isAccepted, false, way)
    }
  })

  it('that was pushed for an order with a fresh nonce has not ended before, and without that rule has', () => {
    for (const [rules, outcome] of [[[], 'OrderNotPlaced'] as const, [['ended-nonce-used'], 'accepted'] as const]) {
      begin(...rules)
      work(0)
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
    const body: Release = { type: 'Release', order: digestOf(order.message), node: 'nora' }
    const released = (signer: string): Answer => ({ orderAnswer: { way: 'released', release: sign(signer)(body) } })
    assert.equal(refused(answer(0, released('mallory'))), 'SignatureInvalid')
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

  it('is not asked to be kept for a position that the epoch has not reached', () => {
    work(2)
    post({ cut: 2, position: 1 })
    assert.equal(refused(ask({ kind: 'kept', order, certificate })), 'PositionOutsideEpoch')
  })

  /** An epoch in which Alice's lane has passed the order's nonce. */
  function postUsedLane(): void {
    const leaves = new Map([['alice', { ...emptyLeaf, lanes: new Map([['alice/0', 1]]) }]])
    alices.opening = leaves.get('alice') ?? emptyLeaf
    assert.equal(post({ position: 1, leaves }).isAccepted, true)
  }

  function acceptanceAt(position: number): Signed<Acceptance> {
    const digest = digestOf(demand.receipt.message)
    return sign(ledgerKey)<Acceptance>({ type: 'Acceptance', digest, isAccepted: true, position, at: 9 })
  }
})

describe('a statement', () => {
  it('with a lower receipt sequence does not stand, and without that rule does', () => {
    for (const [rules, outcome] of [[[], 'SequenceDescends'] as const, [['sequence-not-lower'], 'accepted'] as const]) {
      begin(...rules)
      const opening = { ...emptyLeaf, sequence: 3 }
      const closing = { ...emptyLeaf, sequence: 2 }
      assert.equal(post({ leaves: new Map([['nora', opening]]) }).isAccepted, true)
      assert.equal(post({ parent: 1, leaves: new Map([['nora', closing]]) }).isAccepted, true)
      run('asker', { type: 'openDemand', epoch: 2, demand: { kind: 'statement', account: 'nora' } }, 10)
      const statements = new Map([['nora', { opening, closing, entries: new Map() }]])
      assert.equal(refused(answer(0, { statements })), outcome)
    }
  })
})

describe('parameters', () => {
  const deployed = (params: Partial<typeof smallParams>) =>
    deploy({ params: { ...smallParams, ...params }, posterBond: 0, genesisRewards: 0 })

  it('under which demands alone could bring the exit are refused', () => {
    assert.throws(() => deployed({ exitSeconds: 700 }), RangeError)
  })

  it('under which asking costs more than it brings are refused', () => {
    assert.throws(() => deployed({ demandBond: 9 }), RangeError)
    assert.throws(() => deployed({ epochBond: 99 }), RangeError)
  })
})

describe('the exit', () => {
  it('is refused before a long silence, and gives a deposit back once', () => {
    begin()
    run('alice', { type: 'deposit', amount: 5 }, 1)
    assert.equal(refused(apply(state, 'alice', { type: 'takeDeposit', index: 1 }, 2)), 'ExitNotSwitched')
    assert.equal(refused(apply(state, 'alice', { type: 'switchToExit' }, smallParams.exitSeconds)), 'ExitTooEarly')
    run('alice', { type: 'switchToExit' }, smallParams.exitSeconds + 1)
    run('alice', { type: 'takeDeposit', index: 1 }, smallParams.exitSeconds + 1)
    assert.equal(refused(apply(state, 'alice', { type: 'takeDeposit', index: 1 }, 2000)), 'ExitTaken')
    assert.equal(state.received.get('alice'), 5)
    assert.equal(state.holdings, 0)
  })

  it('is refused while an epoch could be made final', () => {
    begin()
    post({})
    assert.equal(
      refused(apply(state, 'alice', { type: 'switchToExit' }, smallParams.exitSeconds + 1)),
      'EpochFinalisable',
    )
  })
})
