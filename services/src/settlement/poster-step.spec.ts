import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeRows, rowsRoot } from '@deparrow/contracts/rows'
import { type EpochBooks, zeroAddress, zeroHash } from '@deparrow/ledger'
import { keccak256 } from 'viem'
import { proveRow } from './epoch-parts.ts'
import { headerOf, stepOfPending } from './poster-step.ts'
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
    epoch: { ...headerOf(closed), status, rowsPosted, ...fields },
    unregistered: [],
  }
}

const rowCount = (step: ReturnType<typeof stepOfPending>): number =>
  step.type === 'call' && 'rows' in step.call ? decodeRows(step.call.rows).length : -1

describe('the next step of an epoch that is closed in the journal', () => {
  it('is an alarm when the chain cancelled it, let it lapse, has other books, or another head', () => {
    const codes = [
      stepOfPending(closed, viewOf('cancelled')),
      stepOfPending(closed, viewOf('lapsed')),
      stepOfPending(closed, viewOf('final', 2_500, { leavesRoot: zeroHash })),
      stepOfPending(closed, { ...viewOf('unknown'), headEpoch: 2 }),
      stepOfPending(closed, { ...viewOf('unknown'), lastEpoch: 2 }),
    ].map(step => (step.type === 'alarm' ? step.alarm.code : step.type))
    assert.deepEqual(codes, ['EPOCH_CANCELLED', 'EPOCH_LAPSED', 'EPOCH_DIFFERS', 'PARENT_DIFFERS', 'PARENT_DIFFERS'])
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
