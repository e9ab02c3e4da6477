import { settlementAbi } from '@deparrow/contracts'
import { type ChainPlace, type InboxKind, lowerHex } from '@deparrow/ledger'
import { type Log, parseEventLogs } from 'viem'
import { type SettlementLog, UnknownLogError } from '../../settlement/token-chain.port.ts'

/** The contract's `InboxKind`, by number. */
const inboxKinds: readonly InboxKind[] = ['deposit', 'genesisTreasury', 'genesisRewards']

const followedEvents = [
  'InboxItemAppended',
  'PayeeRegistered',
  'EpochPosted',
  'EpochFinalised',
  'EpochCancelled',
  'Claimed',
] as const

type MinedLog = Log<bigint, number, false>

/** Reads the contract's logs; those that settlement does not follow are left out. Throws `UnknownLogError`. */
export function decodeLogs(logs: readonly MinedLog[]): readonly SettlementLog[] {
  return parseFollowed(logs).map(decodeLog)
}

function decodeLog(log: ReturnType<typeof parseFollowed>[number]): SettlementLog {
  const place: ChainPlace = {
    transactionHash: log.transactionHash,
    blockNumber: log.blockNumber,
    logIndex: log.logIndex,
  }
  switch (log.eventName) {
    case 'InboxItemAppended': {
      const { index, kind, account, amountMicrocredits } = log.args
      const name = inboxKinds[kind]
      if (name === undefined) throw new UnknownLogError({ what: `inbox item kind ${kind}`, place })
      return {
        type: 'inboxItem',
        index: Number(index),
        kind: name,
        account: lowerHex(account),
        amountMicrocredits,
        place,
      }
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
    case 'EpochCancelled':
      return {
        type: 'epochCancelled',
        epoch: Number(log.args.epoch),
        lastEpoch: Number(log.args.lastEpoch),
        place,
      }
    case 'Claimed': {
      const { account, paidMicrocredits, cumulativeMicrocredits } = log.args
      return { type: 'claim', account: lowerHex(account), paidMicrocredits, cumulativeMicrocredits, place }
    }
  }
}

function parseFollowed(logs: readonly MinedLog[]) {
  return parseEventLogs({ abi: settlementAbi, eventName: [...followedEvents], logs: [...logs] })
}
