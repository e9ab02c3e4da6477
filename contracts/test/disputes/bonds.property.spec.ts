/**
 * Random lives of demands: asked, followed, answered, ended, refunded in any order, while epochs are posted, cancelled and
 * finalised and time passes. After each step every bond is where the states of the demands say, to the wei.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Hex, zeroHash } from 'viem'
import { CREDIT_WEI } from '../support/constants.ts'
import { alice, bob, guardian, networkHelpers, poster, stranger, viem } from '../support/judges-chain.ts'
import { actor } from '../support/messages.ts'
import { leafProof, placeOf } from '../support/trees.ts'
import { booksOf, leavesOf, type Posted, postBooks, someKey } from './books.ts'
import {
  ANSWER_SECONDS,
  ASKER_BOND_WEI,
  type Disputed,
  EPOCH_BOND_WEI,
  loadDisputed,
  PURSE_WEI,
} from './disputed-chain.ts'

const { revertWithCustomError } = viem.assertions
const anybody = { account: stranger.account }
const askers = [alice, bob] as const
const places = [placeOf(actor(1).address), ...['a', 'b', 'c', 'd'].map(someKey)]
const STATE = { open: 1, answered: 2, expired: 3, refunded: 4 } as const
const STATUS = { pending: 3, cancelled: 4, finalised: 6 } as const

type Asked = { id: Hex; epoch: bigint; place: Hex; asker: 0 | 1 }
type World = { contracts: Disputed; epochs: Posted[]; asked: Asked[] }
type Step =
  | { kind: 'post' }
  | { kind: 'wait'; seconds: bigint }
  | { kind: 'ask'; asker: 0 | 1; place: number; epoch: number; follows: number | undefined }
  | { kind: 'answer' | 'expire' | 'refund'; pick: number }
  | { kind: 'fund'; owner: number; wei: bigint }
  | { kind: 'withdraw'; owner: number; wei: bigint }
  | { kind: 'cancel'; epoch: number }
  | { kind: 'finalise'; epoch: number }

const anAsk = fc.record({
  kind: fc.constant('ask' as const),
  asker: fc.constantFrom(0 as const, 1 as const),
  place: fc.nat(places.length - 1),
  epoch: fc.nat(2),
  follows: fc.option(fc.nat(2), { nil: undefined, freq: 3 }),
})
const anEnd = fc.record({
  kind: fc.constantFrom('answer', 'answer', 'answer', 'expire', 'refund', 'refund'),
  pick: fc.nat(6),
})
const anEpochs = fc.record({ kind: fc.constantFrom('cancel', 'finalise', 'finalise', 'finalise'), epoch: fc.nat(2) })
const aWait = fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1n, 30n, 101n, 1_000n) })

const aPurse = fc.record({
  kind: fc.constantFrom('fund', 'withdraw'),
  owner: fc.nat(2),
  wei: fc.oneof(fc.bigInt(0n, PURSE_WEI), fc.constantFrom(PURSE_WEI - ASKER_BOND_WEI, PURSE_WEI)),
})

const step = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'post' as const }) },
  { weight: 3, arbitrary: aWait },
  { weight: 8, arbitrary: anAsk },
  { weight: 8, arbitrary: anEnd },
  { weight: 3, arbitrary: anEpochs },
  { weight: 2, arbitrary: aPurse },
) as fc.Arbitrary<Step>

const newest = <T>(list: readonly T[], back: number): T | undefined => list[list.length - 1 - back]

describe('the bonds of demands', () => {
  it('are conserved to the wei, and a final epoch has no demand that is open or expired', async t => {
    const counts = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 70 }), async steps => {
        const world = await begin()
        for (const next of [{ kind: 'post' as const }, ...steps]) {
          const isDone = await take(world, next)
          if (isDone) counts.set(next.kind, (counts.get(next.kind) ?? 0) + 1)
          await check(world)
        }
      }),
      { seed: 20_261_121, numRuns: 20, endOnFailure: true },
    )
    t.diagnostic(JSON.stringify(Object.fromEntries(counts)))
    for (const kind of ['ask', 'answer', 'expire', 'refund', 'finalise', 'fund', 'withdraw'])
      assert.ok((counts.get(kind) ?? 0) > 3, `${kind} happened ${counts.get(kind) ?? 0} times`)
  })
})

async function begin(): Promise<World> {
  const contracts = await loadDisputed()
  await contracts.settlement.write.addBond([10_000n * CREDIT_WEI], { account: poster.account })
  return { contracts, epochs: [], asked: [] }
}

/** Tries a step; what the contracts refuse changes nothing, which the check after it sees. */
async function take(world: World, next: Step): Promise<boolean> {
  const { contracts, epochs, asked } = world
  const { disputes, settlement } = contracts
  if (next.kind === 'wait') return networkHelpers.time.increase(next.seconds).then(() => true)
  if (next.kind === 'post') return post(world)
  if (next.kind === 'ask') return ask(world, next)
  if (next.kind === 'finalise') return finalise(world)
  if (next.kind === 'fund' || next.kind === 'withdraw') {
    const { account } = [...askers, poster][next.owner] ?? poster
    return succeeds(disputes.write[next.kind]([next.wei], { account }))
  }
  if (next.kind === 'cancel') {
    const posted = newest(epochs, next.epoch)
    return posted !== undefined && succeeds(settlement.write.cancel([posted.epoch], { account: guardian.account }))
  }
  const demand = newest(asked, next.pick)
  if (demand === undefined) return false
  if (next.kind === 'expire') return succeeds(disputes.write.expire([demand.id], anybody))
  if (next.kind === 'refund') return succeeds(disputes.write.refund([demand.id], anybody))
  const posted = epochs.find(({ epoch }) => epoch === demand.epoch)
  if (posted === undefined) return false
  const proof = leafProof(leavesOf(posted.books), demand.place)
  return succeeds(disputes.write.answerLeaf([demand.epoch, demand.place, proof], anybody))
}

