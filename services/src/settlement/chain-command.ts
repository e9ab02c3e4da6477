import { type LedgerCommand, type LedgerRefusal, zeroAddress } from '@deparrow/ledger'
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
      return toldItem(log)
    case 'epochPosted':
    case 'epochCancelled':
      return undefined
  }
}

type ToldLog = Extract<
  SettlementLog,
  { readonly type: 'emission' | 'forcedWithdrawal' | 'revocation' | 'pushedReceipt' }
>

/** An inbox item that says more than an account and an amount. Emission names no account. */
function toldItem(log: ToldLog): LedgerCommand {
  const { index, place } = log
  const item = { type: 'RecordInboxItem', index, place, amountMicrocredits: 0n } as const
  switch (log.type) {
    case 'emission': {
      const { epoch, amountMicrocredits } = log
      return { ...item, kind: 'emission', account: zeroAddress, amountMicrocredits, epoch }
    }
    case 'forcedWithdrawal':
      return { ...item, kind: 'forcedWithdrawal', account: log.account, askedMicrocredits: log.askedMicrocredits }
    case 'revocation':
      return { ...item, kind: 'revocation', account: log.wallet, delegate: log.delegate, nonce: log.nonce }
    case 'pushedReceipt':
      return { ...item, kind: 'receipt', account: log.node, digest: log.digest }
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
