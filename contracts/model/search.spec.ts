import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TamperName, tamperNames } from './agents/tampers/tampers.ts'
import { play } from './game.ts'
import type { Witness } from './model.ts'
import { deaf, type Strategy, shortHolds, strategies, tampering } from './strategies.ts'
import { honestWays, wayOf } from './ways.ts'

/** `DEPARROW_MODEL_SEEDS=50` plays fifty times as many games; `DEPARROW_MODEL_FIRST_SEED` begins elsewhere. */
const times = Number(process.env['DEPARROW_MODEL_SEEDS'] ?? 1)
const first = Number(process.env['DEPARROW_MODEL_FIRST_SEED'] ?? 1)

function playAll(strategy: Strategy, games: number): ReadonlySet<TamperName> {
  const used = new Set<TamperName>()
  for (let seed = first; seed < first + games * times; seed++) {
    const outcome = play({ ...strategy, seed })
    assert.deepEqual(outcome.violations, [], `seed ${seed}`)
    for (const name of outcome.used) used.add(name)
  }
  return used
}

describe('a random game with one honest watcher', () => {
  it('costs an honest poster nothing', () => {
    playAll(strategies.honest, 30)
  })

  it('costs an honest poster nothing when everybody asks, baits and pushes what they can', () => {
    playAll(strategies.griefed, 80)
  })

  it('has the honest poster answer every kind of demand in every way that there is for it', () => {
    const answered = new Set<string>()
    const witness: Witness = ({ action, result, state }) => {
      const asked = action.type === 'answer' && result.isAccepted ? state.demands[action.demand] : undefined
      if (asked !== undefined && action.type === 'answer') answered.add(wayOf(asked.demand, action.answer))
    }
    const missing = () => honestWays.filter(way => !answered.has(way))
    for (let seed = first; seed < first + 400 && missing().length > 0; seed++) {
      play({ ...strategies.griefed, seed, witness })
    }
    assert.deepEqual(missing(), [])
  })

  it('holds an epoch back no longer than the protocol says when one asker follows up as often as it may', () => {
    playAll(strategies.stalled, 20)
  })

  it('costs an honest poster nothing when the guardian cancels at random', () => {
    playAll(strategies.guarded, 40)
  })

  it('gives everybody everything by exit when the poster falls silent', () => {
    playAll(strategies.silent, 30)
  })

  it('ends in exit when the poster takes nothing more from the inbox', () => {
    playAll(strategies.frozen, 30)
  })

  it('lets no theft become final when the poster answers nothing about what it falsified', () => {
    playAll(strategies.withholding, 40)
  })

  it('lets no theft become final when the poster falsifies in every way and the guardian cancels what it may', () => {
    playAll(strategies.mixed, 60)
  })

  it('lets no theft become final when the poster falsifies, turns receipts away and is asked by everybody', () => {
    playAll(strategies.outvoted, 40)
  })

  it('pays the watcher as long as the poster has bonds to post', () => {
    playAll(strategies.poor, 30)
  })
})

describe('a poster that falsifies in one way only', () => {
  /** Books that do not close are never posted, so that this one is never used. */
  const isNeverPosted = (name: TamperName) => name === 'fromNothing'

  for (const name of tamperNames) {
    it(`gains nothing by ${name}`, () => {
      const used = new Set([...playAll(tampering(name), 14), ...playAll(shortHolds(deaf(tampering(name))), 14)])
      assert.equal(used.has(name), !isNeverPosted(name), 'it was tried')
    })
  }
})
