import { isAmount } from '../credits.ts'
import { isHexOf, lowerHex } from '../hex.ts'
import { clearingAccount } from '../journal/account-name.ts'
import type { LedgerCommand } from '../journal/command.ts'
import type { LedgerConfig } from '../journal/config.ts'
import { accept, type Decision, type DecisionContext, LedgerNotOpenError, refuse } from '../journal/decision.ts'
import type { LedgerRefusal } from '../journal/refusal.ts'
import { type ClearingDelivery, noClearing } from './clearing.ts'
import { homeOfAccount, reserveShard } from './home-of-account.ts'
import { totalOf } from './send.ts'

type ReceiveClearing = Extract<LedgerCommand, { type: 'ReceiveClearing' }>

/** Credits in one sending at most; one event never credits as many accounts. */
export const clearingCreditsMax = 64

/**
 * Takes what an event of another shard sent here, in the order of that shard's sendings. Refusals in order: `MALFORMED`, `WRONG_SHARD`,
 * `AMOUNT_OUT_OF_RANGE`, `CLEARING_OUT_OF_ORDER`, `COMMAND_CONFLICT` (the sender's positions do not ascend).
 */
export function receiveClearing({ state }: DecisionContext, command: ReceiveClearing): Decision {
  const { type: _, ...delivery } = command
  const { fromShard, fromPosition, sequence, credits } = delivery
  const { config } = state
  if (config === undefined) throw new LedgerNotOpenError()
  const malformed = malformedDelivery(config, delivery)
  if (malformed !== undefined) return refuse(malformed)
  const excessive = credits.find(credit => !isAmount(credit.amountMicrocredits))
  if (excessive !== undefined) {
    return refuse({ code: 'AMOUNT_OUT_OF_RANGE', amountMicrocredits: excessive.amountMicrocredits })
  }
  const last = state.clearingReceived.get(fromShard) ?? noClearing
  if (sequence !== last.sequence + 1) {
    return refuse({ code: 'CLEARING_OUT_OF_ORDER', fromShard, expectedSequence: last.sequence + 1, sequence })
  }
  if (fromPosition <= last.position) {
    return refuse({ code: 'COMMAND_CONFLICT', commandId: clearingCommandId(delivery), field: 'fromPosition' })
  }
  const claim = { account: clearingAccount(fromShard), amountMicrocredits: -totalOf(credits) }
  return accept({ type: 'ClearingReceived', data: delivery, entries: [...credits, claim] })
}

/** Each sending is taken once, under the name of its place between the two shards. */
export function clearingCommandId({
  fromShard,
  sequence,
}: Pick<ClearingDelivery, 'fromShard' | 'sequence'>): `clearing:${number}:${number}` {
  return `clearing:${fromShard}:${sequence}`
}

function malformedDelivery(config: LedgerConfig, delivery: ClearingDelivery): LedgerRefusal | undefined {
  const { fromShard, toShard, fromPosition, fromHash, sequence, credits } = delivery
  const malformed = (field: string, problem: string) => ({ code: 'MALFORMED', field, problem }) as const
  if (!isShard(config, fromShard) || fromShard === toShard) return malformed('fromShard', 'expected another shard')
  if (!isShard(config, toShard)) return malformed('toShard', `expected less than ${config.shardCount}`)
  if (!isPlace(fromPosition)) return malformed('fromPosition', 'expected an integer from 1')
  if (!isPlace(sequence)) return malformed('sequence', 'expected an integer from 1')
  if (!isHexOf(fromHash, 32) || lowerHex(fromHash) !== fromHash) {
    return malformed('fromHash', 'expected 32 bytes in lower case')
  }
  if (credits.length === 0 || credits.length > clearingCreditsMax) {
    return malformed('credits', `expected 1 to ${clearingCreditsMax}`)
  }
  const misplaced = credits.find(({ account }) => !isReceivable({ ...config, shard: toShard }, account))
  if (misplaced !== undefined) return malformed('credits', `${misplaced.account} is no account of shard ${toShard}`)
  return isCaused(delivery) ? undefined : malformed('caused', 'expected a node and the fee among the credits')
}

/** A fee that counts for a node's bonuses is the one that comes with the sending: what goes to burn and treasury. */
function isCaused({ toShard, credits, caused }: ClearingDelivery): boolean {
  if (caused === undefined) return true
  const fees = credits.filter(({ account }) => account === 'burn' || account === 'treasury')
  const isNode = isHexOf(caused.node, 20) && lowerHex(caused.node) === caused.node
  const isFee = caused.feeMicrocredits > 0n && caused.feeMicrocredits === totalOf(fees)
  return toShard === reserveShard && isNode && isFee && typeof caused.isCompleted === 'boolean'
}

/** A wallet at home in the shard, or on the reserve's shard one of those that only it keeps. Holds come from their own shard alone. */
function isReceivable(config: LedgerConfig, account: ClearingDelivery['credits'][number]['account']): boolean {
  const [kind, address] = account.split(/:(.*)/s)
  const isNamed =
    kind === 'wallet' || kind === 'payable'
      ? isHexOf(address, 20) && lowerHex(address) === address
      : account === 'burn' || account === 'treasury' || account === 'rewards'
  return isNamed && homeOfAccount(config, account) === config.shard
}

function isShard({ shardCount }: LedgerConfig, shard: number): boolean {
  return Number.isSafeInteger(shard) && shard >= 0 && shard < shardCount
}

function isPlace(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 1
}
