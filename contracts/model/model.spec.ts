import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { answer, ask, begin, header, post, refused, run, state } from './contract-under-test.ts'
import { apply, deploy, guardian, poster } from './model.ts'
import { smallParams } from './params.ts'
import { emptyLeaf } from './state.ts'

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
    assert.equal(refused(post({ cut: 1, closedAt: dueAt + 1 }, dueAt + 1)), 'InboxItemLeftOut')
    assert.equal(post({ cut: 1, closedAt: dueAt }, dueAt + 1).isAccepted, true)
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

  const finalised = (at: number) => apply(state, 'anybody', { type: 'finalise', epoch: 1 }, at)

  it('is final neither before its window is over nor while a demand may still be answered and followed', () => {
    post({})
    ask({ kind: 'leaf', account: 'alice' }, 69)
    assert.equal(refused(finalised(70)), 'EpochNotFinal')
    assert.equal(answer(0, { leaf: emptyLeaf }, 71).isAccepted, true)
    assert.equal(refused(finalised(84)), 'EpochNotFinal')
    assert.equal(finalised(85).isAccepted, true)
  })

  it('is not final while a demand is open that nobody has ended, and without that rule is', () => {
    for (const [rules, outcome] of [[[], 'DemandOpen'] as const, [['open-demand-holds-back'], 'accepted'] as const]) {
      begin(...rules)
      post({})
      ask({ kind: 'leaf', account: 'alice' }, 69)
      assert.equal(refused(finalised(200)), outcome)
    }
  })

  it('cannot be cancelled by the guardian once it is final, though nobody has said so', () => {
    const cancelled = (at: number) => refused(apply(state, guardian, { type: 'cancel', epoch: 1 }, at))
    post({})
    assert.equal(cancelled(70), 'EpochNotPending')
    assert.equal(cancelled(69), 'accepted')
  })

  it('brings no emission when posted in the second of the one before, for which the schedule gives nothing', () => {
    for (const [postedAt, emitted] of [[10, [2]] as const, [11, [2, 2]] as const]) {
      begin()
      run('alice', { type: 'deposit', amount: 20 }, 1)
      const leaves = (available: number) => new Map([['alice', { ...emptyLeaf, available }]])
      assert.equal(post({ cut: 2, burn: 4, leaves: leaves(16) }).isAccepted, true)
      assert.equal(post({ parent: 1, cut: 2, burn: 4, leaves: leaves(12) }, postedAt).isAccepted, true)
      for (const epoch of [1, 2]) run('anybody', { type: 'finalise', epoch }, 80)
      assert.deepEqual(
        state.inbox.filter(({ kind }) => kind === 'Emission').map(({ amount }) => amount),
        emitted,
      )
    }
  })
})

describe('a demand', () => {
  beforeEach(() => {
    begin()
    post({})
  })

  it('is refused after the window', () => {
    ask({ kind: 'leaf', account: 'bob' }, 69)
    assert.equal(refused(ask({ kind: 'leaf', account: 'alice' }, 70)), 'WindowClosed')
  })

  it('is asked once, on whatever ground and by whomever, and for no statement that stands', () => {
    ask({ kind: 'leaf', account: 'alice' })
    assert.equal(refused(ask({ kind: 'leaf', account: 'alice' })), 'DemandKnown')
    ask({ kind: 'statement', account: 'alice' })
    const statements = new Map([['alice', { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }]])
    assert.equal(refused(answer(1, { statements })), 'accepted')
    assert.equal(refused(ask({ kind: 'statement', account: 'alice' })), 'StatementKnown')
  })

  /** A row of so many answered demands on leaves, of which the last is left open; its number. */
  const row = (length: number, now: number) => {
    for (let depth = 0; depth < length; depth++) {
      const number = state.demands.length
      const follows = depth === 0 ? {} : { follows: number - 1 }
      const demand = { kind: 'leaf', account: `nobody ${number}` } as const
      run('asker', { type: 'openDemand', epoch: 1, demand, ...follows }, now)
      if (depth < length - 1) assert.equal(refused(answer(number, { leaf: emptyLeaf }, now)), 'accepted')
    }
    return state.demands.length - 1
  }

  it('that was asked at the end of a row is followed by as many more once it is ranked first', () => {
    const last = row(smallParams.rowMax, 60)
    run('anybody', { type: 'rank', demand: last }, 61)
    assert.equal(refused(answer(last, { leaf: emptyLeaf }, 61)), 'accepted')
    const after = { type: 'openDemand', epoch: 1, demand: { kind: 'leaf', account: 'bob' }, follows: last } as const
    assert.equal(refused(apply(state, 'asker', after, 68)), 'accepted')
  })

  it('is not ranked first after the window, nor when it was answered long ago', () => {
    const last = row(2, 69)
    assert.equal(refused(apply(state, 'anybody', { type: 'rank', demand: last }, 70)), 'WindowClosed')
    assert.equal(refused(apply(state, 'anybody', { type: 'rank', demand: last - 1 }, 77)), 'NotAFollowUp')
  })

  it('is not ranked lower, and without that rule whoever asked it cannot follow it', () => {
    for (const [rules, outcome] of [[[], 'RoundNotLower'] as const, [['rank-lowers'], 'accepted'] as const]) {
      begin(...rules)
      post({})
      const late = row(smallParams.rowMax, 60) - 1
      const own = row(1, 60)
      assert.equal(refused(apply(state, 'grief', { type: 'rank', demand: own, follows: late }, 60)), outcome)
      assert.equal(refused(answer(own, { leaf: emptyLeaf }, 60)), 'accepted')
      const after = { type: 'openDemand', epoch: 1, demand: { kind: 'leaf', account: 'bob' }, follows: own } as const
      assert.equal(refused(apply(state, 'asker', after, 61)), rules.length === 0 ? 'accepted' : 'FollowUpsExhausted')
    }
  })

  it('is refused for an account of the network, and without that rule is not', () => {
    assert.equal(refused(ask({ kind: 'statement', account: 'treasury' })), 'NoStatementOfNetwork')
    begin('network-has-no-statement')
    post({})
    assert.equal(ask({ kind: 'statement', account: 'treasury' }).isAccepted, true)
  })

  it('for an entry of a statement that does not stand is answered with it only', () => {
    ask({ kind: 'entry', account: 'alice', key: '@0' })
    assert.equal(refused(answer(0, {})), 'StatementMissing')
    const statements = new Map([['alice', { opening: emptyLeaf, closing: emptyLeaf, entries: new Map() }]])
    assert.equal(refused(answer(0, { statements })), 'accepted')
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
    assert.equal(refused(apply(state, 'alice', { type: 'switchToExit' }, smallParams.exitSeconds - 1)), 'ExitTooEarly')
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
