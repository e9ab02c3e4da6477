import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { disputedReceiptsAbi, disputesAbi } from '@deparrow/contracts'
import type { Hex } from '@deparrow/ledger'
import { type AbiParameter, encodeAbiParameters, encodeEventTopics, getAbiItem, keccak256, type Log } from 'viem'
import type { OrderClaim, SignedCertificate } from '../../settlement/demand-chain.port.ts'
import { decodeDemandLogs } from './demand-logs.ts'

const word = (byte: string): Hex => `0x${byte.repeat(32)}`
const [payer, node] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const
const claim: OrderClaim = {
  orderDigest: word('0d'),
  payer,
  node,
  attempt: 1,
  position: 9n,
  assignedAtMs: 6_000n,
  laneKey: word('1a'),
  nonce: 3n,
}

const signed: SignedCertificate = {
  certificate: {
    ...{ hold: claim.orderDigest, orderDigest: claim.orderDigest, node, payoutWallet: node, attempt: 1, position: 9n },
    ...{ amountMicrocredits: 5n, expires: 2n, assignedAtMs: 1n, pricingDigest: word('9c') },
  },
  certificateSignature: '0x52',
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
  const data = keptDemanded.inputs.filter(input => !('indexed' in input && input.indexed))
  return mined(topics, encodeAbiParameters(data, [order, signed.certificate, signed.certificateSignature] as never), 1)
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
    assert.equal(claimed.certificate.certificateSignature, '0x52')
    assert.equal(claimed.certificate.certificate.pricingDigest, word('9c'))
  })
})
