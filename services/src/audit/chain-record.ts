import { type ChainPlace, type EventOf, inboxDetails, type LedgerEvent } from '@deparrow/ledger'
import { itemOf } from '../settlement/chain-command.ts'
import type { SettlementLog } from '../settlement/token-chain.port.ts'

/** Something that moved DPC into the settlement contract or out of it, or that its inbox asks for, as the chain or the journal tells it. */
export type ChainRecord = {
  /** The same for log and event of the same thing. */
  readonly key: string
  /** What happened, in words that are the same on both sides when it is the same. */
  readonly text: string
  /** What it changes in the contract's DPC, in µcr. */
  readonly amountMicrocredits: bigint
  readonly place: ChainPlace
  /** The account of the journal that it is about. */
  readonly account: string
}

/** What a log says of the contract's DPC and its inbox; `undefined` for one that says nothing of them. */
export function recordOfLog(log: SettlementLog): ChainRecord | undefined {
  const { place } = log
  switch (log.type) {
    case 'inboxItem':
    case 'emission':
    case 'forcedWithdrawal':
    case 'revocation':
    case 'pushedReceipt':
      return inboxItem(itemOf(log), place)
    case 'epochFinal':
      return epochFinal(log, place)
    case 'claim':
      return claim({ ...log, wallet: log.account }, place)
    case 'payee':
    case 'epochPosted':
    case 'epochCancelled':
    case 'epochLapsed':
    case 'stake':
    case 'exitStarted':
    case 'exitTaken':
      return undefined
  }
}

/** What an event of the journal says of the contract's DPC and its inbox; `undefined` for one that says nothing of them. */
export function recordOfEvent(event: LedgerEvent): ChainRecord | undefined {
  switch (event.type) {
    case 'InboxItemRecorded':
      return inboxItem(event.data, event.data.place)
    case 'EpochFinalised':
      return epochFinal(event.data, event.data.place)
    case 'PayoutClaimed':
      return claim(event.data, event.data.place)
    default:
      return undefined
  }
}

/** Whether something happened on chain before something else. */
export function isBefore(a: ChainPlace, b: ChainPlace): boolean {
  return a.blockNumber === b.blockNumber ? a.logIndex < b.logIndex : a.blockNumber < b.blockNumber
}

type InboxItem = Omit<EventOf<'InboxItemRecorded'>['data'], 'place'>

/** A pushed receipt is told by its digest. */
function inboxItem(item: InboxItem, place: ChainPlace): ChainRecord {
  const { index, kind, account, amountMicrocredits } = item
  const details = inboxDetails[kind].filter(name => name !== 'receipt').map(name => `, ${name} ${item[name]}`)
  const text = `inbox item ${index}: ${kind} of ${amountMicrocredits} µcr from ${account}${details.join('')}`
  return { key: `inbox:${index}`, text, amountMicrocredits, place, account: `wallet:${account}` }
}

function epochFinal(
  { epoch, burnMicrocredits }: { readonly epoch: number; readonly burnMicrocredits: bigint },
  place: ChainPlace,
): ChainRecord {
  const text = `epoch ${epoch} final: ${burnMicrocredits} µcr burnt`
  return { key: `final:${epoch}`, text, amountMicrocredits: -burnMicrocredits, place, account: 'burn' }
}

type Claim = {
  readonly wallet: string
  readonly paidMicrocredits: bigint
  readonly cumulativeMicrocredits: bigint
}

function claim({ wallet, paidMicrocredits, cumulativeMicrocredits }: Claim, place: ChainPlace): ChainRecord {
  const text = `claim of ${paidMicrocredits} µcr by ${wallet}, ${cumulativeMicrocredits} µcr in all`
  const key = `claim:${wallet}:${cumulativeMicrocredits}`
  return { key, text, amountMicrocredits: -paidMicrocredits, place, account: `payable:${wallet}` }
}
