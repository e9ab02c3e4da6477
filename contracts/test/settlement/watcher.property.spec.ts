/** A poster that lies in one row of one epoch, over random histories: whoever watches can always cancel it, and never an honest one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type PayoutRow, rowProof } from '../../rows/rows.ts'
import { type Contracts, EPOCH_STATUS, loadContracts, stranger } from '../support/chain.ts'
import { postEpoch } from '../support/operator.ts'
import { type Accusation, accuse, type PostedRows, proofsOf } from '../support/watcher.ts'

const PAYEES = [1, 2, 3]
const anybody = { account: stranger.account }

/** Which of the payees each honest epoch pays, and after which of them a new part begins. */
const history = fc.array(fc.record({ paid: fc.subarray(PAYEES), splitAfter: fc.subarray(PAYEES) }), {
  minLength: 1,
  maxLength: 4,
})
const lie = fc.record({
  payeeId: fc.constantFrom(...PAYEES),
  incrementMicrocredits: fc.bigInt({ min: 1n, max: 9n }),
  extraMicrocredits: fc.bigInt({ min: 1n, max: 6n }),
  epochsBack: fc.nat(5),
})

describe('a row that random posters make up', () => {
  it('is cancelled by whoever watches exactly when it is wrong', async () => {
    const seen = { right: 0, wrong: 0 }
    const property = fc.asyncProperty(history, lie, async (epochs, made) => {
      const contracts = await loadContracts()
      const posted: PostedRows[] = []
      for (const { paid, splitAfter } of epochs) {
        const parts = split(
          paid.map(payeeId => honestRow(posted, payeeId, BigInt(payeeId))),
          splitAfter,
        )
        posted.push({ epoch: await postEpoch(contracts, { parts }), parts })
      }

      const row = madeUpRow(made, posted.length)
      const epoch = await postEpoch(contracts, { parts: [[row]] })
      const proof = rowProof({ epoch, part: 0, rows: [row], index: 0 })
      const accusation = accuse(posted, proof, row)
      const isRight = isSameRow(row, honestRow(posted, row.payeeId, row.incrementMicrocredits))
      assert.equal(accusation === undefined, isRight)
      seen[isRight ? 'right' : 'wrong']++
      if (accusation === undefined) {
        for (const attempt of everyAccusation(posted, proof, row)) await assert.rejects(send(contracts, attempt))
      } else await send(contracts, accusation)
      const expected = isRight ? EPOCH_STATUS.pending : EPOCH_STATUS.cancelled
      assert.equal(await contracts.settlement.read.epochStatus([epoch]), expected)
    })
    await fc.assert(property, { numRuns: 60 })
    assert.ok(seen.right > 0 && seen.wrong > 0, JSON.stringify(seen))
  })
})

async function send({ settlement }: Contracts, accusation: Accusation): Promise<void> {
  if (accusation.call === 'cancelWrongRow') await settlement.write.cancelWrongRow(accusation.args, anybody)
  else await settlement.write.cancelRowWithoutPrevious(accusation.args, anybody)
}

/** All that an accuser could try against an honest row: each earlier row, and absence in each place. */
function everyAccusation(posted: PostedRows[], proof: Accusation['args'][0], row: PayoutRow): Accusation[] {
  const byRow = posted.flatMap(epoch =>
    PAYEES.flatMap(payeeId => proofsOf(epoch, payeeId)).map(
      (earlier): Accusation => ({ call: 'cancelWrongRow', args: [proof, earlier.proof] }),
    ),
  )
  const named = posted.find(({ epoch }) => epoch === BigInt(row.previousEpoch))
  const neighbours = named ? PAYEES.flatMap(payeeId => proofsOf(named, payeeId)).map(found => found.proof) : []
  const byAbsence = [0, 1, 2, 3].flatMap((part): Accusation[] => [
    { call: 'cancelRowWithoutPrevious', args: [proof, part, []] },
    ...neighbours.slice(1).map((above, i): Accusation => {
      return { call: 'cancelRowWithoutPrevious', args: [proof, part, [neighbours[i] ?? above, above]] }
    }),
  ])
  return [...byRow, ...byAbsence]
}

function honestRow(posted: PostedRows[], payeeId: number, incrementMicrocredits: bigint): PayoutRow {
  const previous = posted.flatMap(epoch => proofsOf(epoch, payeeId)).at(-1)
  return {
    payeeId,
    incrementMicrocredits,
    cumulativeMicrocredits: (previous?.row.cumulativeMicrocredits ?? 0n) + incrementMicrocredits,
    previousEpoch: Number(previous?.proof.epoch ?? 0n),
  }
}

/** Whatever the contract takes when it is posted: a cumulative that can follow from the increment, an earlier epoch. */
function madeUpRow(made: typeof lie extends fc.Arbitrary<infer T> ? T : never, epochCount: number): PayoutRow {
  const { payeeId, incrementMicrocredits, extraMicrocredits, epochsBack } = made
  const previousEpoch = Math.max(0, epochCount - epochsBack)
  const cumulativeMicrocredits = previousEpoch === 0 ? incrementMicrocredits : incrementMicrocredits + extraMicrocredits
  return { payeeId, incrementMicrocredits, cumulativeMicrocredits, previousEpoch }
}

function split(rows: PayoutRow[], splitAfter: number[]): PayoutRow[][] {
  const parts: PayoutRow[][] = []
  let isNewPart = true
  for (const row of rows) {
    if (isNewPart) parts.push([])
    parts.at(-1)?.push(row)
    isNewPart = splitAfter.includes(row.payeeId)
  }
  return parts
}

const isSameRow = (a: PayoutRow, b: PayoutRow): boolean =>
  a.cumulativeMicrocredits === b.cumulativeMicrocredits && a.previousEpoch === b.previousEpoch
