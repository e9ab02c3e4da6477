import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { placeOf } from './testing/demands.spec.fixture.ts'
import { heldMicrocredits, statusOf } from './testing/in-memory-contract.ts'
import { alice, bob, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n
const confirmations = 4
const [deposited, withdrawn] = [9n * credit, 2n * credit]
const roundsMax = 200

/**
 * People who do on chain whatever is not there yet: two deposits, a demand on the first epoch, and two claims. What a reorg takes from them they do again;
 * a deposit that only waits for a block they do not repeat.
 */
class People {
  constructor(
    private readonly fixture: SettlementFixture,
    private readonly doesWait: () => boolean,
  ) {}

  act(): void {
    if (this.doesWait()) return
    const { chain } = this.fixture
    const { contract } = chain
    if (contract.inbox.length === 0) chain.arrive(...depositors)
    else if (statusOf(contract, 1, this.nowSeconds) === 'pending' && contract.demands.size === 0) {
      chain.demand(1, { kind: 'leaf', place: placeOf(alice.address) })
    } else if (contract.finalEpoch === 1) this.claimRest()
  }

  private claimRest(): void {
    const { chain } = this.fixture
    for (const { address } of [alice, bob]) {
      if ((chain.contract.claimed.get(address) ?? 0n) < withdrawn) chain.claim(address)
    }
  }

  private get nowSeconds(): number {
    return Number(this.fixture.chain.latest.timeSeconds)
  }
}

const depositors = [
  { account: alice.address, amount: deposited },
  { account: bob.address, amount: deposited },
]

/** Runs the story with a reorg in one round, or with none; answers in how many rounds it came to its end. */
async function live(reorg?: { readonly round: number; readonly depth: number; readonly done: 'isLost' | 'waits' }) {
  const fixture = new SettlementFixture()
  const { chain } = fixture
  chain.confirmations = confirmations
  for (let block = 0; block < confirmations; block++) chain.mine()
  const life = await fixture.start()
  let waitsUntil = -1
  let round = 0
  const people = new People(fixture, () => round < waitsUntil)
  while (!isOver(fixture, life)) {
    assert.ok(round++ < roundsMax, 'the story does not end')
    people.act()
    await life.follower.poll()
    await withdrawOnce(life)
    await life.poster.tick()
    if (reorg?.round === round) {
      chain.reorg(reorg.depth, reorg.done)
      if (reorg.done === 'waits') waitsUntil = round + 2
    }
    skipTheWait(fixture)
    for (let block = 0; block < (reorg?.round === round ? reorg.depth : 1); block++) chain.mine()
    fixture.clock.ms += 1_000
    assert.equal(life.follower.chainAlarm, undefined)
  }
  return { fixture, life, rounds: round }
}

async function withdrawOnce({ ledger }: Life): Promise<void> {
  for (const person of [alice, bob]) {
    if (ledger.balance(person.address).availableMicrocredits === deposited) await withdraw(ledger, person, withdrawn)
  }
}

/** The two minutes after the answer, in which nothing happens. */
function skipTheWait({ chain }: SettlementFixture): void {
  const [demand] = chain.contract.demands.values()
  if (demand?.state === 'answered' && chain.contract.finalEpoch === 0) chain.pauseSeconds = 30n
}

function isOver({ chain }: SettlementFixture, { ledger, index }: Life): boolean {
  const isPaid = [alice, bob].every(({ address }) => ledger.balance(address).payableMicrocredits === 0n)
  return isPaid && index.lastFinalEpoch === 1 && chain.contract.claimed.size === 2
}

/** Nobody was credited, paid or asked twice, and ledger and contract own and owe the same. */
function assertWhole({ fixture, life }: Awaited<ReturnType<typeof live>>, title: string): void {
  const { contract } = fixture.chain
  const books = life.ledger.books()
  assert.equal(books.wallets, 2n * (deposited - withdrawn), title)
  assert.equal(books.reserve, heldMicrocredits(contract), title)
  assert.deepEqual([...contract.claimed.values()], [withdrawn, withdrawn], title)
  // A demand that went with its block can come too late for the window of two seconds.
  assert.ok(
    [...contract.demands.values()].every(({ state }) => state === 'answered'),
    title,
  )
  assert.equal(contract.inbox.length, 2, title)
}

describe('a reorg no deeper than the confirmations, at any step from deposit to claim', () => {
  for (const done of ['isLost', 'waits'] as const) {
    it(`changes nothing in the end when what it took ${done === 'isLost' ? 'is lost' : 'comes again in other blocks'}`, async () => {
      const { rounds } = await live()
      for (let depth = 1; depth < confirmations; depth++) {
        for (let round = 1; round <= rounds; round++) {
          assertWhole(await live({ round, depth, done }), `depth ${depth} in round ${round}`)
        }
      }
    })
  }

  it('is a story with a deposit, an epoch, a demand with its answer, and two claims', async () => {
    const { fixture } = await live()
    const calls = fixture.chain.mined.map(({ call }) => call.type)
    assert.deepEqual(calls, ['registerPayees', 'postEpoch', 'answer', 'finalise'])
  })
})
