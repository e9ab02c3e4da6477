import type { TreeHashing } from '../epoch/sum-node.ts'
import type { Address, Hex } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import type { DebitEvidence } from './debit-evidence.ts'
import { bonusKey, inboxKey, instructionKey } from './movement-keys.ts'
import type { OpenEvidence } from './open-evidence.ts'
import type { StatementAccount, StatementEntry } from './statement.ts'

/** An entry of somebody's statement. */
export type Movement = StatementEntry & { readonly account: StatementAccount }

/** What an event moves between the accounts that have statements, rows of epochs left out. A signed message's digest is its event's command id. */
export function movementsOf(crypto: TreeHashing, open: OpenEvidence, event: LedgerEvent): readonly Movement[] {
  switch (event.type) {
    case 'InboxItemRecorded': {
      const key = inboxKey(crypto, event.data.index)
      return creditedWallets(event).map(([wallet, amount]) => credit(wallet, key, amount))
    }
    case 'CreditsTransferred': {
      const { transfer } = event.data
      const { from, to, amountMicrocredits } = transfer.message
      const evidence = { kind: 'transfer', transfer, ...open.permissionOf(from, event.data) } as const
      return payment(event.commandId as Hex, from, to, amountMicrocredits, evidence)
    }
    case 'ServiceBought': {
      const { purchase } = event.data
      const { wallet, seller, amountMicrocredits } = purchase.message
      const evidence = { kind: 'purchase', purchase, ...open.permissionOf(wallet, event.data) } as const
      return payment(event.commandId as Hex, wallet, seller, amountMicrocredits, evidence)
    }
    case 'IouRedeemed': {
      const { redemption } = event.data
      const { debtor, amountMicrocredits } = redemption.message
      const key = event.commandId as Hex
      const creditors = creditedWallets(event).map(([creditor, amount]) => credit(creditor, key, amount))
      return [debit(debtor, key, amountMicrocredits, { kind: 'redemption', redemption }), ...creditors]
    }
    case 'JobSettled':
      return settlement(open, event)
    case 'EscrowCaptured':
      return capture(open, event)
    case 'PayoutScheduled':
      return payout(crypto, open, event)
    case 'CreditsGranted': {
      const { wallet, amountMicrocredits } = event.data.grant.message
      return [credit(wallet, event.commandId as Hex, amountMicrocredits)]
    }
    case 'UptimeBonusPaid': {
      const { node, day, payoutWallet, amountMicrocredits } = event.data
      return [credit(payoutWallet, bonusKey(crypto, 'uptime', node, day), amountMicrocredits)]
    }
    case 'ReferralBonusPaid': {
      const { node, day, referrer, amountMicrocredits } = event.data
      return [credit(referrer, bonusKey(crypto, 'referral', node, day), amountMicrocredits)]
    }
    default:
      return []
  }
}

/** An entry even of a job that cost nothing: it shows that the job was settled. */
function settlement(open: OpenEvidence, { data }: EventOf<'JobSettled'>): readonly Movement[] {
  const { orderDigest, payoutWallet, capturedMicrocredits, earnedMicrocredits } = data
  const job = open.job(orderDigest)
  return [
    debit(job.order.message.payer, orderDigest, capturedMicrocredits, { kind: 'job', ...job }),
    credit(payoutWallet, orderDigest, earnedMicrocredits),
  ]
}

function capture(open: OpenEvidence, { data }: EventOf<'EscrowCaptured'>): readonly Movement[] {
  const { escrow, amountMicrocredits } = data.capture.message
  const opened = open.escrow(escrow)
  const { wallet, seller } = opened.order.message
  const { permission: capturedUnder } = open.permissionOf(wallet, data)
  const under = capturedUnder === undefined ? {} : { capturedUnder }
  const evidence = { kind: 'escrow', ...opened, capture: data.capture, ...under } as const
  return payment(escrow, wallet, seller, amountMicrocredits, evidence)
}

function payout(
  crypto: TreeHashing,
  open: OpenEvidence,
  { data, commandId, position }: EventOf<'PayoutScheduled'>,
): readonly Movement[] {
  const { wallet, amountMicrocredits, withdrawal, instructionDigest, inboxIndex } = data
  const to = `payable:${wallet}` as const
  if (inboxIndex !== undefined) {
    return payment(inboxKey(crypto, inboxIndex), wallet, to, amountMicrocredits, { kind: 'forced', inboxIndex })
  }
  if (withdrawal !== undefined) {
    return payment(commandId as Hex, wallet, to, amountMicrocredits, { kind: 'withdrawal', withdrawal })
  }
  const instruction = open.instruction(wallet)
  const key = instructionKey(crypto, instructionDigest as Hex, position)
  return payment(key, wallet, to, amountMicrocredits, { kind: 'instruction', instruction, position })
}

function payment(
  key: Hex,
  from: StatementAccount,
  to: StatementAccount,
  amountMicrocredits: bigint,
  evidence: DebitEvidence,
): readonly Movement[] {
  return [debit(from, key, amountMicrocredits, evidence), credit(to, key, amountMicrocredits)]
}

function debit(account: StatementAccount, key: Hex, debitMicrocredits: bigint, evidence: DebitEvidence): Movement {
  return { account, key, creditMicrocredits: 0n, debitMicrocredits, evidence }
}

function credit(account: StatementAccount, key: Hex, creditMicrocredits: bigint): Movement {
  return { account, key, creditMicrocredits, debitMicrocredits: 0n }
}

function creditedWallets({ entries }: LedgerEvent): readonly (readonly [Address, bigint])[] {
  return entries.flatMap(({ account, amountMicrocredits }) => {
    const isCredited = account.startsWith('wallet:') && amountMicrocredits > 0n
    return isCredited ? [[account.slice('wallet:'.length) as Address, amountMicrocredits] as const] : []
  })
}
