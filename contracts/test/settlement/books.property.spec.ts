/**
 * Random lives of the contract: deposits, epochs of random payouts and burns in random parts, cancellations, finality and
 * claims in any order. After each step what the contract holds covers what it owes, and no payee ever gets more than was paid.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type PayoutRow, rowProof } from '../../rows/rows.ts'
import {
  alice,
  bob,
  type Contracts,
  carol,
  guardian,
  loadContracts,
  viem,
  WEI_PER_MICROCREDIT,
} from '../support/chain.ts'
import { claimArguments, passWindow, postEpoch } from '../support/operator.ts'

const { revertWithCustomError } = viem.assertions

type Step =
  | { kind: 'deposit'; depositor: 0 | 1 | 2; amountMicrocredits: bigint }
  | { kind: 'post'; increments: [bigint, bigint, bigint]; burnMicrocredits: bigint; isSplit: boolean }
  | { kind: 'cancel'; back: number }
  | { kind: 'finalise' }
  | { kind: 'claim'; pick: number; payeeId: number }

type Posted = { epoch: bigint; parts: PayoutRow[][]; burnMicrocredits: bigint }

/** What an honest operator knows. */
type World = { pending: Posted[]; finalised: Posted[]; claimed: Map<number, bigint> }

const amount = fc.bigInt({ min: 1n, max: 50_000_000n })
const nothingOrAmount = fc.oneof(fc.constant(0n), amount)
const aDeposit = fc.record({
  kind: fc.constant('deposit' as const),
  depositor: fc.constantFrom(0 as const, 1 as const, 2 as const),
  amountMicrocredits: amount,
})
const anEpoch = fc.record({
  kind: fc.constant('post' as const),
  increments: fc.tuple(nothingOrAmount, nothingOrAmount, nothingOrAmount),
  burnMicrocredits: nothingOrAmount,
  isSplit: fc.boolean(),
})
const aCancellation = fc.record({ kind: fc.constant('cancel' as const), back: fc.nat(2) })
const aClaim = fc.record({
  kind: fc.constant('claim' as const),
  pick: fc.nat(2),
  payeeId: fc.integer({ min: 1, max: 3 }),
})

/** Claims are frequent, so that payees claim again and again, by newer rows and by older ones. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: aDeposit },
  { weight: 3, arbitrary: anEpoch },
  { weight: 1, arbitrary: aCancellation },
  { weight: 3, arbitrary: fc.constant({ kind: 'finalise' as const }) },
  { weight: 5, arbitrary: aClaim },
)

describe('the books over random lives', () => {
  it('always close, and the tokens held always cover what is owed', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async steps => {
      const contracts = await loadContracts()
      const world: World = { pending: [], finalised: [], claimed: new Map() }
      for (const next of steps) {
        await take(contracts, world, next)
        await checkInvariants(contracts, world)
      }
    })
    await fc.assert(property, { numRuns: 20 })
  })
})

async function take(contracts: Contracts, world: World, next: Step): Promise<void> {
  const { settlement } = contracts
  switch (next.kind) {
    case 'deposit': {
      const { account } = [alice, bob, carol][next.depositor] ?? alice
      await settlement.write.deposit([next.amountMicrocredits * WEI_PER_MICROCREDIT], { account })
      return
    }
    case 'post':
      return post(contracts, world, next)
    case 'cancel': {
      const at = world.pending.length - 1 - next.back
      const cancelled = world.pending[at]
      if (cancelled === undefined) return
      await settlement.write.cancel([cancelled.epoch], { account: guardian.account })
      world.pending.length = at
      return
    }
    case 'finalise': {
      await passWindow()
      for (const { epoch } of world.pending) await settlement.write.finalise([epoch])
      world.finalised.push(...world.pending.splice(0))
      return
    }
    case 'claim':
      return claim(contracts, world, next)
  }
}

async function post(contracts: Contracts, world: World, next: Step & { kind: 'post' }): Promise<void> {
  const known = [...world.finalised, ...world.pending]
  const rows = next.increments.flatMap((increment, i) => (increment > 0n ? [nextRow(known, i + 1, increment)] : []))
  const parts = next.isSplit ? rows.map(row => [row]) : rows.length > 0 ? [rows] : []
  const epoch = await postEpoch(contracts, { parts, burnMicrocredits: next.burnMicrocredits })
  world.pending.push({ epoch, parts, burnMicrocredits: next.burnMicrocredits })
}

async function claim(contracts: Contracts, world: World, { pick, payeeId }: Step & { kind: 'claim' }): Promise<void> {
  const { settlement } = contracts
  const found = world.finalised.flatMap(posted => findRow(posted, payeeId)).at(-1 - pick)
  if (found === undefined) return
  const args = claimArguments(rowProof(found))
  const cumulative = found.rows[found.index]?.cumulativeMicrocredits ?? 0n
  if (cumulative <= (world.claimed.get(payeeId) ?? 0n))
    return revertWithCustomError(settlement.write.claim(args), settlement, 'NothingToClaim')
  await settlement.write.claim(args)
  world.claimed.set(payeeId, cumulative)
}

function nextRow(known: Posted[], payeeId: number, incrementMicrocredits: bigint): PayoutRow {
  const previous = known.flatMap(posted => findRow(posted, payeeId)).at(-1)
  const before = previous?.rows[previous.index]?.cumulativeMicrocredits ?? 0n
  return {
    payeeId,
    incrementMicrocredits,
    cumulativeMicrocredits: before + incrementMicrocredits,
    previousEpoch: Number(previous?.epoch ?? 0n),
  }
}

function findRow({ epoch, parts }: Posted, payeeId: number) {
  return parts.flatMap((rows, part) => {
    const index = rows.findIndex(row => row.payeeId === payeeId)
    return index === -1 ? [] : [{ epoch, part, rows, index }]
  })
}

async function checkInvariants({ settlement, token, addresses }: Contracts, world: World): Promise<void> {
  const sum = (amounts: bigint[]) => amounts.reduce((total, next) => total + next, 0n)
  const payouts = sum(world.finalised.flatMap(({ parts }) => parts.flat().map(row => row.incrementMicrocredits)))
  const burns = sum(world.finalised.map(({ burnMicrocredits }) => burnMicrocredits))
  const claims = sum([...world.claimed.values()])
  const inbox = await settlement.read.inboxTotal([await settlement.read.inboxCount()])
  const head = await settlement.read.epoch([await settlement.read.headEpoch()])
  const heldWei = (await token.read.balanceOf([addresses.settlement])) - (await settlement.read.bondWei())
  const heldMicrocredits = heldWei / WEI_PER_MICROCREDIT

  assert.equal(heldMicrocredits, inbox - burns - claims)
  assert.ok(claims <= payouts)
  const liabilities = head.leavesTotalMicrocredits + head.payoutsTotalMicrocredits - claims
  assert.ok(heldMicrocredits >= liabilities)
  assert.equal(
    head.leavesTotalMicrocredits + head.payoutsTotalMicrocredits + head.burnsTotalMicrocredits,
    await settlement.read.inboxTotal([head.inboxCut]),
  )
}
