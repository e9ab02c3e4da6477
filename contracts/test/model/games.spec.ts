/**
 * Random games of the model, played again on the contracts: each transaction is accepted or refused there as here, by the error of the same
 * name, and leaves the same behind. Demands, answers and pushes go to `Disputes` and `DisputedReceipts`, with real trees, signatures, certificates and
 * acceptances; an honest poster answers in every way that there is. `DEPARROW_MODEL_GAMES=20` plays twenty games of each kind; `DEPARROW_MODEL_FIRST_SEED` begins elsewhere.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { artifacts } from 'hardhat'
import { tamperNames } from '../../model/agents/tampers/tampers.ts'
import { usualBond } from '../../model/game.ts'
import { Random } from '../../model/random.ts'
import { type Strategy, strategies, tampering } from '../../model/strategies.ts'
import { honestWays, wayOf } from '../../model/ways.ts'
import { endingOfChain, endingOfModel } from './ending.ts'
import { factsOfChain } from './facts.ts'
import { type Recording, record, type Step } from './record.ts'
import { errorsOf } from './refusals.ts'
import { SettlementTwin } from './settlement-twin.ts'
import { TwinChain } from './twin-chain.ts'

const games = Number(process.env['DEPARROW_MODEL_GAMES'] ?? 1)
const first = Number(process.env['DEPARROW_MODEL_FIRST_SEED'] ?? 1)

/** In the games of so many seeds a way to answer is looked for that no game above has shown. */
const searched = 200

const chain = await TwinChain.deploy()
const { abi } = await artifacts.readArtifact('TwinFacts')

/** The ways in which honest posters have answered on the contracts so far. */
const answered = new Set<string>()

/** Plays as many games as are asked for, and tells what was compared. */
const played = (strategy: Strategy) => async (t: TestContext) => {
  const seen = new Map<string, number>()
  for (let seed = first; seed < first + games; seed++) {
    for (const [kind, count] of await playTwice(strategy, seed)) seen.set(kind, (seen.get(kind) ?? 0) + count)
  }
  t.diagnostic(JSON.stringify(Object.fromEntries([...seen].sort())))
}

describe('a game of the model on the contracts', () => {
  for (const [name, strategy] of Object.entries(strategies)) it(`goes as in the model: ${name}`, played(strategy))
})

describe('a poster that falsifies in one way only', () => {
  // A run of CI plays every fourth way; more games play them all.
  for (const name of tamperNames.filter((_, index) => games > 1 || index % 4 === first % 4))
    it(`does and is refused the same on the contracts: ${name}`, played(tampering(name)))
})

describe('an honest poster', () => {
  it('answers every kind of demand in every way that there is for it', async t => {
    const missing = () => honestWays.filter(way => !answered.has(way))
    for (let seed = first; seed < first + searched && missing().length > 0; seed++) {
      for (const strategy of [strategies.griefed, strategies.guarded]) {
        const recording = record(chain, { ...strategy, seed }, usualBond)
        const found = missing().filter(way => waysOf(recording).includes(way))
        if (found.length === 0) continue
        await playAgain(recording, seed, usualBond)
        for (const way of found) answered.add(way)
        t.diagnostic(`seed ${seed}: ${found.join(', ')}`)
      }
    }
    assert.deepEqual(missing(), [])
  })
})

/** Counts what was compared. */
async function playTwice(strategy: Strategy, seed: number): Promise<Map<string, number>> {
  const posterBond = strategy.posterBond ?? usualBond
  const recording = record(chain, { ...strategy, seed }, posterBond)
  const compared = await playAgain(recording, seed, posterBond)
  if (strategy.mode.tampers.length === 0) for (const way of waysOf(recording)) answered.add(way)
  return compared
}

/** In which ways demands were answered in a game. */
function waysOf({ steps, state }: Recording): string[] {
  return steps.flatMap(({ action, result }) => {
    const asked = action.type === 'answer' && result.isAccepted ? state.demands[action.demand] : undefined
    return asked === undefined || action.type !== 'answer' ? [] : wayOf(asked.demand, action.answer)
  })
}

async function playAgain(recording: Recording, seed: number, posterBond: number): Promise<Map<string, number>> {
  const { steps, state, messages } = recording
  await chain.begin(posterBond)
  const twin = new SettlementTwin(chain, new Random(seed), messages, index => state.inbox[index])
  const compared = new Map<string, number>()
  for (const [index, step] of steps.entries()) {
    const where = `seed ${seed}, step ${index} at ${step.now}: ${step.caller} ${describeAction(step)}`
    const sendings = await twin.sendingsOf(step)
    if (sendings.length === 0) continue
    for (const { caller, call } of sendings) {
      const { error } = await chain.send(caller, call, step.now)
      if (step.result.isAccepted) assert.equal(error, undefined, where)
      else
        assert.ok(
          errorsOf(step.action.type, step.result.error).includes(error ?? 'accepted'),
          `${where}: ${error ?? 'accepted'}`,
        )
    }
    if (step.facts !== undefined) {
      assert.deepEqual(await factsOfChain(chain, abi, step.facts), step.facts, where)
    }
    const kind = `${step.action.type} ${step.result.isAccepted ? 'accepted' : step.result.error}`
    compared.set(kind, (compared.get(kind) ?? 0) + 1)
  }
  const ending = endingOfModel(chain, state, messages)
  assert.deepEqual(await endingOfChain(chain, ending), ending, `seed ${seed}, at the end`)
  return compared
}

function describeAction({ action, result }: Step): string {
  const plain = JSON.stringify(action, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value))
  return `${plain.slice(0, 400)} ${result.isAccepted ? 'accepted' : result.error}`
}
