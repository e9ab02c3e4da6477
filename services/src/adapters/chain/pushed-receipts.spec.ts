import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { disputedReceiptsAbi, settlementAbi } from '@deparrow/contracts'
import { type Hex, inboxKinds, usageReceiptType, zeroHash } from '@deparrow/ledger'
import { Actor } from '@deparrow/ledger/testing'
import { type AbiParameter, encodeAbiParameters, encodeEventTopics, getAbiItem, type Log } from 'viem'
import { UnknownLogError } from '../../settlement/token-chain.port.ts'
import { decodeLogs, transactionsOfPushes } from './settlement-logs.ts'

const node = new Actor(11)
const receipt = node.receipt(`0x${'0d'.repeat(32)}`, { sequence: 4n, gpuMs: 7n })
const digest: Hex = `0x${'d1'.repeat(32)}`
const pushed = getAbiItem({ abi: disputedReceiptsAbi, name: 'ReceiptPushed' })
const appended = getAbiItem({ abi: settlementAbi, name: 'InboxItemAppended' })

type MinedLog = Log<bigint, number, false>

/** All zero, but for what is given by name. */
function encodable(parameter: AbiParameter, given: Readonly<Record<string, unknown>>): unknown {
  const own = given[parameter.name ?? '']
  if (own !== undefined) return own
  if (parameter.type.endsWith('[]')) return []
  if ('components' in parameter) {
    return Object.fromEntries(parameter.components.map(member => [member.name ?? '', encodable(member, given)]))
  }
  if (parameter.type === 'bytes') return '0x'
  if (parameter.type.startsWith('bytes')) return zeroHash.slice(0, 2 + 2 * Number(parameter.type.slice(5)))
  if (parameter.type === 'address') return node.address
  return parameter.type === 'bool' ? false : parameter.type === 'string' ? '' : 0
}

function mined(logIndex: number, topics: readonly unknown[], data: Hex, transactionHash = zeroHash): MinedLog {
  const place = { blockNumber: 9n, blockHash: zeroHash, transactionIndex: 0, transactionHash, logIndex, removed: false }
  return { address: node.address, topics: topics as MinedLog['topics'], data, ...place }
}

function pushLog(logIndex: number, { index = 3, of = receipt.message, signature = receipt.signature } = {}): MinedLog {
  const args = { inboxIndex: BigInt(index), receiptDigest: digest, node: node.address }
  const topics = encodeEventTopics({ abi: disputedReceiptsAbi, eventName: 'ReceiptPushed', args })
  const shown = pushed.inputs.filter(input => !input.indexed)
  const values = shown.map(input => encodable(input, { receipt: of, receiptSignature: signature }))
  return mined(logIndex, topics, encodeAbiParameters(shown as readonly AbiParameter[], values))
}

function itemLog(logIndex: number): MinedLog {
  const given: Record<string, unknown> = {
    index: 3n,
    kind: inboxKinds.indexOf('receipt'),
    account: node.address,
    detail: digest,
  }
  const topics = encodeEventTopics({ abi: settlementAbi, eventName: 'InboxItemAppended', args: given })
  const shown = appended.inputs.filter(input => !input.indexed)
  return mined(
    logIndex,
    topics,
    encodeAbiParameters(
      shown as readonly AbiParameter[],
      shown.map(input => encodable(input, given)),
    ),
  )
}

describe('the log of a receipt in the inbox', () => {
  it('is not taken without what was shown, of another item, or shown afterwards', () => {
    const item = itemLog(7)
    for (const ofPushes of [[], [pushLog(6, { index: 4 })], [pushLog(8)]]) {
      assert.throws(() => decodeLogs([item], [...ofPushes, item]), UnknownLogError)
    }
  })

  it('is not taken with what another transaction shows', () => {
    const elsewhere = { ...pushLog(6), transactionHash: digest }
    assert.throws(() => decodeLogs([itemLog(7)], [elsewhere]), UnknownLogError)
  })

  it('has the receipt that was shown last before it, whatever a caller has said before', () => {
    const fake = pushLog(5, { of: { ...receipt.message, fuel: 1n }, signature: '0x00' })
    const [log] = decodeLogs([itemLog(7)], [pushLog(6), fake, itemLog(7)])
    assert.ok(log?.type === 'pushedReceipt')
    assert.deepEqual(log.receipt, receipt)
    assert.deepEqual([log.index, log.node, log.digest], [3, node.address, digest])
    assert.equal(
      usageReceiptType.fields.every(({ name }) => name in log.receipt.message),
      true,
    )
  })

  it('names its transaction, and logs of other items do not', () => {
    assert.deepEqual(transactionsOfPushes([itemLog(7), itemLog(9), pushLog(6)]), [zeroHash])
    assert.deepEqual(transactionsOfPushes([pushLog(6)]), [])
  })
})
