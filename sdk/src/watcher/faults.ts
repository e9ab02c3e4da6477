import { type Address, entriesOf, entryNode, findEntry, inboxKey, type LeafAccount } from '@deparrow/ledger'
import { type AccountView, viewAccount } from '../disputes/account-view.ts'
import type { WatchCase } from './case.ts'
import { isDebitAllowed, isHoldAllowed } from './judge-debit.ts'
import type { WatchFinding } from './plan.ts'
import { type Want, wantDeposit, wantEntry, wantForced, wantHold, wantLane, wantWrongStatement } from './wants.ts'

/** Something that the journal says and the contracts would not take, and the demand that it does not answer. */
export type Fault = { readonly want: Want; readonly finding: WatchFinding }

/** Everything that the journal's own books of an account could not answer if it were asked. */
export function faultsOf(watched: WatchCase, account: LeafAccount): readonly Fault[] {
  if (isOfNetwork(account)) return []
  const view = viewAccount(watched.archive, watched.archive.placeOf(account))
  return [
    ...statementFaults(watched, account, view),
    ...debitFaults(watched, account, view),
    ...holdFaults(watched, account, view),
    ...laneFaults(watched, account, view),
    ...inboxFaults(watched, account, view),
  ]
}

export function isOfNetwork(account: LeafAccount): account is 'treasury' | 'rewards' | 'clearing' {
  return account === 'treasury' || account === 'rewards' || account === 'clearing'
}

function statementFaults({ epoch, crypto }: WatchCase, account: LeafAccount, view: AccountView): readonly Fault[] {
  const { opening, closing, sum } = view.statement
  const [credits, debits] = [sum >> 64n, sum & (2n ** 64n - 1n)]
  const before = opening.available + opening.held
  const later = closing.available + closing.held
  const isRight = before + credits === later + debits && closing.receiptSequence >= opening.receiptSequence
  if (isRight && entryNode(crypto, view.closing.holds).sum === closing.held) return []
  const want = wantWrongStatement(epoch, view.place, before + credits)
  return [fault(want, 'STATEMENT_WRONG', `what moved ${account} does not lead to what it has`)]
}

function debitFaults(watched: WatchCase, account: LeafAccount, view: AccountView): readonly Fault[] {
  const { judged, epoch, archive } = watched
  const rows = watched.view.rows.get(epoch)?.flat() ?? []
  const statement = isOfNetwork(account) ? undefined : archive.statement(account)
  return (statement?.entries ?? [])
    .filter(({ key, debitMicrocredits, evidence }) => {
      return !isDebitAllowed(judged, { account, view }, key, debitMicrocredits, evidence, rows)
    })
    .map(({ key, debitMicrocredits }) => {
      const want = wantEntry(epoch, view.place, key, debitMicrocredits)
      return fault(want, 'DEBIT_WRONG', `nothing allows ${debitMicrocredits} µcr to leave ${account} under ${key}`)
    })
}

function holdFaults({ judged, epoch, archive }: WatchCase, account: LeafAccount, view: AccountView): readonly Fault[] {
  return [...entriesOf(view.closing.holds)]
    .filter(({ key, value }) => !isHoldAllowed(judged, { account, view }, key, value, archive.orders.find(key)))
    .map(({ key, value }) => {
      const want = wantHold(epoch, view.place, key, value)
      return fault(want, 'HOLD_WRONG', `nothing allows a hold of ${value} µcr of ${account} for ${key}`)
    })
}

function laneFaults({ epoch }: WatchCase, account: LeafAccount, view: AccountView): readonly Fault[] {
  return [...entriesOf(view.opening.lanes)]
    .filter(({ key, value }) => (findEntry(view.closing.lanes, key)?.value ?? -1n) < value)
    .map(({ key }) => fault(wantLane(epoch, view.place, key), 'LANE_WRONG', `lane ${key} of ${account} was set back`))
}

/** What the contract's inbox brought to the account, or asked for it. */
function inboxFaults(watched: WatchCase, account: LeafAccount, view: AccountView): readonly Fault[] {
  const { epoch, crypto } = watched
  return watched.itemsHere().flatMap(item => {
    if (item.account !== (account as Address)) return []
    const key = inboxKey(crypto, item.index)
    const entry = view.entry(key)
    if (item.kind === 'deposit' && (entry?.creditMicrocredits ?? 0n) < item.amountMicrocredits) {
      const want = wantDeposit(epoch, view.place, key, item.index, item.amountMicrocredits)
      return [fault(want, 'CREDIT_MISSING', `deposit ${item.index} of ${account} is not credited`)]
    }
    const asked = item.askedMicrocredits ?? 0n
    const isUnpaid = view.statement.closing.available > 0n && entry?.debitMicrocredits !== asked
    if (item.kind !== 'forcedWithdrawal' || !isUnpaid) return []
    const want = wantForced(epoch, view.place, key, item.index, asked)
    return [fault(want, 'FORCED_UNPAID', `forced withdrawal ${item.index} of ${account} is not carried out`)]
  })
}

export function fault(want: Want, code: WatchFinding['code'], message: string): Fault {
  return { want, finding: { code, message } }
}
