import type { Answer } from './demands.ts'
import { entryOf, isCoveredHere } from './judge.ts'
import {
  type Allowance,
  type Instruction,
  inboxKey,
  type JobOrder,
  laneKey,
  type Permission,
  payableOf,
  rowKey,
  type Spend,
} from './messages.ts'
import { digestOf, type Signed } from './signatures.ts'
import { type Epoch, epochOf, need, Refused, type State, type Statement } from './state.ts'

type Debit = { readonly account: string; readonly key: string; readonly amount: number; readonly statement: Statement }

/** What allows a debit: a signature that covers it and counts once, or one of the contract's own facts. */
export function needAllowed(
  state: State,
  epoch: Epoch,
  statement: Statement,
  account: string,
  key: string,
  { allowance }: Answer,
): undefined {
  const { debit: amount } = entryOf(statement, key)
  if (amount === 0) return
  if (allowance === undefined) throw new Refused('DebitNotAllowed', { account, key })
  needAllowance(state, epoch, { account, key, amount, statement }, allowance)
}

function needAllowance(state: State, epoch: Epoch, debit: Debit, allowance: Allowance): void {
  switch (allowance.kind) {
    case 'message': {
      const { message, permission } = allowance
      const body = message.message
      needKey(state, debit, digestOf(body))
      need(state, 'debit-is-amount', debit.amount === body.amount, 'DebitAmountWrong', { key: debit.key })
      needSigned(state, epoch, debit.account, message, permission, false)
      needOpen(state, epoch, body)
      return needFresh(state, debit.statement, message)
    }
    case 'job':
      return needJob(state, epoch, debit, allowance)
    case 'instruction':
      return needInstruction(state, epoch, debit, allowance.instruction)
    case 'row': {
      const row = epoch.header.rows.find(({ payee }) => payee === allowance.payee)
      need(state, 'row-payee', debit.account === payableOf(allowance.payee), 'RowOfOtherPayee', { key: debit.key })
      needKey(state, debit, rowKey(epoch.id))
      return need(state, 'row-increment', row?.increment === debit.amount, 'RowDiffers', { key: debit.key })
    }
    case 'forced':
      return needForced(state, epoch, debit, allowance.index)
  }
}

function needKey(state: State, debit: Debit, key: string): void {
  need(state, 'key-is-digest', debit.key === key, 'KeyNotOfMessage', { key: debit.key })
}

function needForced(state: State, epoch: Epoch, debit: Debit, index: number): void {
  const item = state.inbox[index]
  need(state, 'always', item?.kind === 'ForcedWithdrawal', 'InboxItemUnknown', { index })
  need(state, 'forced-account', item?.account === debit.account, 'ForcedByOther', { index })
  need(state, 'forced-of-this-epoch', isCoveredHere(state, epoch, index), 'InboxItemOfOtherEpoch', { index })
  needKey(state, debit, inboxKey(index))
  need(state, 'forced-debit-is-asked', debit.amount <= Number(item?.detail), 'DebitAmountWrong', { index })
}

function needInstruction(state: State, epoch: Epoch, debit: Debit, instruction: Signed<Instruction>): void {
  const { wallet, least, expires } = instruction.message
  const isSigned = state.keys.isGenuine(instruction) && instruction.signer === wallet && wallet === debit.account
  need(state, 'always', isSigned, 'SignatureInvalid')
  const isKey = debit.key.startsWith(`instruction-${digestOf(instruction.message)}-`)
  need(state, 'key-is-digest', isKey, 'KeyNotOfMessage', { key: debit.key })
  need(state, 'instruction-least', debit.amount >= least, 'DebitAmountWrong', { least })
  const isOpen = expires > epochOf(state, epoch.header.parent).header.closedAt
  need(state, 'instruction-expiry', isOpen, 'InstructionExpired', { expires })
}

function needJob(state: State, epoch: Epoch, debit: Debit, allowance: Extract<Allowance, { kind: 'job' }>): void {
  const { order, receipt, permission } = allowance
  needKey(state, debit, digestOf(order.message))
  const isReceipt = state.keys.isGenuine(receipt) && receipt.signer === receipt.message.node
  need(state, 'signature-genuine', isReceipt && receipt.message.order === digestOf(order.message), 'ReceiptInvalid')
  need(state, 'debit-below-order-max', debit.amount <= order.message.amount, 'DebitAmountWrong', { key: debit.key })
  needOrder(state, epoch, debit.statement, debit.account, order, permission)
  const isDelegated = order.signer !== debit.account
  const isNamed = !isDelegated || permission?.message.counterparties.includes(receipt.message.node) === true
  need(state, 'permission-names-node', isNamed, 'PermissionOfOther', { node: receipt.message.node })
  const isHeld = debit.statement.closing.holds.has(digestOf(order.message))
  need(state, 'order-no-longer-held', !isHeld, 'OrderStillHeld', { key: debit.key })
}

