import { type Address, type LedgerCommand, type LedgerRefusal, zeroAddress } from '@deparrow/ledger'
import { isLater } from './chain-order.ts'
import type { JournalIndex, NodeStake } from './journal-index.ts'
import type { SettlementLog } from './token-chain.port.ts'

/** What is known of nodes' stakes; newer than the index when that has not heard of the newest records yet. */
export type KnownStakes = (node: Address) => NodeStake | undefined

/** The command that records a log in the journal; `undefined` for a log that is not recorded there. */
export function commandOf(log: SettlementLog, index: JournalIndex, stakes: KnownStakes): LedgerCommand | undefined {
  switch (log.type) {
    case 'inboxItem':
    case 'emission':
    case 'forcedWithdrawal':
    case 'revocation':
    case 'pushedReceipt':
      return itemOf(log)
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
    case 'epochCancelled':
    case 'epochLapsed':
      return cancellationOf(log, index)
    case 'stake':
      return { type: 'RecordNodeStake', node: log.node, ...stakeAfter(log, stakes(log.node)), place: log.place }
    case 'epochPosted':
    case 'exitStarted':
    case 'exitTaken':
      return undefined
  }
}

type CancelLog = Extract<SettlementLog, { readonly type: 'epochCancelled' | 'epochLapsed' }>

/** Of the epochs that a log takes back, the one that the journal knows: it has one at a time. */
function cancellationOf(log: CancelLog, { pending, lastFinalEpoch }: JournalIndex): LedgerCommand {
  const { place } = log
  const own = pending?.books.epoch
  if (log.type === 'epochLapsed') {
    const headEpoch = own === undefined || own === log.epoch ? lastFinalEpoch : own
    return { type: 'RecordEpochCancelled', epoch: log.epoch, lastEpoch: log.epoch, headEpoch, place }
  }
  const { lastEpoch, headEpoch } = log
  const epoch = own !== undefined && isTakenBack(log, own) ? own : log.epoch
  return { type: 'RecordEpochCancelled', epoch, lastEpoch, headEpoch, place }
}

function isTakenBack(log: CancelLog, epoch: number): boolean {
  return log.type === 'epochLapsed' ? epoch === log.epoch : epoch >= log.epoch && epoch <= log.lastEpoch
}

/** 1 credit = 10^6 µcr = 1 DPC = 10^18 wei. */
const weiPerMicrocredit = 10n ** 12n

/**
 * What a node has at stake after a change. A change that is no whole number of microcredits is rounded so that the journal never
 * says more than there is.
 */
function stakeAfter({ change }: StakeLog, before: NodeStake | undefined): StakeFigures {
  const { stakeMicrocredits, unbondingMicrocredits } = before ?? noStake
  switch (change.type) {
    case 'added':
      return { stakeMicrocredits: stakeMicrocredits + change.amountWei / weiPerMicrocredit, unbondingMicrocredits }
    case 'unbonding': {
      const leaving = (change.amountWei + weiPerMicrocredit - 1n) / weiPerMicrocredit
      return {
        stakeMicrocredits: stakeMicrocredits > leaving ? stakeMicrocredits - leaving : 0n,
        unbondingMicrocredits: unbondingMicrocredits + change.amountWei / weiPerMicrocredit,
      }
    }
    case 'withdrawn':
      return { stakeMicrocredits, unbondingMicrocredits: 0n }
    case 'slashed':
      return noStake
  }
}

type StakeLog = Extract<SettlementLog, { readonly type: 'stake' }>

type StakeFigures = Pick<NodeStake, 'stakeMicrocredits' | 'unbondingMicrocredits'>

const noStake: StakeFigures = { stakeMicrocredits: 0n, unbondingMicrocredits: 0n }

type InboxLog = Extract<
  SettlementLog,
  { readonly type: 'inboxItem' | 'emission' | 'forcedWithdrawal' | 'revocation' | 'pushedReceipt' }
>

/** The inbox item that a log tells of. Emission names no account; what brings nothing has no amount. */
export function itemOf(log: InboxLog): Extract<LedgerCommand, { readonly type: 'RecordInboxItem' }> {
  const { index, place } = log
  const item = { type: 'RecordInboxItem', index, place, amountMicrocredits: 0n } as const
  switch (log.type) {
    case 'inboxItem': {
      const { kind, account, amountMicrocredits } = log
      return { ...item, kind, account, amountMicrocredits }
    }
    case 'emission': {
      const { epoch, amountMicrocredits } = log
      return { ...item, kind: 'emission', account: zeroAddress, amountMicrocredits, epoch }
    }
    case 'forcedWithdrawal':
      return { ...item, kind: 'forcedWithdrawal', account: log.account, askedMicrocredits: log.askedMicrocredits }
    case 'revocation':
      return { ...item, kind: 'revocation', account: log.wallet, delegate: log.delegate, nonce: log.nonce }
    case 'pushedReceipt':
      return { ...item, kind: 'receipt', account: log.node, digest: log.digest, receipt: log.receipt }
  }
}

/** Whether the journal has the log already, as one that is read again after a restart. */
export function isRecorded(log: SettlementLog, index: JournalIndex, stakes: KnownStakes): boolean {
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
    case 'epochCancelled':
      // The exit takes back all that is not final, which may be nothing.
      if (log.lastEpoch < log.epoch) return true
      return isKnownEpoch(log, log.lastEpoch, index)
    case 'epochLapsed':
      return isKnownEpoch(log, log.epoch, index)
    case 'stake': {
      const known = stakes(log.node)
      return known !== undefined && !isLater(log.place, known.place)
    }
    case 'epochPosted':
    case 'exitStarted':
    case 'exitTaken':
      return true
  }
}

/** Whether the numbers up to this one are used up in the journal, and none of those taken back is pending there. */
function isKnownEpoch(log: CancelLog, lastEpoch: number, { pending, lastNumber }: JournalIndex): boolean {
  return lastEpoch <= lastNumber && (pending === undefined || !isTakenBack(log, pending.books.epoch))
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
    case 'COMMAND_CONFLICT':
      // The poster sees a lapse without its log, in another place; a stake is refused when a later one is known.
      return (
        (log.type === 'epochLapsed' || log.type === 'epochCancelled' || log.type === 'stake') &&
        refusal.field === 'place'
      )
    default:
      return false
  }
}
