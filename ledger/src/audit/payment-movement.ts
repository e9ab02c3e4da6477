import { purchaseType } from '../account/purchase.ts'
import { signatureSecondsMax, transferType } from '../account/transfer.ts'
import { type Address, zeroAddress } from '../hex.ts'
import type { EventOf } from '../journal/event.ts'
import { type Audit, amountProblem, deadlineProblem, expectPayment } from './checks.ts'
import { type AuditedSpend, judgeSpend } from './permission-movement.ts'

type PaymentEvent = EventOf<'CreditsTransferred'> | EventOf<'ServiceBought'>

type Payment = AuditedSpend & { readonly counterparty: Address; readonly deadline: bigint }

export function transferProblem(audit: Audit, event: EventOf<'CreditsTransferred'>): string | undefined {
  const { transfer } = event.data
  const { from, to, amountMicrocredits, lane, nonce, deadline } = transfer.message
  return paymentProblem(audit, event, {
    type: transferType,
    signed: transfer,
    wallet: from,
    counterparty: to,
    engine: undefined,
    amountMicrocredits,
    lane,
    nonce,
    deadline,
    unsigned: 'the sender did not sign the transfer',
  })
}

export function purchaseProblem(audit: Audit, event: EventOf<'ServiceBought'>): string | undefined {
  const { purchase } = event.data
  const { wallet, seller, amountMicrocredits, lane, nonce, deadline } = purchase.message
  return paymentProblem(audit, event, {
    type: purchaseType,
    signed: purchase,
    wallet,
    counterparty: seller,
    engine: undefined,
    amountMicrocredits,
    lane,
    nonce,
    deadline,
    unsigned: 'the buyer did not sign the purchase',
  })
}

/** Credits go from one wallet to another, as much as was signed. */
function paymentProblem(audit: Audit, event: PaymentEvent, payment: Payment): string | undefined {
  const { wallet, counterparty, amountMicrocredits, deadline } = payment
  if (wallet === counterparty) return 'moves credits from a wallet to itself'
  if (counterparty === zeroAddress) return 'moves credits to the zero address'
  return (
    judgeSpend(audit, event, payment).problem ??
    amountProblem(amountMicrocredits) ??
    deadlineProblem(event, deadline, signatureSecondsMax) ??
    expectPayment(event, wallet, counterparty, amountMicrocredits)
  )
}
