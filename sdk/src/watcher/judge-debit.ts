import type { PayoutRow } from '@deparrow/contracts/rows'
import {
  type DebitEvidence,
  escrowCaptureType,
  escrowOrderType,
  findEntry,
  type Hex,
  inboxKey,
  instructionKey,
  iouRedemptionType,
  jobOrderType,
  type LeafAccount,
  payoutInstructionType,
  purchaseType,
  rowKey,
  type Signed,
  type SpendPermission,
  transferType,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import type { AccountView } from '../disputes/account-view.ts'
import type { OpenOrder } from '../disputes/open-orders.ts'
import { isOfContracts } from '../disputes/structs.ts'
import { isCovered, isFresh, isStanding, type JudgedEpoch, type Spend, signerOf } from './judge-authority.ts'

type Of<Kind extends DebitEvidence['kind']> = Extract<DebitEvidence, { readonly kind: Kind }>

/** An account, as the journal has it in the epoch. */
export type JudgedAccount = { readonly account: LeafAccount; readonly view: AccountView }

/**
 * Whether the contracts take what the journal has for a debit. It is their `DebitJudge` over the journal's messages, so that a watcher asks for nothing that
 * could be answered out of this journal. Of rows it is asked whether the epoch has posted the row.
 */
export function isDebitAllowed(
  judged: JudgedEpoch,
  { account, view }: JudgedAccount,
  key: Hex,
  debit: bigint,
  evidence: DebitEvidence | undefined,
  rows: readonly PayoutRow[],
): boolean {
  if (debit === 0n) return true
  switch (evidence?.kind) {
    case 'transfer': {
      const { transfer, permission } = evidence
      const { from: wallet, to, amountMicrocredits } = transfer.message
      const spend = spendOf(wallet, transferType, transfer, permission)
      return (
        debit === amountMicrocredits && wallet === account && isPaid(judged, view, key, spend, amountMicrocredits, to)
      )
    }
    case 'purchase': {
      const { purchase, permission } = evidence
      const { wallet, seller, amountMicrocredits } = purchase.message
      const spend = spendOf(wallet, purchaseType, purchase, permission)
      return (
        debit === amountMicrocredits &&
        wallet === account &&
        isPaid(judged, view, key, spend, amountMicrocredits, seller)
      )
    }
    case 'redemption': {
      const { debtor, amountMicrocredits } = evidence.redemption.message
      const spend = spendOf(debtor, iouRedemptionType, evidence.redemption, undefined)
      return (
        debit === amountMicrocredits &&
        debtor === account &&
        isPaid(judged, view, key, spend, amountMicrocredits, undefined)
      )
    }
    case 'withdrawal': {
      const { wallet, amountMicrocredits } = evidence.withdrawal.message
      const spend = spendOf(wallet, withdrawalType, evidence.withdrawal, undefined)
      return (
        debit === amountMicrocredits &&
        wallet === account &&
        isPaid(judged, view, key, spend, amountMicrocredits, undefined)
      )
    }
    case 'job':
      return isJobAllowed(judged, { account, view }, key, debit, evidence)
    case 'escrow':
      return isCaptureAllowed(judged, { account, view }, key, debit, evidence)
    case 'instruction': {
      const { instruction, position } = evidence
      const { wallet, minimumMicrocredits, expires } = instruction.message
      const { digest, signer } = signerOf(judged, spendOf(wallet, payoutInstructionType, instruction, undefined))
      const isOwn =
        wallet === account && signer !== undefined && instructionKey(judged.crypto, digest, position) === key
      return isOwn && debit >= minimumMicrocredits && expires > BigInt(judged.parent.closedAt)
    }
    case 'row': {
      const { row } = evidence
      const isPosted = rows.some(
        ({ payeeId, incrementMicrocredits }) => payeeId === row.id && incrementMicrocredits === debit,
      )
      return isPosted && account === `payable:${row.wallet}` && rowKey(judged.crypto, judged.posted.epoch) === key
    }
    case 'forced': {
      const item = judged.inbox.find(({ index }) => index === evidence.inboxIndex)
      const isHere = item !== undefined && item.index >= judged.parent.inboxCut && item.index < judged.posted.inboxCut
      const isAsked = isHere && item.kind === 'forcedWithdrawal' && item.account === account
      return isAsked && debit <= (item.askedMicrocredits ?? 0n) && inboxKey(judged.crypto, item.index) === key
    }
    default:
      return false
  }
}

/** Whether the contracts take an order for a hold of this amount in the closing leaf. */
export function isHoldAllowed(
  judged: JudgedEpoch,
  about: JudgedAccount,
  key: Hex,
  amount: bigint,
  open: OpenOrder | undefined,
): boolean {
  if (open === undefined || !isOrderAllowed(judged, about, key, open)) return false
  const ends = open.kind === 'escrow' ? open.order.message.expires : endOf(open.order.message)
  return amount === amountOf(open) && ends > BigInt(judged.posted.closedAt)
}

function isPaid(
  judged: JudgedEpoch,
  view: AccountView,
  key: Hex,
  spend: Spend,
  amount: bigint,
  counterparty: Hex | undefined,
): boolean {
  const { digest, signer } = signerOf(judged, spend)
  const permission = spend.permission?.message
  if (signer === undefined || digest !== key || !isCovered(permission, amount, counterparty)) return false
  const { lane, nonce, deadline } = spend.message as unknown as Parameters<typeof isFresh>[3]
  return isStanding(judged, permission) && isFresh(judged, view, signer, { lane, nonce, deadline })
}

function isJobAllowed(
  judged: JudgedEpoch,
  about: JudgedAccount,
  key: Hex,
  debit: bigint,
  evidence: Of<'job'>,
): boolean {
  const { order, receipt, permission } = evidence
  const { maxPriceMicrocredits } = order.message
  const { node, orderDigest } = receipt.message
  if (debit > maxPriceMicrocredits || orderDigest !== key || !isOfContracts('UsageReceipt', receipt.message))
    return false
  const { signer } = signerOf(judged, spendOf(node, usageReceiptType, receipt, undefined))
  const isNodeAllowed = isCovered(permission?.message, 0n, node)
  const open = { kind: 'job', order, ...(permission && { permission }) } as const
  const isGone = findEntry(about.view.closing.holds, key) === undefined
  return signer !== undefined && isNodeAllowed && isGone && isOrderAllowed(judged, about, key, open)
}

function isCaptureAllowed(
  judged: JudgedEpoch,
  about: JudgedAccount,
  key: Hex,
  debit: bigint,
  evidence: Of<'escrow'>,
): boolean {
  const { order, capture, permission, capturedUnder } = evidence
  const { wallet, amountMicrocredits } = order.message
  const { escrow, amountMicrocredits: captured } = capture.message
  const isRelated =
    escrow === key && capture.message.wallet === wallet && debit === captured && debit <= amountMicrocredits
  if (!isRelated || findEntry(about.view.closing.holds, key) !== undefined) return false
  const open = { kind: 'escrow', order, ...(permission && { permission }) } as const
  return isOrderAllowed(judged, about, key, open) && isCapturer(judged, evidence, capturedUnder)
}

/** The wallet itself, or the delegate that opened the escrow, whose permission must stand now. */
function isCapturer(
  judged: JudgedEpoch,
  { order, capture, permission }: Of<'escrow'>,
  under: Signed<SpendPermission> | undefined,
): boolean {
  const { wallet } = order.message
  if (signerOf(judged, spendOf(wallet, escrowCaptureType, capture, undefined)).signer !== undefined) return true
  if (under === undefined || under.message.delegate !== (permission?.message.delegate ?? wallet)) return false
  const { signer } = signerOf(judged, spendOf(wallet, escrowCaptureType, capture, under))
  return signer !== undefined && isStanding(judged, under.message)
}

/** An order that stood in the opening holds with its whole amount, or that is fresh. */
function isOrderAllowed(judged: JudgedEpoch, { account, view }: JudgedAccount, key: Hex, open: OpenOrder): boolean {
  const spend = orderSpend(open)
  if (spend === undefined || spend.wallet !== account) return false
  const { digest, signer } = signerOf(judged, spend)
  const permission = open.permission?.message
  const amount = amountOf(open)
  const isAllowed =
    open.kind === 'job'
      ? isCovered(permission, amount, undefined, open.order.message.engine)
      : isCovered(permission, amount, open.order.message.seller)
  if (signer === undefined || digest !== key || !isAllowed) return false
  const standing = findEntry(view.opening.holds, key)
  if (standing !== undefined) return standing.value === amount
  return isFresh(judged, view, signer, open.order.message) && isStanding(judged, permission)
}

/** `undefined` for an order of an older version, which the contracts do not read. */
function orderSpend(open: OpenOrder): Spend | undefined {
  if (open.kind === 'escrow') {
    return spendOf(open.order.message.wallet, escrowOrderType, open.order, open.permission)
  }
  const { message } = open.order
  return isOfContracts('JobOrder', message)
    ? spendOf(message.payer, jobOrderType, open.order, open.permission)
    : undefined
}

function spendOf(
  wallet: Spend['wallet'],
  type: Spend['type'],
  { message, signature }: { readonly message: object; readonly signature: Hex },
  permission: Signed<SpendPermission> | undefined,
): Spend {
  return { wallet, type, message: message as Spend['message'], signature, ...(permission && { permission }) }
}

function amountOf(open: OpenOrder): bigint {
  return open.kind === 'job' ? open.order.message.maxPriceMicrocredits : open.order.message.amountMicrocredits
}

function endOf({ deadline, graceSeconds }: { readonly deadline: bigint; readonly graceSeconds: number }): bigint {
  return deadline + BigInt(graceSeconds)
}
