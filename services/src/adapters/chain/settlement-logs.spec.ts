import assert from 'node:assert/strict'
import { it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { zeroAddress, zeroHash } from '@deparrow/ledger'
import { type AbiEvent, encodeAbiParameters, encodeEventTopics, getAbiItem } from 'viem'
import { decodeLogs } from './settlement-logs.ts'

it('reads whatever leaves the contract by its exit as an amount', () => {
  const given: Readonly<Record<string, unknown>> = {
    account: zeroAddress,
    isPayable: true,
    name: 'treasury',
    index: 7n,
  }
  const events = ['ExitClaimed', 'ExitDepositReturned', 'ExitBurnt', 'ExitItemBurnt'] as const
  const logs = events.map((eventName, logIndex) => {
    const { inputs } = getAbiItem({ abi: settlementAbi, name: eventName }) as AbiEvent
    const args = { ...given, amountMicrocredits: BigInt(logIndex + 1) } as Record<string, unknown>
    const data = inputs.filter(input => !input.indexed)
    return {
      address: zeroAddress,
      topics: encodeEventTopics({ abi: settlementAbi, eventName, args } as Parameters<typeof encodeEventTopics>[0]),
      data: encodeAbiParameters(data, data.map(({ name }) => args[name ?? '']) as never),
      blockNumber: 9n,
      blockHash: zeroHash,
      transactionIndex: 0,
      transactionHash: zeroHash,
      logIndex,
      removed: false as const,
    }
  })
  const place = { transactionHash: zeroHash, blockNumber: 9n }
  assert.deepEqual(
    decodeLogs(logs as Parameters<typeof decodeLogs>[0]),
    events.map((_, logIndex) => ({
      type: 'exitTaken',
      amountMicrocredits: BigInt(logIndex + 1),
      place: { ...place, logIndex },
    })),
  )
})
