import type { LedgerCommand, LedgerRefusal } from '@deparrow/ledger'
import type { JournalIndex } from './journal-index.ts'
import type { SettlementLog } from './token-chain.port.ts'

/** The command that records a log in the journal; `undefined` for a log that is not recorded there. */
export function commandOf(log: SettlementLog): LedgerCommand | undefined {
  switch (log.type) {
    case 'inboxItem': {
      const { index, kind, account, amountMicrocredits, place } = log
      return { type: 'RecordInboxItem', index, kind, account, amountMicrocredits, place }
    }
    case 'payee':
      return { type: 'RecordPayee', wallet: log.account, id: log.id }
    case 'epochFinal':
      return {
        type: 'RecordEpochFinal',
        epoch: log.epoch,
        burnMicrocredits: log.burnMicrocredits,
        place: log.place,
      }
    case 'claim': {
      const { account: wallet, paidMicrocredits, cumulativeMicrocredits, place } = log
      return { type: 'RecordClaim', wallet, paidMicrocredits, cumulativeMicrocredits, place }
    }
    case 'emission':
    case 'forcedWithdrawal':
    case 'revocation':
    case 'pushedReceipt':
    case 'epochPosted':
    case 'epochCancelled':
      return undefined
  }
}

/** Whether the journal has the log already, as one that is read again after a restart. */
export function isRecorded(log: SettlementLog, index: JournalIndex): boolean {
  switch (log.type) {
    case 'inboxItem':
    case 'emission':
    case 'forcedWithdrawal':
    case 'revocation':
    case 'pushedReceipt':
      return log.index < index.inboxCount
    case 'payee':
      return index.payees.get(log.account) === log.id
    case 'epochFinal':
      return log.epoch <= index.lastFinalEpoch
    case 'claim':
      return log.cumulativeMicrocredits <= (index.claimed.get(log.account) ?? 0n)
    case 'epochPosted':
    case 'epochCancelled':
      return true
  }
}

/** Whether a refusal says that the log was recorded before, which the index may not have heard yet. */
export function isRepeat(log: SettlementLog, refusal: LedgerRefusal): boolean {
  switch (refusal.code) {
    case 'INBOX_OUT_OF_ORDER':
      return refusal.index < refusal.expectedIndex
    case 'PAYEE_ID_CONFLICT':
      return log.type === 'payee' && refusal.id === log.id
    case 'EPOCH_OUT_OF_ORDER':
      return refusal.epoch < refusal.expectedEpoch
    default:
      return false
  }
}

/** The logs in the order of the chain, each once, whatever the provider did. */
export function inChainOrder(logs: readonly SettlementLog[]): readonly SettlementLog[] {
  const byPlace = new Map(logs.map(log => [`${log.place.blockNumber}:${log.place.logIndex}`, log]))
  return [...byPlace.values()].sort((a, b) =>
    a.place.blockNumber === b.place.blockNumber
      ? a.place.logIndex - b.place.logIndex
      : a.place.blockNumber < b.place.blockNumber
        ? -1
        : 1,
  )
}
