import { nodeRegistryAbi, settlementAbi } from '@deparrow/contracts'
import { type ChainPlace, type Hex, inboxKinds, lowerHex } from '@deparrow/ledger'
import { type Log, parseEventLogs } from 'viem'
import {
  chainCancelReasons,
  type SettlementLog,
  type StakeChange,
  UnknownLogError,
} from '../../settlement/token-chain.port.ts'
import { shownReceipt } from './pushed-receipts.ts'

const followedEvents = [
  'InboxItemAppended',
  'DelegateRevoked',
  'PayeeRegistered',
  'EpochPosted',
  'EpochFinalised',
  'EpochCancelled',
  'EpochLapsed',
  'Claimed',
  'ExitStartedAt',
  'ExitClaimed',
  'ExitDepositReturned',
  'ExitBurnt',
  'ExitItemBurnt',
] as const

const followedStakeEvents = ['StakeAdded', 'StakeUnbonding', 'StakeWithdrawn', 'NodeSlashed'] as const

type MinedLog = Log<bigint, number, false>

/**
 * Reads the logs of contract and registry; those that settlement does not follow are left out. `ofPushes` are all logs of the
 * {@link transactionsOfPushes}. Throws `UnknownLogError`.
 */
export function decodeLogs(logs: readonly MinedLog[], ofPushes: readonly MinedLog[] = []): readonly SettlementLog[] {
  return [...parseFollowed(logs).flatMap(log => decodeLog(log, ofPushes) ?? []), ...parseStakes(logs).map(decodeStake)]
}

/** The transactions in which receipts came into the inbox: what was shown there says which. */
export function transactionsOfPushes(logs: readonly MinedLog[]): readonly Hex[] {
  const pushed = parseFollowed(logs).filter(
    log => log.eventName === 'InboxItemAppended' && inboxKinds[log.args.kind] === 'receipt',
  )
  return [...new Set(pushed.map(({ transactionHash }) => transactionHash))]
}

type FollowedLog = ReturnType<typeof parseFollowed>[number]

/** `undefined` for the half of a revocation that the other half says too. */
function decodeLog(log: FollowedLog, ofPushes: readonly MinedLog[]): SettlementLog | undefined {
  const place = placeOf(log)
  switch (log.eventName) {
    case 'InboxItemAppended':
      return decodeInboxItem(log.args, place, ofPushes)
    case 'DelegateRevoked': {
      const { index, wallet, delegate, nonce } = log.args
      const parties = { wallet: lowerHex(wallet), delegate: lowerHex(delegate) }
      return { type: 'revocation', index: Number(index), ...parties, nonce, place }
    }
    case 'PayeeRegistered':
      return { type: 'payee', id: log.args.id, account: lowerHex(log.args.account), place }
    case 'EpochPosted':
      return { type: 'epochPosted', epoch: Number(log.args.epoch), place }
    case 'EpochFinalised':
      return {
        type: 'epochFinal',
        epoch: Number(log.args.epoch),
        burnMicrocredits: log.args.burnMicrocredits,
        place,
      }
    case 'EpochCancelled': {
      const { epoch, lastEpoch, head } = log.args
      const reason = chainCancelReasons[log.args.reason]
      if (reason === undefined) throw new UnknownLogError({ what: `cancel reason ${log.args.reason}`, place })
      const numbers = { epoch: Number(epoch), lastEpoch: Number(lastEpoch), headEpoch: Number(head) }
      return { type: 'epochCancelled', ...numbers, reason, place }
    }
    case 'EpochLapsed':
      return { type: 'epochLapsed', epoch: Number(log.args.epoch), place }
    case 'ExitStartedAt': {
      const { finalEpoch, inboxCut } = log.args
      return { type: 'exitStarted', finalEpoch: Number(finalEpoch), inboxCut: Number(inboxCut), place }
    }
    case 'ExitClaimed':
    case 'ExitDepositReturned':
    case 'ExitBurnt':
    case 'ExitItemBurnt':
      return { type: 'exitTaken', amountMicrocredits: log.args.amountMicrocredits, place }
    case 'Claimed': {
      const { account, paidMicrocredits, cumulativeMicrocredits } = log.args
      return { type: 'claim', account: lowerHex(account), paidMicrocredits, cumulativeMicrocredits, place }
    }
  }
}

type InboxItemArguments = Extract<FollowedLog, { eventName: 'InboxItemAppended' }>['args']

/** What the detail of an item stands for depends on its kind. */
function decodeInboxItem(
  item: InboxItemArguments,
  place: ChainPlace,
  ofPushes: readonly MinedLog[],
): SettlementLog | undefined {
  const { amountMicrocredits, detail } = item
  const kind = inboxKinds[item.kind]
  const index = Number(item.index)
  const account = lowerHex(item.account)
  switch (kind) {
    case 'deposit':
    case 'genesisTreasury':
    case 'genesisRewards':
      return { type: 'inboxItem', index, kind, account, amountMicrocredits, place }
    case 'emission':
      return { type: 'emission', index, epoch: Number(BigInt(detail)), amountMicrocredits, place }
    case 'forcedWithdrawal':
      return { type: 'forcedWithdrawal', index, account, askedMicrocredits: BigInt(detail), place }
    case 'receipt': {
      const digest = lowerHex(detail)
      const receipt = shownReceipt(ofPushes, { index, digest, place })
      return { type: 'pushedReceipt', index, node: account, digest, receipt, place }
    }
    case 'revocation':
      return undefined
    case undefined:
      throw new UnknownLogError({ what: `inbox item kind ${item.kind}`, place })
  }
}

function decodeStake(log: ReturnType<typeof parseStakes>[number]): SettlementLog {
  return { type: 'stake', node: lowerHex(log.args.node), change: stakeChange(log), place: placeOf(log) }
}

function stakeChange(log: ReturnType<typeof parseStakes>[number]): StakeChange {
  switch (log.eventName) {
    case 'StakeAdded':
      return { type: 'added', amountWei: log.args.amountWei }
    case 'StakeUnbonding':
      return { type: 'unbonding', amountWei: log.args.amountWei }
    case 'StakeWithdrawn':
      return { type: 'withdrawn' }
    case 'NodeSlashed':
      return { type: 'slashed' }
  }
}

function placeOf({ transactionHash, blockNumber, logIndex }: MinedLog): ChainPlace {
  return { transactionHash, blockNumber, logIndex }
}

function parseStakes(logs: readonly MinedLog[]) {
  return parseEventLogs({ abi: nodeRegistryAbi, eventName: [...followedStakeEvents], logs: [...logs] })
}

function parseFollowed(logs: readonly MinedLog[]) {
  return parseEventLogs({ abi: settlementAbi, eventName: [...followedEvents], logs: [...logs] })
}
