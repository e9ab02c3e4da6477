import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zeroHash } from '@deparrow/ledger'
import type { DemandLog, OrderClaim } from './demand-chain.port.ts'
import {
  alicePlace,
  asked,
  bobPlace,
  pendingEpoch,
  placeOf,
  round,
  sentAfterPosting,
} from './testing/demands.spec.fixture.ts'
import type { Asked } from './testing/in-memory-demands.ts'
import { alice, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const nobody = placeOf(`0x${'77'.repeat(20)}`)
const leaf: Asked = { kind: 'leaf', place: alicePlace }

/** An order that the ledger never knew. */
const order: OrderClaim = {
  orderDigest: `0x${'0d'.repeat(32)}`,
  payer: alice.address,
  node: alice.address,
  attempt: 1,
  position: 3n,
  assignedAtMs: 6_000n,
  laneKey: zeroHash,
  nonce: 9n,
}

describe('a demand that cannot be answered', () => {
  it('is an alarm with the reason, and nothing is sent', async () => {
    const { fixture, life } = await asked(
      { kind: 'credit', place: alicePlace, key: nobody, value: 1n },
      { kind: 'kept', kept: order },
      { kind: 'receipt' },
      { kind: 'forced', place: alicePlace, key: nobody, value: 1n },
    )
    await round(life)
    assert.deepEqual(
      life.answerer.demands.map(({ kind, state, reason }) => [kind, state, reason]),
      [
        ['credit', 'unanswerable', 'CREDIT_TOO_SMALL'],
        ['kept', 'unanswerable', 'NOT_KEPT'],
        ['receipt', 'unanswerable', 'CLAIM_MISSING'],
        ['forced', 'unanswerable', 'FORCED_UNKNOWN'],
      ],
    )
    const [first] = life.answerer.demands
    assert.deepEqual(life.answerer.alarms[0], {
      code: 'DEMAND_UNANSWERED',
      demand: first?.id,
      reason: 'CREDIT_TOO_SMALL',
      deadlineSeconds: first?.deadlineSeconds,
    })
    assert.equal(life.answerer.alarms.length, 4)
    assert.deepEqual(sentAfterPosting(fixture), [])
  })

  it('keeps no other one from its answer', async () => {
    const { fixture, life } = await asked({ kind: 'credit', place: alicePlace, key: nobody, value: 1n }, leaf)
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
    await round(life)
    assert.deepEqual(
      life.answerer.demands.map(({ kind }) => kind),
      ['credit'],
    )
  })

  it('is ended A after its deadline when nobody else has, so that the next epoch is not held back for ever', async () => {
    const { fixture, life } = await asked({ kind: 'credit', place: alicePlace, key: nobody, value: 1n })
    await fixture.run(life, 62)
    assert.equal(life.answerer.demands[0]?.state, 'late')
    assert.equal(life.answerer.alarms[0]?.code, 'DEMAND_UNANSWERED')
    assert.deepEqual(sentAfterPosting(fixture), [])
    await fixture.run(life, 62)
    assert.equal(life.index.epochs.get(1)?.cancelled?.epoch, 1)
    await fixture.run(life, 20)
    assert.equal(life.index.lastFinalEpoch, 2)
    assert.deepEqual(life.answerer.alarms, [])
    assert.equal(fixture.chain.mined.filter(({ call }) => call.type === 'expireDemand').length, 1)
  })

  it('is one whose answer the contract refuses: the reason is the contract’s, and it takes no other’s turn', async () => {
    const many = Array.from(
      { length: 20 },
      (_, index): Asked => ({ ...leaf, key: `0x${index.toString(16).padStart(64, '0')}` }),
    )
    const { fixture, life } = await asked(...many)
    fixture.chain.mine(state => {
      for (const id of [...state.demands.keys()].slice(0, 16)) state.refused.set(id, 'TotalDiffers')
      return []
    })
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), [])
    assert.equal(life.answerer.demands.filter(({ reason }) => reason === 'TotalDiffers').length, 16)
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), Array(4).fill('answerLeaf'))
    fixture.chain.mine(state => {
      state.refused.clear()
      return []
    })
    await round(life)
    await round(life)
    assert.deepEqual(life.answerer.demands, [])
  })

  it('whose answer was refused is not estimated again at each poll, but when blocks have come', async () => {
    const { fixture, life } = await asked(leaf)
    fixture.chain.mine(state => {
      for (const id of state.demands.keys()) state.refused.set(id, 'TotalDiffers')
      return []
    })
    const before = fixture.chain.offered.length
    for (let time = 0; time < 3; time++) await round(life)
    assert.equal(fixture.chain.offered.length - before, 1)
    assert.equal(life.answerer.demands[0]?.reason, 'TotalDiffers')
    fixture.chain.mine()
    await round(life)
    assert.equal(fixture.chain.offered.length - before, 2)
  })

  it('is one that the provider does not show: the chain counts it', async () => {
    const { fixture, life } = await asked(leaf)
    fixture.chain.distortDemands = () => []
    await round(life)
    assert.deepEqual(life.answerer.alarms, [{ code: 'DEMANDS_DIFFER', epoch: 1, counted: 1, found: 0 }])
    assert.deepEqual(sentAfterPosting(fixture), [])
    fixture.chain.distortDemands = logs => logs
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
  })

  it('is one that the chain does not have, in the words of a provider: it takes no other’s turn', async () => {
    const { fixture, life } = await asked(leaf)
    const forged = (log: DemandLog, index: number): DemandLog => {
      const place = { ...log.place, logIndex: 1_000 + index }
      return { ...log, id: `0xbad${index.toString(16).padStart(61, '0')}`, deadlineSeconds: 41, place } as DemandLog
    }
    fixture.chain.distortDemands = logs =>
      logs.flatMap(log => [
        log,
        ...(log.type === 'demanded' ? Array.from({ length: 100 }, (_, at) => forged(log, at)) : []),
      ])
    await round(life)
    assert.deepEqual(life.answerer.alarms[0], { code: 'DEMANDS_DIFFER', epoch: 1, counted: 1, found: 101 })
    for (let time = 0; time < 10; time++) await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
  })

  it('is one that nobody mines an answer to: from the last quarter of A on somebody is told', async () => {
    const { fixture, life } = await asked(leaf)
    for (let second = 0; second < 50; second++) {
      assert.deepEqual(life.answerer.alarms, [], `after ${second} s`)
      fixture.chain.nextSend = 'lost'
      await fixture.run(life, 1)
      if (life.answerer.alarms.length > 0) break
    }
    const [alarm] = life.answerer.alarms
    assert.ok(alarm?.code === 'DEMAND_UNANSWERED')
    assert.equal(alarm.reason, 'SENT')
    const left = alarm.deadlineSeconds - Number(fixture.chain.latest.timeSeconds)
    assert.ok(left > 10 && left <= 16, `${left} s before the deadline`)
  })

  it('was there and vanished with its block: nothing is sent', async () => {
    const { fixture, life } = await asked(leaf)
    fixture.chain.nextSend = 'lost'
    await round(life)
    assert.equal(life.answerer.demands[0]?.state, 'sent')
    fixture.chain.reorg(1)
    fixture.chain.mine()
    await round(life)
    assert.deepEqual(life.answerer.demands, [])
    assert.deepEqual(sentAfterPosting(fixture), [])
  })
})

