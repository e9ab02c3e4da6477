import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { encodeRows, rowsRoot } from '@deparrow/contracts/rows'
import { zeroHash } from '@deparrow/ledger'
import { encodeFunctionData } from 'viem'
import { rowsInCalldata } from './row-parts.ts'

const row = (payeeId: number) => {
  return { payeeId, incrementMicrocredits: 5n, cumulativeMicrocredits: 9n, previousEpoch: 1 }
}
const rows = [row(3), row(8)]
const posting = encodeFunctionData({ abi: settlementAbi, functionName: 'postRows', args: [2n, encodeRows(rows)] })

describe('rows out of calldata', () => {
  it('are none in what is no calldata, or not of the settlement contract', () => {
    for (const calldata of ['0x', '0x12', '0xdeadbeef', `0xdeadbeef${posting.slice(10)}`] as const) {
      assert.equal(rowsInCalldata(calldata, rowsRoot(rows)), undefined, calldata)
    }
  })

  it('are none in a call that posts nothing, or half a row', () => {
    const finalising = encodeFunctionData({ abi: settlementAbi, functionName: 'finalise', args: [1n] })
    const half = encodeFunctionData({ abi: settlementAbi, functionName: 'postRows', args: [2n, '0x1234'] })
    const none = encodeFunctionData({ abi: settlementAbi, functionName: 'postRows', args: [2n, '0x'] })
    for (const calldata of [finalising, half, none]) assert.equal(rowsInCalldata(calldata, zeroHash), undefined)
  })

  it('are none when the contract computed another root', () => {
    assert.equal(rowsInCalldata(posting, rowsRoot([row(3)])), undefined)
  })

  it('are those of the root, in their order', () => {
    assert.deepEqual(rowsInCalldata(posting, rowsRoot(rows)), rows)
    const upper = rowsRoot(rows).toUpperCase().replace('0X', '0x') as `0x${string}`
    assert.deepEqual(rowsInCalldata(posting, upper), rows)
  })
})
