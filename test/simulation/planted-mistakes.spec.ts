import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Disturbance } from './engine/faults.ts'
import type { Violation } from './engine/sim.ts'
import {
  chainMistakes,
  decisionMistakes,
  type Mistakes,
  relayMistakes,
  storeMistakes,
} from './planted-mistakes.spec.fixture.ts'
import { runSeed } from './run-seed.ts'
import type { Plants } from './world.ts'

const commands = 200

/** Seeds that are tried before a mistake counts as one that the simulation does not find. */
const seedsMax = 20

type Broken = Violation & { readonly seed: number }

/** The first invariant that breaks with the mistake in place, and the seed that shows it. */
async function brokenBy(plant: () => Plants, disturbances?: readonly Disturbance[]): Promise<Broken | undefined> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const options = { seed, commands, plants: plant() }
    const { violation } = await runSeed(disturbances === undefined ? options : { ...options, disturbances })
    if (violation !== undefined) return { seed, ...violation }
  }
  return undefined
}

function describeMistakes(what: string, mistakes: Mistakes, disturbances?: readonly Disturbance[]): void {
  describe(`the simulation finds ${what} that`, () => {
    for (const [mistake, plant] of Object.entries(mistakes)) {
      it(mistake, async t => {
        const broken = await brokenBy(plant, disturbances)
        assert.ok(broken, `no invariant broke in ${seedsMax} seeds`)
        t.diagnostic(`seed ${broken.seed}: ${broken.invariant}: ${broken.detail.slice(0, 200)}`)
      })
    }
  })
}

describeMistakes('an event store', storeMistakes)
describeMistakes('a decider', decisionMistakes)
describeMistakes('a relay', relayMistakes)
describeMistakes('a provider of the chain', chainMistakes, ['shallowReorg', 'crash'])