describe('the answer to a demand', () => {
  it('goes out before anything else, and the epoch is final when the contract says so', async () => {
    const { fixture, life } = await asked(leaf)
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
    await fixture.run(life, 125)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf', 'finalise'])
    assert.equal(life.index.lastFinalEpoch, 1)
  })

  it('states its account first, once for all demands on it', async () => {
    const { fixture, life } = await asked(
      { kind: 'entry', place: alicePlace, key: nobody },
      { kind: 'hold', place: alicePlace, key: nobody },
      { kind: 'lane', place: alicePlace, key: nobody },
      { kind: 'reveal', place: alicePlace },
    )
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['state'])
    await round(life)
    const answers = ['answerEntry', 'answerHold', 'answerLane', 'answerReveal']
    assert.deepEqual(sentAfterPosting(fixture), ['state', ...answers])
  })

  it('to a statement states the account for the others', async () => {
    const { fixture, life } = await asked(
      { kind: 'statement', place: alicePlace },
      { kind: 'entry', place: alicePlace, key: nobody },
    )
    await round(life)
    await round(life)
    assert.deepEqual(sentAfterPosting(fixture), ['answerStatement', 'answerEntry'])
  })

  it('to what is due first goes out first, sixteen at once', async () => {
    const { fixture, life } = await pendingEpoch()
    fixture.chain.demand(1, { kind: 'leaf', place: bobPlace })
    const later = Array.from({ length: 30 }, (_, index): Asked => ({ ...leaf, round: index + 1 }))
    fixture.chain.demand(1, ...later)
    await round(life)
    const [first] = fixture.chain.mined.slice(-16)
    assert.ok(first?.call.type === 'answer' && first.call.answer.args[1] === bobPlace)
    assert.equal(sentAfterPosting(fixture).length, 16)
    await round(life)
    assert.equal(sentAfterPosting(fixture).length, 31)
  })

  it('is given while the follower holds an alarm', async () => {
    const { fixture, life } = await asked(leaf)
    await life.follower.poll()
    life.follower.chainAlarm = { code: 'CHAIN_SHORT', followedBlock: 9n, confirmedBlock: undefined }
    await life.poster.tick()
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
  })

  it('is not given before the chain is known to be the journal’s', async () => {
    const { fixture } = await asked(leaf)
    const unaware = await fixture.start()
    await unaware.poster.tick()
    assert.deepEqual(sentAfterPosting(fixture), [])
  })

  for (const fate of ['minedUnheard', 'inMempool', 'lost'] as const) {
    it(`is given once when what became of it is unknown (${fate})`, async () => {
      const { fixture, life } = await asked({ kind: 'entry', place: alicePlace, key: nobody }, leaf)
      for (let time = 0; time < 4; time++) {
        fixture.chain.nextSend = fate
        await round(life)
        fixture.chain.mine()
        await round(life)
      }
      assert.deepEqual([...sentAfterPosting(fixture)].sort(), ['answerEntry', 'answerLeaf', 'state'])
      assert.deepEqual(life.answerer.demands, [])
    })
  }
})

