import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ledger } from '@deparrow/ledger'
import fc from 'fast-check'
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
import { runKilledAfter } from './testing/killed-life.ts'
import { alice, type SettlementFixture } from './testing/settlement-fixture.ts'

const nobody = placeOf(`0x${'77'.repeat(20)}`)

const questions: readonly Asked[] = [
  { kind: 'leaf', place: alicePlace },
  { kind: 'statement', place: bobPlace },
  { kind: 'entry', place: alicePlace, key: nobody },
  { kind: 'hold', place: alicePlace, key: nobody },
  { kind: 'lane', place: bobPlace, key: nobody },
  { kind: 'reveal', value: 3n << 8n },
]

const openNow = ({ chain }: SettlementFixture) =>
  [...chain.contract.demands.values()].filter(({ state }) => state === 'open').length

describe('answers, whatever happens', () => {
  it('come when the process is killed before or after any of its effects', async () => {
    let killedCount = 0
    for (let effects = 0; ; effects++) {
      const { fixture } = await asked(...questions)
      const wasKilled = await runKilledAfter(effects, fixture)
      const last = await fixture.start()
      await fixture.run(last, 12)
      assert.equal(openNow(fixture), 0, `killed at ${effects}`)
      assert.deepEqual(last.answerer.demands, [])
      const sent = sentAfterPosting(fixture)
      assert.equal(sent.filter(name => name.startsWith('answer')).length, questions.length, `killed at ${effects}`)
      if (!wasKilled) break
      killedCount++
    }
    assert.ok(killedCount >= 4, `only ${killedCount} places to die at`)
  })

  it('come while the ledger takes no command, although an instruction is due', async () => {
    const { fixture } = await asked(...questions)
    const away = async () => {
      throw new Error('the ledger is away')
    }
    const faults: Readonly<Record<string, unknown>> = { submit: away, dueInstructions: () => [alice.address] }
    const life = await fixture.start({
      chain: chain => chain,
      ledger: ledger =>
        new Proxy(ledger, {
          get: (target, name: keyof Ledger) => faults[name] ?? (target[name] as () => unknown).bind(target),
        }),
    })
    await life.follower.poll()
    for (let time = 0; time < 2; time++) await assert.rejects(life.poster.tick(), /the ledger is away/)
    assert.equal(openNow(fixture), 0)
  })

  it('come again when the block that had them is gone', async () => {
    const { fixture, life } = await asked(...questions)
    await round(life)
    await round(life)
    assert.equal(openNow(fixture), 0)
    fixture.chain.reorg(2)
    fixture.chain.mine()
    assert.equal(openNow(fixture), questions.length)
    for (let time = 0; time < 3; time++) await round(life)
    assert.equal(openNow(fixture), 0)
  })

  it('come after any faults have ended, each of them once on the chain that stands', async () => {
    const fault = fc.constantFrom('mined', 'minedUnheard', 'inMempool', 'lost', 'unavailable', 'reorg', 'kill', 'block')
    const order = fc.record({
      faults: fc.array(fault, { maxLength: 12 }),
      confirmations: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(order, async ({ faults, confirmations }) => {
        const { fixture, life } = await pendingEpoch()
        fixture.chain.demand(1, ...questions)
        fixture.chain.confirmations = confirmations
        const floor = fixture.chain.latest.number
        let now = life
        for (const one of faults) {
          if (one === 'unavailable') fixture.chain.failuresLeft = 3
          else if (one === 'kill') now = await fixture.start()
          else if (one === 'block') fixture.chain.mine()
          else if (one === 'reorg') {
            // Confirmations are more than what a reorganisation takes; the demands themselves stay.
            const depth = Math.min(confirmations - 1, Number(fixture.chain.latest.number - floor))
            if (depth > 0) fixture.chain.reorg(depth)
            fixture.chain.mine()
          } else fixture.chain.nextSend = one
          await round(now).catch((error: Error) => assert.equal(error.name, 'ChainUnavailableError'))
        }
        fixture.chain.failuresLeft = 0
        fixture.chain.nextSend = 'mined'
        for (let time = 0; time < 16; time++) {
          await round(now)
          fixture.chain.mine()
        }
        assert.equal(openNow(fixture), 0)
        assert.deepEqual(now.answerer.alarms, [])
        assert.equal(now.follower.chainAlarm, undefined)
      }),
      { numRuns: 60, seed: 20_261_122 },
    )
  })
})
