import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeRows, rowsRoot } from '@deparrow/contracts/rows'
import { type EpochBooks, zeroAddress, zeroHash } from '@deparrow/ledger'
import { keccak256 } from 'viem'
import { proveRow } from './epoch-parts.ts'
import { headerOf, pauseOn, stepOfDue, stepOfPending } from './poster-step.ts'
import type { ChainEpochStatus, PosterView } from './token-chain.port.ts'

const books: EpochBooks = {
  epoch: 4,
  parent: 3,
  inboxCut: 7,
  journalPosition: 99,
  journalHash: `0x${'11'.repeat(32)}`,
  burnMicrocredits: 5n,
  leavesRoot: `0x${'22'.repeat(32)}`,
  leavesTotalMicrocredits: 1_000n,
  rows: Array.from({ length: 2_500 }, (_, index) => ({
    id: index + 1,
    wallet: zeroAddress,
    incrementMicrocredits: 1n,
    cumulativeMicrocredits: BigInt(index + 2),
    previousEpoch: 2,
  })),
}

const closed = { books, closedAtMs: 1_790_000_000_999 }

function viewOf(status: ChainEpochStatus, rowsPosted = 0, fields: Partial<PosterView['epoch']> = {}): PosterView {
  const lastEpoch = status === 'unknown' ? 3 : 4
  return {
    block: { number: 1n, hash: zeroHash, timeSeconds: 1n },
    nonce: 9,
    headEpoch: 3,
    lastEpoch,
    finalEpoch: 3,
    epoch: { ...headerOf(closed), status, rowsPosted, finalAtSeconds: 0, openDemands: 0, ...fields },
    unregistered: [],
    freeBondWei: 10n,
    epochBondWei: 10n,
    coinWei: 10n ** 18n,
    feePerGasWei: 100n,
    answerSeconds: 60,
  }
}

const rowCount = (step: ReturnType<typeof stepOfPending>): number =>
  step.type === 'call' && 'rows' in step.call ? decodeRows(step.call.rows).length : -1

describe('the next step of an epoch that is closed in the journal', () => {
  it('is an alarm when the chain has other books or another head, or when the bond does not suffice', () => {
    const codes = [
      stepOfPending(closed, viewOf('final', 2_500, { leavesRoot: zeroHash })),
      stepOfPending(closed, { ...viewOf('unknown'), headEpoch: 2 }),
      stepOfPending(closed, { ...viewOf('unknown'), lastEpoch: 2 }),
      stepOfPending(closed, { ...viewOf('unknown'), freeBondWei: 9n }),
    ].map(step => (step.type === 'alarm' ? step.alarm.code : step.type))
    assert.deepEqual(codes, ['EPOCH_DIFFERS', 'PARENT_DIFFERS', 'PARENT_DIFFERS', 'BOND_TOO_SMALL'])
  })

  it('is to take it back when it lapsed, and to wait for the follower when the chain cancelled it', () => {
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: 0 }
    assert.deepEqual(stepOfPending(closed, viewOf('lapsed', 1_000)), {
      type: 'takeBack',
      takeBack: { epoch: 4, lastEpoch: 4, headEpoch: 3, place },
    })
    assert.equal(stepOfPending(closed, viewOf('cancelled', 2_500)).type, 'wait')
  })

  it('is to give it up a day after its last second and not before, or once it leaves out what it must cover', () => {
    const closedAt = 1_790_000_000n
    const at = (timeSeconds: bigint) => ({ ...viewOf('unknown'), block: { number: 1n, hash: zeroHash, timeSeconds } })
    assert.equal(stepOfPending(closed, at(closedAt + 86_400n)).type, 'call')
    const late = stepOfPending(closed, { ...at(closedAt + 86_401n), freeBondWei: 0n })
    assert.equal(late.type === 'takeBack' && late.takeBack.journalPosition, 99)
    assert.equal(late.type === 'takeBack' && late.takeBack.lastEpoch, 3)
    assert.equal(stepOfPending(closed, viewOf('unknown'), true).type, 'takeBack')
    assert.equal(stepOfPending(closed, viewOf('open', 1_000), true).type, 'call')
    const posted = { ...viewOf('open', 1_000), block: at(closedAt + 90_000n).block }
    assert.equal(stepOfPending(closed, posted).type, 'call')
  })

  it('is posted after numbers that were used up above its parent', () => {
    const skipped = { ...closed, books: { ...books, epoch: 6 } }
    assert.equal(stepOfPending(skipped, { ...viewOf('unknown'), lastEpoch: 5 }).type, 'call')
    assert.equal(stepOfPending(skipped, { ...viewOf('unknown'), lastEpoch: 4 }).type, 'alarm')
  })

  it('is to wait inside the window and once the chain has it final', () => {
    assert.equal(stepOfPending(closed, viewOf('pending', 2_500)).type, 'wait')
    assert.equal(stepOfPending(closed, viewOf('finalised', 2_500)).type, 'wait')
  })

  it('is the part that the chain does not have yet, at most 1 000 rows', () => {
    assert.equal(rowCount(stepOfPending(closed, viewOf('unknown'))), 1_000)
    assert.equal(rowCount(stepOfPending(closed, viewOf('open', 1_000))), 1_000)
    assert.equal(rowCount(stepOfPending(closed, viewOf('open', 2_000))), 500)
  })

  it('is to finalise once the window has passed', () => {
    assert.deepEqual(stepOfPending(closed, viewOf('final', 2_500)), {
      type: 'call',
      call: { type: 'finalise', epoch: 4 },
    })
  })
})

