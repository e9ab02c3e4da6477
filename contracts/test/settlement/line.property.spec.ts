/**
 * The line of epochs under a poster and a guardian that do anything in any order: epochs opened and left unfinished, finished,
 * cancelled at any depth, finalised, and time that passes. A list of what counts, kept by the plainest rules, says what each
 * epoch's status must be and which claims are paid.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodeRows } from '../../rows/rows.ts'
import { type Contracts, EPOCH_STATUS, guardian, loadContracts, networkHelpers, stranger } from '../support/chain.ts'
import { claimOf, firstRow, headerFor, passWindow } from '../support/operator.ts'

type Step = { kind: 'open' | 'finish' | 'finalise' | 'claim' | 'passWindow' | 'passPartsPeriod' } | CancelStep
type CancelStep = { kind: 'cancel'; epoch: number }

/** What each epoch is by the plainest rules; `line` holds the complete epochs that count, oldest first. */
type Model = { statuses: number[]; line: number[]; open: number | undefined; claimed: bigint }

/** Each epoch pays payees 1 and 2 a microcredit each, in two parts. */
const PARTS = [[firstRow(1, 1n)], [firstRow(2, 1n)]]

const simple = (weight: number, kind: Exclude<Step['kind'], 'cancel'>) => ({ weight, arbitrary: fc.constant({ kind }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  simple(5, 'open'),
  simple(5, 'finish'),
  simple(2, 'finalise'),
  simple(2, 'claim'),
  simple(1, 'passWindow'),
  simple(1, 'passPartsPeriod'),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), epoch: fc.integer({ min: 0, max: 12 }) }) },
)

describe('the line of epochs', () => {
  it('is what the plainest rules say, whatever is opened, finished, cancelled and finalised in any order', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async steps => {
      const contracts = await loadContracts()
      const model: Model = { statuses: [], line: [], open: undefined, claimed: 0n }
      for (const next of steps) {
        await take(contracts, model, next)
        await compare(contracts, model)
      }
    })
    await fc.assert(property, { numRuns: 25 })
  })
})

async function take(contracts: Contracts, model: Model, next: Step): Promise<void> {
  const { settlement } = contracts
  switch (next.kind) {
    case 'open': {
      const rows = PARTS.flat()
      await settlement.write.postEpoch([await headerFor(contracts, { rows }), encodeRows(PARTS[0] ?? [])])
      lapse(model)
      model.statuses.push(EPOCH_STATUS.open)
      model.open = model.statuses.length
      return
    }
    case 'finish': {
      const epoch = model.open ?? model.statuses.length
      const finishing = settlement.write.postRows([BigInt(epoch), encodeRows(PARTS[1] ?? [])])
      if (model.open === undefined) return assert.rejects(finishing)
      await finishing
      model.statuses[epoch - 1] = EPOCH_STATUS.pending
      model.line.push(epoch)
      model.open = undefined
      return
    }
    case 'cancel':
      return cancel(contracts, model, next)
    case 'finalise': {
      const epoch = model.line.find(id => model.statuses[id - 1] !== EPOCH_STATUS.finalised) ?? 0
      const finalising = settlement.write.finalise([BigInt(epoch)], { account: stranger.account })
      if (model.statuses[epoch - 1] !== EPOCH_STATUS.final) return assert.rejects(finalising)
      await finalising
      model.statuses[epoch - 1] = EPOCH_STATUS.finalised
      return
    }
    case 'claim':
      return claim(contracts, model)
    case 'passWindow': {
      await passWindow()
      becomeFinal(model)
      return
    }
    case 'passPartsPeriod': {
      await networkHelpers.time.increase((await settlement.read.PARTS_PERIOD_SECONDS()) + 1n)
      lapse(model)
      becomeFinal(model)
      return
    }
  }
}

async function cancel({ settlement }: Contracts, model: Model, { epoch }: CancelStep): Promise<void> {
  const cancelling = settlement.write.cancel([BigInt(epoch)], { account: guardian.account })
  const status = model.statuses[epoch - 1]
  if (status !== EPOCH_STATUS.open && status !== EPOCH_STATUS.pending) return assert.rejects(cancelling)
  await cancelling
  lapse(model)
  const at = model.line.indexOf(epoch)
  if (at === -1) return
  for (const id of model.line.splice(at)) model.statuses[id - 1] = EPOCH_STATUS.cancelled
}

/** Tries to claim by every epoch there is; only the first row of a payee in a finalised epoch pays, once. */
async function claim({ settlement }: Contracts, model: Model): Promise<void> {
  for (const [index, status] of model.statuses.entries()) {
    const claiming = settlement.write.claim(claimOf(BigInt(index + 1), PARTS[0] ?? [], 0))
    if (status !== EPOCH_STATUS.finalised || model.claimed > 0n) await assert.rejects(claiming)
    else {
      await claiming
      model.claimed = 1n
    }
  }
}

/** Both periods are longer than the window. */
function becomeFinal({ line, statuses }: Model): void {
  for (const id of line) if (statuses[id - 1] === EPOCH_STATUS.pending) statuses[id - 1] = EPOCH_STATUS.final
}

function lapse(model: Model): void {
  if (model.open !== undefined) model.statuses[model.open - 1] = EPOCH_STATUS.lapsed
  model.open = undefined
}

async function compare({ settlement }: Contracts, { statuses, line, claimed }: Model): Promise<void> {
  const found = await Promise.all(statuses.map((_, index) => settlement.read.epochStatus([BigInt(index + 1)])))
  assert.deepEqual(found, statuses)
  assert.equal(await settlement.read.headEpoch(), BigInt(line.at(-1) ?? 0))
  const finalised = line.filter(id => statuses[id - 1] === EPOCH_STATUS.finalised)
  assert.equal(await settlement.read.finalEpoch(), BigInt(finalised.at(-1) ?? 0))
  assert.equal(await settlement.read.claimedMicrocredits([1]), claimed)
}
