import { type Certificate, dueOf, type Receipt } from './messages.ts'
import { digestOf, type Signed } from './signatures.ts'
import { type InboxItem, need, type State } from './state.ts'

/** Appends an item and returns its index. */
export function append(
  state: State,
  kind: InboxItem['kind'],
  account: string,
  amount: number,
  at: number,
  detail: number | string = 0,
): number {
  const total = (state.inbox.at(-1)?.total ?? 0) + amount
  return state.inbox.push({ kind, account, amount, total, at, detail }) - 1
}

export function deposit(state: State, caller: string, amount: number, now: number): void {
  need(state, 'always', !state.isExit, 'ExitSwitched')
  need(state, 'always', amount > 0, 'AmountZero')
  state.holdings += amount
  append(state, 'Deposit', caller, amount, now)
}

export function forceWithdrawal(state: State, caller: string, amount: number, now: number): void {
  need(state, 'always', !state.isExit, 'ExitSwitched')
  need(state, 'always', amount > 0, 'AmountZero')
  append(state, 'ForcedWithdrawal', caller, 0, now, amount)
}

export function revoke(state: State, caller: string, nonce: number, now: number): void {
  need(state, 'always', !state.isExit, 'ExitSwitched')
  need(state, 'always', nonce > (state.revokedUpTo.get(caller) ?? -1), 'RevocationNotNewer', { nonce })
  state.revokedUpTo.set(caller, nonce)
  state.revocations.set(`${caller}/${nonce}`, append(state, 'Revocation', caller, 0, now, nonce))
}

/** A receipt counts as pushed only while its certificate leaves the journal the time to take it before the hold ends. */
export function pushReceipt(
  state: State,
  receipt: Signed<Receipt>,
  certificate: Signed<Certificate>,
  now: number,
): void {
  const { node, order } = receipt.message
  need(state, 'always', !state.isExit, 'ExitSwitched')
  need(state, 'always', state.keys.isGenuine(receipt) && receipt.signer === node, 'SignatureInvalid')
  const { expires, order: certified, node: assigned } = certificate.message
  const isCertified = state.keys.isGenuine(certificate) && certificate.signer === state.ledger
  need(state, 'always', isCertified && certified === order && assigned === node, 'ReceiptUnrelated')
  const { inboxAgeSeconds, pushMarginSeconds } = state.params
  need(state, 'push-in-time', now + inboxAgeSeconds + pushMarginSeconds <= expires, 'PushedTooLate', { expires })
  const isDue = dueOf(receipt.message, certificate.message, state.params.feePercent) > 0
  need(state, 'always', isDue, 'NothingDue')
  const digest = digestOf(receipt.message)
  need(state, 'always', !state.pushedReceipts.has(digest), 'ReceiptPushed', { digest })
  state.pushedReceipts.set(digest, append(state, 'Receipt', node, 0, now, digest))
}

/** Gives an account a payee id; one that has it keeps it. */
export function registerPayee(state: State, account: string, now: number): void {
  if (!state.payees.has(account)) state.payees.set(account, { at: now })
}

/** Whether an account was a payee before an item arrived that the cut covers: items arrive in order of time. */
export function isPayeeBefore(state: State, account: string, cut: number): boolean {
  const registered = state.payees.get(account)
  const youngest = state.inbox[cut - 1]
  return registered !== undefined && youngest !== undefined && registered.at < youngest.at
}

/** Sum of what the items below a cut add to the books. */
export function totalBelow(state: State, cut: number): number {
  return cut === 0 ? 0 : (state.inbox[cut - 1]?.total ?? 0)
}