describe('an epoch that is due', () => {
  it('is not closed under a number that somebody else has opened, nor without a bond for it', () => {
    const foreign = stepOfDue(4, viewOf('open'))
    assert.deepEqual(foreign, { type: 'alarm', alarm: { code: 'EPOCH_FOREIGN', epoch: 4 } })
    const poor = stepOfDue(4, { ...viewOf('unknown'), freeBondWei: 9n })
    assert.deepEqual(poor, { type: 'alarm', alarm: { code: 'BOND_TOO_SMALL', freeWei: 9n, neededWei: 10n } })
    assert.deepEqual(stepOfDue(4, viewOf('unknown')), { type: 'close', epoch: 4 })
  })

  it('lets the journal skip a foreign number that lapsed, and waits for the log of one that was cancelled', () => {
    assert.equal(stepOfDue(4, viewOf('lapsed')).type, 'takeBack')
    assert.equal(stepOfDue(4, viewOf('cancelled')).type, 'wait')
  })
})

describe('the price of gas', () => {
  it('is a reason to wait above the limit only', () => {
    const pause = pauseOn(viewOf('unknown'), 99n)
    assert.deepEqual(pause, { code: 'FEE_TOO_HIGH', feePerGasWei: 100n, feePerGasMaxWei: 99n })
    assert.equal(pauseOn(viewOf('unknown'), 100n), undefined)
    assert.equal(pauseOn(viewOf('unknown'), undefined), undefined)
  })
})

describe('the proof of a row', () => {
  it('shows the row under the root of its own part, at its place in it', () => {
    const { part, index, proof } = proveRow(books, 2_049)
    assert.deepEqual([part, index], [2, 49])
    const step = stepOfPending(closed, viewOf('open', 2_000))
    assert.ok(step.type === 'call' && step.call.type === 'postRows')
    const row: `0x${string}` = `0x${step.call.rows.slice(2 + 49 * 48, 2 + 50 * 48)}`
    assert.equal(climb(keccak256(row), index, 500, proof), rowsRoot(decodeRows(step.call.rows)))
    assert.notEqual(climb(keccak256(row), index + 1, 500, proof), rowsRoot(decodeRows(step.call.rows)))
  })
})

/** The contract's way up from a leaf, written down a second time. */
function climb(leaf: `0x${string}`, index: number, count: number, siblings: readonly `0x${string}`[]): string {
  let node = leaf
  let used = 0
  for (let at = index, width = count; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if (at % 2 === 0 && at + 1 === width) continue
    const sibling = siblings[used++]?.slice(2)
    node = keccak256(at % 2 === 0 ? `${node}${sibling}` : `0x${sibling}${node.slice(2)}`)
  }
  return node
}
