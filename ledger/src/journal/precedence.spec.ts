import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { PrecedenceCase, PrecedenceCases } from './precedence-case.spec.fixture.ts'
import { endsOfJobs, endsOfObligations } from './precedence-of-ends.spec.fixture.ts'
import { factsOfShards, factsOfTheChain, standingOrders } from './precedence-of-facts.spec.fixture.ts'
import { rewardsAndPrices } from './precedence-of-rewards.spec.fixture.ts'
import { spendsOfDelegates, spendsOfWallets } from './precedence-of-spends.spec.fixture.ts'
import type { RefusalCode } from './refusal.ts'

const cases: PrecedenceCases = {
  ...spendsOfWallets,
  ...spendsOfDelegates,
  ...endsOfJobs,
  ...endsOfObligations,
  ...standingOrders,
  ...rewardsAndPrices,
  ...factsOfTheChain,
  ...factsOfShards,
}

/** Codes that no case here produces, and why. */
const shownElsewhere: Partial<Record<RefusalCode, string>> = {
  TOO_MANY_LANES: 'takes a thousand lanes; permission/lanes.spec.ts uses them',
  TOO_MANY_DELEGATES: 'takes a thousand permissions; permission/decide.spec.ts grants them',
}

/** The closed list as its one source states it, in its order. */
const closedList = [...sourceOf('refusal.ts').matchAll(/readonly code: '([A-Z_]+)'/g)].map(
  match => match[1] as RefusalCode,
)

/** Every command that there is, as its one source states them. */
const commandTypes = new Set([...sourceOf('command.ts').matchAll(/readonly type: '(\w+)'/g)].map(match => match[1]))

function sourceOf(file: string): string {
  return readFileSync(new URL(`../../src/journal/${file}`, import.meta.url), 'utf8')
}

/** What the ledger answers to the input of a case that breaks these rules. */
function answerTo(of: PrecedenceCase, ...broken: readonly RefusalCode[]): RefusalCode | 'accepted' {
  const { ledger, command } = of.build(new Set(broken))
  const [answer] = ledger.submit(command)
  assert.ok(answer)
  return answer.status === 'refused' ? answer.refusal.code : 'accepted'
}

/** Each rule with those of the next rank that can be broken together with it. */
function adjacentPairs({ ranks, apart = [] }: PrecedenceCase): readonly (readonly [RefusalCode, RefusalCode])[] {
  const isPossible = (first: RefusalCode, second: RefusalCode) =>
    !apart.some(([one, other]) => one === first && other === second)
  return ranks.flatMap((rank, index) =>
    rank.flatMap(first => {
      const later = ranks.slice(index + 1).map(next => next.filter(second => isPossible(first, second)))
      return (later.find(next => next.length > 0) ?? []).map(second => [first, second] as const)
    }),
  )
}

for (const [name, of] of Object.entries(cases)) {
  describe(`the rules of ${name}`, () => {
    it('let a command pass that breaks none of them', () => assert.equal(answerTo(of), 'accepted'))

    for (const code of of.ranks.flat()) {
      it(`refuse with ${code}`, () => assert.equal(answerTo(of, code), code))
    }

    for (const [first, second] of adjacentPairs(of)) {
      it(`refuse with ${first} before ${second}`, () => assert.equal(answerTo(of, first, second), first))
    }

    it('stand in the order of the closed list', () => {
      const places = of.ranks.map(rank => rank.map(code => closedList.indexOf(code)))
      const inOrder = places.filter((_, index) => !of.ranks[index]?.includes('COMMAND_CONFLICT'))
      inOrder.slice(1).forEach((rank, index) => {
        assert.ok(Math.max(...(inOrder[index] as number[])) < Math.min(...rank), `${of.ranks.flat()}`)
      })
    })
  })
}

describe('the closed list of refusals', () => {
  const produced = new Set(Object.values(cases).flatMap(({ ranks }) => ranks.flat()))

  it('is found whole', () => {
    assert.equal(closedList[0], 'MALFORMED')
    assert.equal(closedList.at(-1), 'LINK_FAILED')
    assert.equal(new Set(closedList).size, closedList.length)
  })

  for (const code of closedList) {
    it(`has ${code} produced by a command above, or says why not`, () => {
      assert.equal(produced.has(code), shownElsewhere[code] === undefined)
    })
  }

  it('has no command without a case', () => {
    const covered = new Set(Object.keys(cases).map(name => name.split(' ')[0]))
    assert.deepEqual(
      [...commandTypes].filter(type => !covered.has(type)),
      [],
    )
  })
})
