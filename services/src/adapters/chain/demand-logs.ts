import { disputedReceiptsAbi, disputesAbi } from '@deparrow/contracts'
import { type ChainPlace, type Hex, lowerHex } from '@deparrow/ledger'
import { type AbiParameter, encodeAbiParameters, getAbiItem, keccak256, type Log, parseEventLogs } from 'viem'
import type { DemandLog, SignedCertificate } from '../../settlement/demand-chain.port.ts'

const accountEvents = ['Demanded', 'Ranked', 'Answered', 'Expired', 'Refunded', 'Stated'] as const
const claimEvents = ['ReceiptDemanded', 'KeptDemanded'] as const

type MinedLog = Log<bigint, number, false>

/** What ids and values are the hashes of, as the events have it. */
const hashed = {
  question: inputOf(getAbiItem({ abi: disputesAbi, name: 'Demanded' }), 'question'),
  receipt: inputOf(getAbiItem({ abi: disputedReceiptsAbi, name: 'ReceiptDemanded' }), 'claim'),
  order: inputOf(getAbiItem({ abi: disputedReceiptsAbi, name: 'KeptDemanded' }), 'order'),
}

/**
 * Reads what the dispute contracts said of an epoch. A question that is not what its id is the hash of is left out, because the id is what the contract
 * keeps; so is a claim that is not the value of its question.
 */
export function decodeDemandLogs(logs: readonly MinedLog[], epoch: number): readonly DemandLog[] {
  const decoded = parseAccounts(logs).flatMap(log => (log.args.epoch === BigInt(epoch) ? decodeAccount(log) : []))
  const values = new Map<Hex, bigint>()
  for (const log of decoded) if (log.type === 'demanded') values.set(log.id, log.question.value)
  const claims = parseClaims(logs).flatMap(log => {
    const claimed = decodeClaim(log)
    return values.get(claimed.id) === BigInt(hashOfClaim(claimed)) ? [claimed] : []
  })
  return [...decoded, ...claims]
}

function decodeAccount(log: ReturnType<typeof parseAccounts>[number]): readonly DemandLog[] {
  const place = placeOf(log)
  switch (log.eventName) {
    case 'Demanded': {
      const { asker, question, round, deadline } = log.args
      const id = lowerHex(log.args.id)
      if (hashOf(hashed.question, question) !== id) return []
      const times = { round, deadlineSeconds: Number(deadline) }
      return [{ type: 'demanded', id, asker: lowerHex(asker), question, ...times, place }]
    }
    case 'Ranked':
      return [{ type: 'ranked', id: lowerHex(log.args.id), round: log.args.round, place }]
    case 'Answered':
    case 'Expired':
    case 'Refunded':
      return [{ type: 'ended', id: lowerHex(log.args.id), place }]
    case 'Stated':
      return [{ type: 'stated', account: lowerHex(log.args.place), place }]
  }
}

type ClaimLog = Extract<DemandLog, { readonly type: 'receiptClaimed' | 'orderClaimed' }>

function decodeClaim(log: ReturnType<typeof parseClaims>[number]): ClaimLog {
  const id = lowerHex(log.args.id)
  const place = placeOf(log)
  return log.eventName === 'ReceiptDemanded'
    ? { type: 'receiptClaimed', id, claim: log.args.claim, place }
    : { type: 'orderClaimed', id, claim: log.args.order, certificate: certificateOf(log.args), place }
}

function certificateOf({ certificate, certificateSignature }: SignedCertificate): SignedCertificate {
  return { certificate, certificateSignature }
}

function hashOfClaim(log: ClaimLog): Hex {
  return hashOf(log.type === 'receiptClaimed' ? hashed.receipt : hashed.order, log.claim)
}

function hashOf(parameter: AbiParameter, value: object): Hex {
  return keccak256(encodeAbiParameters([parameter], [value]))
}

function inputOf({ inputs }: { readonly inputs: readonly AbiParameter[] }, name: string): AbiParameter {
  const found = inputs.find(input => input.name === name)
  if (found === undefined) throw new RangeError(`the event has no ${name}`)
  return found
}

function placeOf({ transactionHash, blockNumber, logIndex }: MinedLog): ChainPlace {
  return { transactionHash, blockNumber, logIndex }
}

function parseAccounts(logs: readonly MinedLog[]) {
  return parseEventLogs({ abi: disputesAbi, eventName: [...accountEvents], logs: [...logs] })
}

function parseClaims(logs: readonly MinedLog[]) {
  return parseEventLogs({ abi: disputedReceiptsAbi, eventName: [...claimEvents], logs: [...logs] })
}
