import type { Receipt } from './messages.ts'
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
  need(state, 'always', amount > 0, 'AmountZero')
  append(state, 'ForcedWithdrawal', caller, 0, now, amount)
}

export function revoke(state: State, caller: string, nonce: number, now: number): void {
  const index = append(state, 'Revocation', caller, 0, now, nonce)
  const key = `${caller}/${nonce}`
  if (!state.revocations.has(key)) state.revocations.set(key, index)
}

/** The first push of a receipt counts, and the first one of a node's sequence. */
export function pushReceipt(state: State, receipt: Signed<Receipt>, now: number): void {
  const { node, sequence } = receipt.message
  need(state, 'always', state.keys.isGenuine(receipt) && receipt.signer === node, 'SignatureInvalid')
  const digest = digestOf(receipt.message)
  need(state, 'always', !state.pushedReceipts.has(digest), 'ReceiptPushed', { digest })
  const index = append(state, 'Receipt', node, 0, now, digest)
  state.pushedReceipts.set(digest, index)
  if (!state.firstPush.has(`${node}/${sequence}`)) state.firstPush.set(`${node}/${sequence}`, index)
}

export function registerPayee(state: State, account: string, now: number): void {
  need(state, 'always', !state.payees.has(account), 'PayeeRegistered', { account })
  state.payees.set(account, { inboxCount: state.inbox.length, at: now })
}

/** Sum of what the items below a cut add to the books. */
export function totalBelow(state: State, cut: number): number {
  return cut === 0 ? 0 : (state.inbox[cut - 1]?.total ?? 0)
}
