import {
  assignmentReleaseType,
  type JobOrder,
  jobOrderType,
  jobOutcomes,
  orderCancellationType,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { parties } from './party.ts'
import { type Maker, pickOf, type Work } from './work.ts'

const order: Maker = work => {
  const payer = work.wallet()
  const signer = work.spender(payer)
  const lane = work.lane()
  const { random } = work
  const maxPriceMicrocredits = work.amount(4)
  const isWasm = random.chance(0.6)
  const message: JobOrder = {
    payer: payer.address,
    engine: isWasm ? 'wasm' : 'docker',
    specDigest: zeroHash,
    maxPriceMicrocredits,
    bidMicrocredits: random.chance(0.4) ? maxPriceMicrocredits / BigInt(random.between(1, 3)) : 0n,
    priority: random.between(1, 2),
    fuelMax: isWasm ? 10n ** 12n : 0n,
    cpuMillicoresMax: isWasm ? 0 : random.between(100, 4_000),
    memoryBytesMax: 1n << 28n,
    wallMsMax: BigInt(random.between(1_000, 120_000)),
    gpuCountMax: isWasm ? 0 : random.below(3),
    storageBytesMax: random.chance(0.5) ? 1n << 30n : 0n,
    egressBytesMax: random.chance(0.5) ? 1n << 30n : 0n,
    deadline: work.soon(5, 120),
    graceSeconds: random.below(60),
    lane,
    nonce: work.nonce(signer.address, payer.address, lane),
  }
  return { type: 'OpenHold', order: work.sign(signer, jobOrderType, message) }
}

const assign: Maker = work => {
  const hold = anyHold(work, work.random.chance(0.85) ? 'free' : 'any')
  if (hold === undefined) return undefined
  const { orderDigest, attempts } = hold
  const attempt = attempts + (work.random.chance(0.9) ? 1 : work.random.below(3))
  return {
    type: 'AssignHold',
    orderDigest,
    node: work.random.pick(parties.nodes).address,
    attempt: Math.max(1, attempt),
  }
}

const releaseAssignment: Maker = work => {
  const hold = anyHold(work, 'assigned')
  if (hold?.assignment === undefined) return undefined
  const { node, attempt } = hold.assignment
  const message = { orderDigest: hold.orderDigest, node, attempt }
  return { type: 'ReleaseAssignment', release: work.sign(work.partyOf(node), assignmentReleaseType, message) }
}

const cancel: Maker = work => {
  const hold = anyHold(work, 'any')
  if (hold === undefined) return undefined
  const signer = work.partyOf(hold.under?.delegate ?? hold.payer)
  const message = { orderDigest: hold.orderDigest, payer: hold.payer, deadline: work.soon(5, 200) }
  return { type: 'CancelOrder', cancellation: work.sign(signer, orderCancellationType, message) }
}

const releaseHold: Maker = work => {
  const hold = anyHold(work, 'any')
  return hold && { type: 'ReleaseHold', orderDigest: hold.orderDigest }
}

const receipt: Maker = work => {
  const hold = anyHold(work, 'assigned')
  if (hold?.assignment === undefined) return undefined
  const { random } = work
  const { node, attempt, sinceMs } = hold.assignment
  const lastSequence = work.states.reduce((last, { nodes }) => {
    const sequence = nodes.get(node)?.lastSequence ?? 0n
    return sequence > last ? sequence : last
  }, 0n)
  const ranMs = random.below(90_000)
  const nowMs = Math.max(...work.states.map(({ atMs }) => atMs))
  // Now and then a node whose clock is ahead.
  const endedAtMs = random.chance(0.1) ? sinceMs + ranMs : Math.max(sinceMs, Math.min(sinceMs + ranMs, nowMs))
  const message = {
    orderDigest: hold.orderDigest,
    node,
    attempt,
    sequence: lastSequence + BigInt(random.between(random.chance(0.1) ? 0 : 1, 3)),
    outcome: random.chance(0.6) ? 0 : random.below(jobOutcomes.length + 1),
    inputDigest: zeroHash,
    outputDigest: zeroHash,
    startedAtMs: BigInt(sinceMs),
    endedAtMs: BigInt(endedAtMs),
    fuel: BigInt(random.below(2 ** 40)),
    cpuMs: BigInt(random.below(100_000)),
    memoryBytesPeak: BigInt(random.below(2 ** 29)),
    gpuMs: BigInt(random.below(50_000)),
    storageByteSeconds: BigInt(random.below(2 ** 40)),
    egressBytes: BigInt(random.below(2 ** 31)),
  }
  return { type: 'ReceiveReceipt', receipt: work.sign(work.partyOf(node), usageReceiptType, message) }
}

const settle: Maker = work => {
  const hold = anyHold(work, 'any')
  return hold && { type: 'SettleJob', orderDigest: hold.orderDigest }
}

function anyHold(work: Work, wanted: 'free' | 'assigned' | 'any') {
  const holds = work.states.flatMap(state => [...state.holds.values()])
  return pickOf(
    work.random,
    holds.filter(({ assignment }) => wanted === 'any' || (assignment === undefined) === (wanted === 'free')),
  )
}

/** The steps of a job. */
export const jobMakers = { order, assign, releaseAssignment, cancel, releaseHold, receipt, settle } as const
