import type { LedgerCommand } from '@deparrow/ledger'
import { parties } from './party.ts'
import type { Maker } from './work.ts'

const place = { transactionHash: `0x${'cc'.repeat(32)}`, blockNumber: 1n, logIndex: 0 } as const

/** An item that was counted before, now of another amount. */
const inboxAgain: Maker = work => {
  const { inboxCount } = work.reserve
  if (inboxCount === 0) return undefined
  const { address: account } = work.wallet()
  const index = work.random.below(inboxCount)
  return { type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits: 7n, place }
}

const epochAgain: Maker = work => {
  const epoch = work.reserve.lastEpoch?.epoch
  return epoch === undefined ? undefined : { type: 'CloseEpoch', epoch: work.random.between(1, epoch) }
}

const finalAgain: Maker = work => {
  const epoch = work.reserve.lastEpochFinal
  return epoch === 0 ? undefined : { type: 'RecordEpochFinal', epoch, burnMicrocredits: 12_345n, place }
}

const payeeAgain: Maker = work => {
  const [known] = work.reserve.payees
  return known && { type: 'RecordPayee', wallet: known[1], id: known[0] + work.random.below(2) }
}

/** A claim that was counted before, now with another amount. */
const claimAgain: Maker = work => {
  const known = [...work.reserve.payouts].find(([, { claimedMicrocredits }]) => claimedMicrocredits > 0n)
  if (known === undefined) return undefined
  const [wallet, { claimedMicrocredits }] = known
  return { type: 'RecordClaim', wallet, paidMicrocredits: 1n, cumulativeMicrocredits: claimedMicrocredits, place }
}

const assignAgain: Maker = work => {
  const holds = work.states.flatMap(state => [...state.holds.values()]).filter(({ attempts }) => attempts > 0)
  if (holds.length === 0) return undefined
  const { orderDigest, attempts } = work.random.pick(holds)
  return { type: 'AssignHold', orderDigest, node: work.random.pick(parties.nodes).address, attempt: attempts }
}

/** A sending between shards that was taken before, as its carrier may give it again, or of another amount. */
const clearingAgain: Maker = work => {
  const toShard = work.random.below(work.shardCount)
  const received = [...(work.states[toShard]?.clearingReceived ?? [])]
  if (received.length === 0) return undefined
  const [fromShard, { sequence, position }] = work.random.pick(received)
  const credits = [{ account: 'treasury', amountMicrocredits: 1n }] as const
  const command: LedgerCommand = {
    type: 'ReceiveClearing',
    fromShard,
    toShard,
    sequence: work.random.between(1, sequence),
    fromPosition: position,
    fromHash: `0x${'ab'.repeat(32)}`,
    credits,
  }
  return command
}

/** Commands that nobody signs, under ids that were decided, with another body. */
export const conflictMakers = {
  inboxAgain,
  epochAgain,
  finalAgain,
  payeeAgain,
  claimAgain,
  assignAgain,
  clearingAgain,
} as const