describe('an archive that the journal does not allow', () => {
  it('keeps an epoch from the chain whose leaves it does not give, and says why', async () => {
    const fixture = new SettlementFixture()
    fixture.chain.arrive({ account: alice.address, amount: 9n })
    const life = await fixture.start()
    await life.follower.poll()
    const [event] = await life.ledger.events(1, 1)
    assert.ok(event)
    // An event that comes twice is out of order.
    life.archive.apply(event)
    await withdraw(life.ledger, alice, 2n)
    await fixture.run(life, 6)
    const { problem } = life.archive
    assert.ok(problem)
    assert.deepEqual(life.poster.posterAlarm, { code: 'EPOCH_UNPROVABLE', epoch: 1, problem })
    assert.deepEqual(fixture.chain.contract.epochs, [])
  })

  it('is the reason that demands have no answer', async () => {
    const { fixture, life } = await asked(leaf)
    const [event] = await life.ledger.events(1, 1)
    assert.ok(event)
    life.archive.apply(event)
    await round(life)
    assert.equal(life.answerer.demands[0]?.reason, life.archive.problem)
    assert.deepEqual(sentAfterPosting(fixture), [])
    const restarted = await fixture.start()
    await round(restarted)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf'])
  })
})

describe('what an answer may cost', () => {
  it('is what a gas may cost while there is time; from half of A on its share of what the bond is worth', async () => {
    const { fixture, life } = await pendingEpoch(one => {
      one.maxFeePerGasWei = 10n
      one.epochBondWorthWei = 3_000n
    })
    fixture.chain.demand(1, leaf, { kind: 'leaf', place: bobPlace })
    fixture.chain.feePerGasWei = 11n
    await fixture.run(life, 20)
    assert.deepEqual(
      life.answerer.demands.map(({ state }) => state),
      ['dear', 'dear'],
    )
    assert.deepEqual(life.answerer.alarms, [])
    assert.deepEqual(sentAfterPosting(fixture), [])
    await fixture.run(life, 15)
    assert.deepEqual(sentAfterPosting(fixture), ['answerLeaf', 'answerLeaf'])
    assert.deepEqual(
      fixture.chain.offered.slice(-2).map(({ costMaxWei }) => costMaxWei),
      [1_500n, 1_500n],
    )
  })

  it('is anything from then on when nobody has said what the bond is worth', async () => {
    const { fixture, life } = await pendingEpoch(one => {
      one.maxFeePerGasWei = 10n
    })
    fixture.chain.demand(1, leaf)
    fixture.chain.feePerGasWei = 11n
    await fixture.run(life, 35)
    assert.equal(fixture.chain.offered.at(-1)?.costMaxWei, 'any')
  })

  it('is no more than for any call as long as a gas does not cost too much', async () => {
    const { fixture, life } = await asked(leaf)
    await round(life)
    assert.equal(fixture.chain.offered.at(-1)?.costMaxWei, undefined)
  })
})