/** Finalises the oldest epoch that allows it. */
async function finalise({ contracts, epochs }: World): Promise<boolean> {
  for (const { epoch } of epochs) if (await succeeds(contracts.settlement.write.finalise([epoch], anybody))) return true
  return false
}

async function post({ contracts, epochs }: World): Promise<boolean> {
  const { settlement } = contracts
  const total = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  const first = places[0] as Hex
  const books = booksOf(total, [[first, { available: BigInt(epochs.length + 1) }]])
  epochs.push(await postBooks(contracts, new Map(), books))
  return true
}

async function ask({ contracts, epochs, asked }: World, next: Step & { kind: 'ask' }): Promise<boolean> {
  const { disputes } = contracts
  const posted = newest(epochs, next.epoch)
  if (posted === undefined) return false
  const place = places[next.place] as Hex
  const id = await disputes.read.idOf([{ epoch: posted.epoch, kind: 0, place, key: zeroHash, value: 0n }])
  const follows = (next.follows === undefined ? undefined : newest(asked, next.follows)?.id) ?? zeroHash
  const { account } = askers[next.asker]
  const isAsked = await succeeds(disputes.write.demandLeaf([posted.epoch, place, follows], { account }))
  if (isAsked) asked.push({ id, epoch: posted.epoch, place, asker: next.asker })
  return isAsked
}

async function succeeds(transaction: Promise<Hex>): Promise<boolean> {
  return transaction.then(
    () => true,
    () => false,
  )
}

async function check({ contracts, epochs, asked }: World): Promise<void> {
  const { disputes, settlement, token } = contracts
  const states = await Promise.all(
    asked.map(async demand => ({ ...demand, ...(await disputes.read.demandOf([demand.id])) })),
  )
  const count = (state: number, asker?: 0 | 1) =>
    BigInt(asked.filter((demand, i) => states[i]?.state === state && (asker ?? demand.asker) === demand.asker).length)
  const purses = await Promise.all([...askers, poster].map(({ account }) => disputes.read.purseWei([account.address])))
  const inPurses = purses.reduce((sum, wei) => sum + wei, 0n)
  assert.equal(await token.read.balanceOf([disputes.address]), inPurses + ASKER_BOND_WEI * count(STATE.open))
  for (const asker of [0, 1] as const) {
    const spent = ASKER_BOND_WEI * (count(STATE.open, asker) + count(STATE.answered, asker))
    const earned = (EPOCH_BOND_WEI / 10n) * count(STATE.expired, asker)
    const balance = await token.read.balanceOf([askers[asker].account.address])
    assert.equal(balance + (purses[asker] ?? 0n), 1_000_000n * CREDIT_WEI - spent + earned)
  }
  const posterWei = await token.read.balanceOf([poster.account.address])
  assert.equal(
    posterWei + (purses[2] ?? 0n),
    (1_000_000n - 11_000n) * CREDIT_WEI + ASKER_BOND_WEI * count(STATE.answered),
  )
  for (const { epoch } of epochs) {
    const status = await settlement.read.epochStatus([epoch])
    const own = states.filter((_, i) => asked[i]?.epoch === epoch)
    const { openDemands } = await settlement.read.epoch([epoch])
    assert.equal(openDemands, own.filter(({ state }) => state === STATE.open).length)
    if (own.some(({ state }) => state === STATE.expired)) assert.equal(status, STATUS.cancelled)
    if (status === STATUS.finalised) assert.equal(openDemands, 0)
  }
}

describe('an epoch whose demands were all answered', () => {
  it('becomes final, and answers no further demand', async () => {
    const world = await begin()
    await post(world)
    const { disputes, settlement } = world.contracts
    const [posted] = world.epochs
    assert.ok(posted)
    for (const place of places) {
      await disputes.write.demandLeaf([posted.epoch, place, zeroHash], { account: alice.account })
      await disputes.write.answerLeaf([posted.epoch, place, leafProof(leavesOf(posted.books), place)], anybody)
    }
    const { finalAt } = await settlement.read.epoch([posted.epoch])
    await networkHelpers.time.increaseTo(finalAt)
    await settlement.write.finalise([posted.epoch], anybody)
    await networkHelpers.time.increase(ANSWER_SECONDS)
    const late = disputes.write.demandLeaf([posted.epoch, someKey('late'), zeroHash], { account: alice.account })
    await revertWithCustomError(late, settlement, 'EpochNotPending')
  })
})
