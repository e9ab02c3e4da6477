import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { disputesAbi } from '@deparrow/contracts'
import { demandKinds } from '@deparrow/sdk/disputes'
import type { DemandRecord } from '@deparrow/sdk/watcher'
import { encodeFunctionData } from 'viem'
import { isEntryShown, shownDebitIn } from './shown-debits.ts'

const word = (byte: string) => `0x${byte.repeat(32)}` as const
const leaf = { available: 1n, held: 0n, lanesRoot: word('00'), holdsRoot: word('00'), receiptSequence: 0n }
const statement = { opening: leaf, closing: leaf, root: word('0a'), sum: 5n }
const proof = { isEmpty: false, key: word('0b'), value: 5n, siblings: '0x' } as const
const answering = (epoch: bigint, place: `0x${string}`, key: `0x${string}`) =>
  encodeFunctionData({
    abi: disputesAbi,
    functionName: 'answerEntry',
    args: [epoch, place, key, statement, proof, '0x12'],
  })

const record: DemandRecord = {
  id: word('01'),
  question: { epoch: 3n, kind: demandKinds.indexOf('entry'), place: word('0c'), key: word('0b'), value: 0n },
  asker: `0x${'66'.repeat(20)}`,
  round: 1,
  deadline: 9,
  state: 'answered',
}

describe('what an answer has shown of a debit', () => {
  it('is nothing in calldata of something else, or of another question', () => {
    const stating = encodeFunctionData({ abi: disputesAbi, functionName: 'expire', args: [word('01')] })
    const others = [
      answering(4n, word('0c'), word('0b')),
      answering(3n, word('0d'), word('0b')),
      answering(3n, word('0c'), word('0d')),
    ]
    for (const calldata of ['0x', '0x1234', stating, ...others] as const) {
      assert.equal(shownDebitIn(calldata, record), undefined)
    }
  })

  it('is not looked for where nothing was answered, or something else was asked', () => {
    assert.ok(!isEntryShown({ ...record, state: 'open' }))
    assert.ok(!isEntryShown({ ...record, question: { ...record.question, kind: demandKinds.indexOf('hold') } }))
    assert.ok(isEntryShown(record))
  })

  it('is the statement, the entry and the evidence', () => {
    assert.deepEqual(shownDebitIn(answering(3n, word('0c'), word('0b')), record), {
      key: word('0b'),
      statement,
      proof,
      evidence: '0x12',
    })
  })
})