/** A hold is not there, or its order allows it in full and has not ended. */
export function needHold(
  state: State,
  epoch: Epoch,
  statement: Statement,
  account: string,
  key: string,
  answer: Answer,
): undefined {
  const amount = statement.closing.holds.get(key)
  if (amount === undefined) return
  const { order, permission } = answer
  if (order === undefined) throw new Refused('HoldNotAllowed', { account, key })
  need(state, 'key-is-digest', digestOf(order.message) === key, 'KeyNotOfMessage', { key })
  need(state, 'hold-is-full', amount === order.message.amount, 'HoldAmountWrong', { key })
  const endsAt = order.message.deadline + state.params.graceSeconds
  need(state, 'hold-ended', endsAt > epoch.header.closedAt, 'HoldEnded', { key, endsAt })
  needOrder(state, epoch, statement, account, order, permission)
}

/** An order stands in the opening holds, where its permission was judged when it was placed, or it is fresh. */
function needOrder(
  state: State,
  epoch: Epoch,
  statement: Statement,
  account: string,
  order: Signed<JobOrder>,
  permission: Signed<Permission> | undefined,
): void {
  const stood = statement.opening.holds.has(digestOf(order.message))
  needSigned(state, epoch, account, order, permission, stood)
  if (stood || state.without.has('order-stood-or-fresh')) return
  needOpen(state, epoch, order.message)
  needFresh(state, statement, order)
}

function needOpen(state: State, epoch: Epoch, { deadline }: Spend): void {
  const isOpen = deadline > epochOf(state, epoch.header.parent).header.closedAt
  need(state, 'message-deadline', isOpen, 'MessageExpired', { deadline })
}

function needFresh(state: State, { opening, closing }: Statement, { signer, message }: Signed<Spend>): void {
  const key = laneKey(signer, message.lane)
  const { nonce } = message
  need(state, 'nonce-fresh', nonce > (opening.lanes.get(key) ?? 0), 'NonceUsed', { key, nonce })
  need(state, 'nonce-not-above-closing', nonce <= (closing.lanes.get(key) ?? 0), 'NonceAboveLane', { key, nonce })
}

function needSigned(
  state: State,
  epoch: Epoch,
  wallet: string,
  signed: Signed<Spend>,
  permission: Signed<Permission> | undefined,
  stood: boolean,
): void {
  need(state, 'signature-genuine', state.keys.isGenuine(signed), 'SignatureInvalid')
  need(state, 'signer-may-spend', signed.message.wallet === wallet, 'WalletDiffers', { wallet })
  if (signed.signer === wallet) return
  const isPermitted =
    permission !== undefined &&
    state.keys.isGenuine(permission) &&
    permission.signer === wallet &&
    permission.message.wallet === wallet &&
    permission.message.delegate === signed.signer
  need(state, 'signer-may-spend', isPermitted, 'SignerNotPermitted', { signer: signed.signer })
  if (permission !== undefined) needCovered(state, epoch, signed.message, permission.message, stood)
}

function needCovered(state: State, epoch: Epoch, spend: Spend, permission: Permission, stood: boolean): void {
  const { spendMax, counterparties, expires, nonce, wallet } = permission
  need(state, 'permission-cap', spend.amount <= spendMax, 'PermissionExceeded', { spendMax })
  const isTo = spend.type !== 'Transfer' || counterparties.includes(spend.to)
  need(state, 'permission-counterparty', isTo && spend.type !== 'Withdrawal', 'PermissionOfOther', { counterparties })
  if (stood && !state.without.has('standing-order-keeps-permission')) return
  const parent = epochOf(state, epoch.header.parent).header
  need(state, 'permission-expiry', expires > parent.closedAt, 'PermissionExpired', { expires })
  const revoked = state.revocations.get(`${wallet}/${nonce}`)
  const isRevoked = revoked !== undefined && revoked < parent.cut
  need(state, 'permission-revocation', !isRevoked, 'PermissionRevoked', { nonce })
}
