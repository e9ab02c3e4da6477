import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { type Address, type Hex, zeroHash } from '@deparrow/ledger'
import { type Abi, type AbiEvent, encodeAbiParameters, encodeEventTopics, getAbiItem, type Log } from 'viem'
import { inboxIn } from './chain-inbox.ts'

const account: Address = `0x${'a1'.repeat(20)}`
const delegate: Address = `0x${'b2'.repeat(20)}`
const digest: Hex = `0x${'c3'.repeat(32)}`
const url = 'http://127.0.0.1:1'

type EventName = 'InboxItemAppended' | 'DelegateRevoked'

/** A log as a node gives it, made from the contract's own interface. */
function logOf(
  eventName: EventName,
  args: Readonly<Record<string, unknown>>,
  logIndex: number,
): Log<bigint, number, false> {
  const { inputs } = getAbiItem({ abi: settlementAbi as Abi, name: eventName }) as AbiEvent
  const plain = inputs.filter(input => !('indexed' in input && input.indexed))
  const topics = encodeEventTopics({ abi: settlementAbi, eventName, args } as Parameters<typeof encodeEventTopics>[0])
  const data = encodeAbiParameters(plain, plain.map(({ name = '' }) => args[name]) as never)
  const place = { transactionHash: zeroHash, blockNumber: 9n, logIndex, blockHash: zeroHash, transactionIndex: 0 }
  return { ...place, address: account, topics, data, removed: false } as Log<bigint, number, false>
}

const item = (index: number, kind: number, detail: Hex, amountMicrocredits = 0n) => {
  const about = { index: BigInt(index), account, totalMicrocredits: 5n, arrivedAt: 7n }
  return logOf('InboxItemAppended', { ...about, kind, amountMicrocredits, detail }, index)
}

const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`

describe('the inbox of a contract', () => {
  it('is not read when it has an item of a kind that this version does not know', () => {
    assert.throws(() => inboxIn([item(0, 7, zeroHash)], url), { name: 'AnswerInvalidError' })
  })

  it('says of each kind what the journal says of it', () => {
    const revocation = logOf('DelegateRevoked', { index: 3n, wallet: account, delegate, nonce: 4n }, 30)
    const logs = [
      item(0, 0, zeroHash, 5n),
      item(1, 3, word(8n), 6n),
      item(2, 4, word(2n ** 70n)),
      item(3, 5, digest),
      revocation,
      item(4, 6, digest),
    ]
    const place = (logIndex: number) => ({ transactionHash: zeroHash, blockNumber: 9n, logIndex })
    assert.deepEqual(inboxIn(logs, url), [
      { index: 0, kind: 'deposit', account, amountMicrocredits: 5n, place: place(0) },
      { index: 1, kind: 'emission', account, amountMicrocredits: 6n, epoch: 8, place: place(1) },
      {
        index: 2,
        kind: 'forcedWithdrawal',
        account,
        amountMicrocredits: 0n,
        askedMicrocredits: 2n ** 70n,
        place: place(2),
      },
      { index: 3, kind: 'revocation', account, amountMicrocredits: 0n, delegate, nonce: 4n, place: place(30) },
      { index: 4, kind: 'receipt', account, amountMicrocredits: 0n, digest, place: place(4) },
    ])
  })
})
