import { type AccountName, zeroHash } from '@deparrow/ledger'
import { Actor, digestOfOrder, TestLedger } from '@deparrow/ledger/testing'

export const payer = new Actor(1)
export const node = new Actor(2)
export const friend = new Actor(3)
export const stranger = new Actor(4)

const place = { transactionHash: zeroHash, blockNumber: 7n, logIndex: 0 }

/** The orders of {@link sampleJournal}: one that is settled, one cancelled, one whose hold is still open. */
export const settledOrder = payer.order({ nonce: 1n, maxPriceMicrocredits: 1_000_000n })
export const cancelledOrder = payer.order({ nonce: 2n, maxPriceMicrocredits: 300_000n })
export const openOrder = payer.order({ nonce: 3n, maxPriceMicrocredits: 400_000n })

/** A small economy by the real ledger: deposit, transfer, three jobs, a withdrawal, an epoch to its claim. */
export function sampleJournal(): TestLedger {
  const ledger = new TestLedger()
  ledger.deposit(payer.address, 5_000_000n)
  ledger.accept({
    type: 'TransferCredits',
    transfer: payer.transfer({ to: friend.address, amountMicrocredits: 700_000n, nonce: 10n, lane: 1 }),
  })
  const digest = ledger.assigned(settledOrder, node)
  ledger.nowMs += 1_000
  ledger.settle(node.receipt(digest, {}))
  ledger.accept({ type: 'OpenHold', order: cancelledOrder })
  ledger.accept({ type: 'CancelOrder', cancellation: payer.cancellation(digestOfOrder(cancelledOrder)) })
  ledger.accept({ type: 'OpenHold', order: openOrder })
  const withdrawal = node.withdrawal({ amountMicrocredits: ledger.balance(node.address), nonce: 1n })
  ledger.accept({ type: 'WithdrawCredits', withdrawal })
  ledger.accept({ type: 'RecordPayee', wallet: node.address, id: 1 })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  const burnMicrocredits = ledger.state.lastEpoch?.burnMicrocredits ?? 0n
  ledger.accept({ type: 'RecordEpochFinal', epoch: 1, burnMicrocredits, place })
  const paidMicrocredits = withdrawal.message.amountMicrocredits
  const claim = { paidMicrocredits, cumulativeMicrocredits: paidMicrocredits, place }
  ledger.accept({ type: 'RecordClaim', wallet: node.address, ...claim })
  return ledger
}

/** Balances other than zero, by account. */
export function balancesOf(accounts: Iterable<readonly [AccountName, bigint]>): Readonly<Record<string, bigint>> {
  const present = [...accounts].filter(([, amount]) => amount !== 0n)
  return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)))
}
