import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { disputedReceiptsAbi, disputesAbi } from '@deparrow/contracts'
import { type Hex, zeroHash } from '@deparrow/ledger'
import {
  type AbiParameter,
  concatHex,
  createPublicClient,
  custom,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionData,
  getAbiItem,
  keccak256,
  type Log,
} from 'viem'
import type { CertifiedOrder, OrderClaim } from '../../settlement/demand-chain.port.ts'
import { decodeDemandLogs } from './demand-logs.ts'
import { DisputeContracts } from './dispute-contracts.ts'

const word = (byte: string): Hex => `0x${byte.repeat(32)}`
const [payer, node] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const
const claim: OrderClaim = {
  orderDigest: word('0d'),
  payer,
  node,
  attempt: 1,
  position: 9n,
  laneKey: word('1a'),
  nonce: 3n,
}

const inputOf = (event: { readonly inputs: readonly AbiParameter[] }, name: string) =>
  event.inputs.find(input => input.name === name) as AbiParameter
const hashOf = (parameter: AbiParameter, value: object) => keccak256(encodeAbiParameters([parameter], [value]))

const demanded = getAbiItem({ abi: disputesAbi, name: 'Demanded' })
const keptDemanded = getAbiItem({ abi: disputedReceiptsAbi, name: 'KeptDemanded' })
const value = BigInt(hashOf(inputOf(keptDemanded, 'order'), claim))
const question = { epoch: 7n, kind: 8, place: word('11'), key: claim.orderDigest, value }
const id = hashOf(inputOf(demanded, 'question'), question)

type Mined = Log<bigint, number, false>

function mined(topics: readonly unknown[], data: Hex, logIndex: number): Mined {
  return { topics, data, logIndex, blockNumber: 5n, transactionHash: word('77'), address: payer } as unknown as Mined
}

function demandedLog(shown: { readonly id?: Hex; readonly epoch?: bigint } = {}): Mined {
  const args = { epoch: shown.epoch ?? 7n, id: shown.id ?? id, asker: node }
  const topics = encodeEventTopics({ abi: disputesAbi, eventName: 'Demanded', args })
  const data = demanded.inputs.filter(input => !('indexed' in input && input.indexed))
  return mined(topics, encodeAbiParameters(data, [question, 2, 1_790n] as never), 0)
}

function keptLog(order: OrderClaim = claim): Mined {
  const topics = encodeEventTopics({ abi: disputedReceiptsAbi, eventName: 'KeptDemanded', args: { epoch: 7n, id } })
  return mined(topics, encodeAbiParameters([inputOf(keptDemanded, 'order')], [order]), 1)
}

describe('logs of demands', () => {
  it('of another epoch, or with a question that their id is not the hash of, are left out', () => {
    assert.deepEqual(decodeDemandLogs([demandedLog({ epoch: 8n })], 7), [])
    assert.deepEqual(decodeDemandLogs([demandedLog({ id: word('ee') })], 7), [])
  })

  it('with a claim that the question is not about, or whose question nobody has seen, are left out', () => {
    assert.deepEqual(
      decodeDemandLogs([demandedLog(), keptLog({ ...claim, nonce: 4n })], 7).map(({ type }) => type),
      ['demanded'],
    )
    assert.deepEqual(decodeDemandLogs([keptLog()], 7), [])
  })

  it('say what is asked, by whom and until when', () => {
    const [asked, claimed] = decodeDemandLogs([demandedLog(), keptLog()], 7)
    assert.ok(asked?.type === 'demanded' && claimed?.type === 'orderClaimed')
    assert.deepEqual([asked.id, asked.asker, asked.round, asked.deadlineSeconds], [id, node, 2, 1_790])
    assert.deepEqual(asked.question, question)
    assert.equal(claimed.claim.orderDigest, claim.orderDigest)
  })
})

const nobody = `0x${'00'.repeat(20)}` as const
const permission = {
  ...{ wallet: nobody, delegate: nobody, counterparties: [], engines: [], expires: 0n, nonce: 0n },
  ...{ jobMicrocreditsMax: 0n, hourMicrocreditsMax: 0n, dayMicrocreditsMax: 0n },
}

const certified: CertifiedOrder = {
  order: {
    ...{ payer, engine: word('0e'), specDigest: zeroHash, maxPriceMicrocredits: 5n, bidMicrocredits: 0n, priority: 1 },
    ...{ fuelMax: 1n, cpuMillicoresMax: 0, memoryBytesMax: 1n, wallMsMax: 1n, gpuCountMax: 0, storageBytesMax: 0n },
    ...{ egressBytesMax: 0n, deadline: 1n, graceSeconds: 1, lane: 0, nonce: 3n },
  },
  authority: { signature: '0x51', permission, permissionSignature: '0x' },
  certificate: {
    ...{ hold: claim.orderDigest, orderDigest: claim.orderDigest, node, payoutWallet: node, attempt: 1, position: 9n },
    ...{ amountMicrocredits: 5n, expires: 2n, assignedAtMs: 1n, pricingDigest: word('9c') },
  },
  certificateSignature: '0x52',
}

const call = encodeFunctionData({
  abi: disputedReceiptsAbi,
  functionName: 'demandKept',
  args: [7n, certified, zeroHash],
})

/** The contracts on a chain whose only transaction has this calldata. */
function contractsOn(input: Hex | undefined): DisputeContracts {
  const transaction = input && { hash: word('77'), input, type: '0x2', blockNumber: '0x5', from: payer, to: node }
  const transport = custom({ request: async () => transaction ?? null }, { retryCount: 0 })
  return new DisputeContracts(createPublicClient({ transport }), payer)
}

describe('the certificate of a demand', () => {
  it('is none when the chain does not have the transaction, or its calldata does not have the call', async () => {
    for (const input of [
      undefined,
      '0x',
      call.slice(0, 10) as Hex,
      concatHex([call.slice(0, 10) as Hex, word('ff')]),
    ] as const) {
      assert.equal(await contractsOn(input).certifiedOrder(word('77'), claim), undefined)
    }
  })

  it('is none when the call is about another order, assignment or node', async () => {
    for (const other of [{ orderDigest: word('0c') }, { attempt: 2 }, { position: 8n }, { node: payer }]) {
      assert.equal(await contractsOn(call).certifiedOrder(word('77'), { ...claim, ...other }), undefined)
    }
  })

  it('is found in the call itself, and wherever a wallet that is a contract passes it on', async () => {
    for (const input of [call, concatHex(['0xdeadbeef', word('20'), call, '0x0000'])]) {
      const found = await contractsOn(input).certifiedOrder(word('77'), claim)
      assert.equal(found?.certificateSignature, '0x52')
      assert.equal(found.certificate.pricingDigest, word('9c'))
    }
  })

  it('is found behind bytes that look like the call and are none', async () => {
    const input = concatHex([call.slice(0, 10) as Hex, word('ab'), call])
    assert.ok(await contractsOn(input).certifiedOrder(word('77'), claim))
  })
})
