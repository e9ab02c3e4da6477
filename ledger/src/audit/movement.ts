import { transferType } from '../account/transfer.ts'
import { type Address, hexToBytes } from '../hex.ts'
import { assignmentReleaseType } from '../hold/hold-certificate.ts'
import { jobOrderType, orderCancellationType } from '../hold/job-order.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { nodeRegistrationType } from '../node/node-registration.ts'
import { payoutInstructionType, withdrawalType } from '../payout/withdrawal.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { jobOutcomes, usageReceiptType } from '../receipt/usage-receipt.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'
import type { AuditBooks } from './audit-books.ts'
import { auditedPrice } from './audited-price.ts'

type Expected = Readonly<Record<string, bigint>>

/**
 * Says what is wrong with an event's movement, judged by the signature that it carries: the signer, the amounts, the accounts and the
 * order of nonces and sequences. Keeps what later events will be judged by.
 */
export function checkMovement(books: AuditBooks, event: LedgerEvent, crypto: LedgerCrypto): string | undefined {
  if (event.type === 'LedgerOpened') {
    if (books.config !== undefined) return 'opens the ledger a second time'
    books.config = event.data.config
    return expectEntries(event, {})
  }
  const { config } = books
  if (config === undefined) return 'comes before LedgerOpened'
  const digestOf = (type: MessageType, message: Message) =>
    typedDataDigest(crypto, { chainId: config.chainId, verifyingContract: config.settlement }, type, message)
  const isSignedBy = (type: MessageType, signed: Signed<Message>, signer: Address) =>
    crypto.recoverSigner(hexToBytes(digestOf(type, signed.message)), signed.signature) === signer
  switch (event.type) {
    case 'InboxItemRecorded':
      return inboxProblem(books, event)
    case 'CreditsTransferred': {
      const { message } = event.data.transfer
      if (!isSignedBy(transferType, event.data.transfer, message.from)) return 'the sender did not sign the transfer'
      const moved = {
        [`wallet:${message.from}`]: -message.amountMicrocredits,
        [`wallet:${message.to}`]: message.amountMicrocredits,
      }
      return nonceProblem(books, message.from, message) ?? expectEntries(event, moved)
    }
    case 'HoldOpened': {
      const { order, orderDigest, expiresAtMs } = event.data
      const { payer, maxPriceMicrocredits } = order.message
      if (digestOf(jobOrderType, order.message) !== orderDigest) return 'the hold is not named by its order'
      if (!isSignedBy(jobOrderType, order, payer)) return 'the payer did not sign the order'
      books.holds.set(orderDigest, { order: order.message, expiresAtMs, assigned: undefined })
      const moved = { [`wallet:${payer}`]: -maxPriceMicrocredits, [`hold:${orderDigest}`]: maxPriceMicrocredits }
      return nonceProblem(books, payer, order.message) ?? expectEntries(event, moved)
    }
    case 'HoldAssigned': {
      const hold = books.holds.get(event.data.orderDigest)
      if (hold === undefined || hold.assigned !== undefined) return 'assigns what is no free hold'
      const { node, attempt } = event.data
      books.holds.set(event.data.orderDigest, { ...hold, assigned: { node, attempt, atMs: event.atMs } })
      return expectEntries(event, {})
    }
    case 'HoldUnassigned': {
      const { orderDigest, node, attempt } = event.data.release.message
      const hold = books.holds.get(orderDigest)
      if (!isSignedBy(assignmentReleaseType, event.data.release, node)) return 'the node did not sign the release'
      if (hold?.assigned?.node !== node || hold.assigned.attempt !== attempt)
        return 'releases what the node does not have'
      books.holds.set(orderDigest, { ...hold, assigned: undefined })
      return expectEntries(event, {})
    }
    case 'HoldReleased': {
      const hold = books.holds.get(event.data.orderDigest)
      if (hold === undefined || hold.assigned !== undefined) return 'releases what is no free hold'
      const { cancellation, reason } = event.data
      const isCancelled =
        cancellation !== undefined && isSignedBy(orderCancellationType, cancellation, hold.order.payer)
      return reason === 'cancelled' && !isCancelled ? 'the payer did not sign the cancellation' : returned(books, event)
    }
    case 'HoldExpired': {
      const hold = books.holds.get(event.data.orderDigest)
      return hold?.expiresAtMs === event.atMs ? returned(books, event) : 'is not dated at the time the hold expires'
    }
    case 'ReceiptReceived': {
      const { receipt } = event.data
      if (!isSignedBy(usageReceiptType, receipt, receipt.message.node)) return 'the node did not sign the receipt'
      return receiptProblem(books, event)
    }
    case 'JobSettled':
      return settlementProblem(books, event)
    case 'NodeRegistered': {
      const { node, payoutWallet } = event.data.registration.message
      const signer = books.payoutWallets.get(node) ?? node
      if (!isSignedBy(nodeRegistrationType, event.data.registration, signer))
        return 'the registration is not signed by who may'
      books.payoutWallets.set(node, payoutWallet)
      return expectEntries(event, {})
    }
    case 'PayoutInstructed': {
      const { instruction } = event.data
      const { wallet } = instruction.message
      if (!isSignedBy(payoutInstructionType, instruction, wallet)) return 'the wallet did not sign the instruction'
      const digest = digestOf(payoutInstructionType, instruction.message)
      books.instructions.set(wallet, { digest, instruction: instruction.message })
      return expectEntries(event, {})
    }
    case 'PayoutScheduled': {
      const { wallet, amountMicrocredits, withdrawal } = event.data
      const moved = { [`wallet:${wallet}`]: -amountMicrocredits, [`payable:${wallet}`]: amountMicrocredits }
      if (withdrawal === undefined) return instructionProblem(books, event) ?? expectEntries(event, moved)
      const { message } = withdrawal
      const isAllowed = message.wallet === wallet && message.amountMicrocredits === amountMicrocredits
      if (!isAllowed || !isSignedBy(withdrawalType, withdrawal, wallet)) return 'the wallet did not sign the withdrawal'
      return nonceProblem(books, wallet, message) ?? expectEntries(event, moved)
    }
    case 'EpochFinalised': {
      const { burnMicrocredits } = event.data
      return expectEntries(event, { reserve: -burnMicrocredits, burn: -burnMicrocredits })
    }
    case 'PayoutClaimed': {
      const { wallet, paidMicrocredits } = event.data
      return expectEntries(event, { reserve: -paidMicrocredits, [`payable:${wallet}`]: -paidMicrocredits })
    }
    case 'PayeeRegistered':
    case 'EpochClosed':
    case 'CommandRefused':
      return expectEntries(event, {})
  }
}

function inboxProblem(books: AuditBooks, event: EventOf<'InboxItemRecorded'>): string | undefined {
  const { index, kind, account, amountMicrocredits } = event.data
  if (index !== books.inboxCount) return `records inbox item ${index}, expected ${books.inboxCount}`
  books.inboxCount += 1
  const credited = { deposit: `wallet:${account}`, genesisTreasury: 'treasury', genesisRewards: 'rewards' }[kind]
  return expectEntries(event, { reserve: amountMicrocredits, [credited]: amountMicrocredits })
}

function receiptProblem(books: AuditBooks, event: EventOf<'ReceiptReceived'>): string | undefined {
  const receipt = event.data.receipt.message
  const hold = books.holds.get(receipt.orderDigest)
  if (
    hold?.assigned?.node !== receipt.node ||
    hold.assigned.attempt !== receipt.attempt ||
    books.config === undefined
  ) {
    return 'is a receipt for a job that the node does not have'
  }
  if (receipt.sequence <= (books.sequences.get(receipt.node) ?? 0n)) return `uses sequence ${receipt.sequence} again`
  if (jobOutcomes[receipt.outcome] === undefined) return `has outcome ${receipt.outcome}, which does not exist`
  books.sequences.set(receipt.node, receipt.sequence)
  const price = auditedPrice(hold.order, receipt, event.atMs - hold.assigned.atMs, books.config.rates)
  books.receipt = { orderDigest: receipt.orderDigest, position: event.position, price }
  return expectEntries(event, {})
}

function settlementProblem(books: AuditBooks, event: EventOf<'JobSettled'>): string | undefined {
  const {
    orderDigest,
    node,
    payoutWallet,
    capturedMicrocredits,
    feeMicrocredits,
    earnedMicrocredits,
    releasedMicrocredits,
  } = event.data
  const hold = books.holds.get(orderDigest)
  const { config, receipt } = books
  if (hold === undefined || config === undefined) return 'settles what is no hold'
  if (receipt?.orderDigest !== orderDigest || receipt.position !== event.position - 1)
    return 'settles without a receipt'
  if (hold.assigned?.node !== node || books.payoutWallets.get(node) !== payoutWallet)
    return 'pays a wallet that is not the node’s'
  if (capturedMicrocredits !== receipt.price)
    return `captures ${capturedMicrocredits} µcr, the price is ${receipt.price} µcr`
  const fee = (capturedMicrocredits * BigInt(config.feeBasisPoints) + 9_999n) / 10_000n
  const burn = (fee * BigInt(config.burnBasisPoints)) / 10_000n
  const isSplit = feeMicrocredits === fee && earnedMicrocredits === capturedMicrocredits - fee
  if (!isSplit || releasedMicrocredits !== hold.order.maxPriceMicrocredits - capturedMicrocredits)
    return 'does not split the hold rightly'
  books.holds.delete(orderDigest)
  return expectEntries(
    event,
    sum([
      [`hold:${orderDigest}`, -hold.order.maxPriceMicrocredits],
      [`wallet:${payoutWallet}`, earnedMicrocredits],
      [`wallet:${hold.order.payer}`, releasedMicrocredits],
      ['burn', burn],
      ['treasury', fee - burn],
    ]),
  )
}

function instructionProblem(books: AuditBooks, event: EventOf<'PayoutScheduled'>): string | undefined {
  const standing = books.instructions.get(event.data.wallet)
  if (standing === undefined || standing.digest !== event.data.instructionDigest)
    return 'pays out without an instruction'
  if (Number(standing.instruction.expires) * 1000 <= event.atMs) return 'pays out by an instruction that has expired'
  const isEnough = event.data.amountMicrocredits >= standing.instruction.minimumMicrocredits
  return isEnough ? undefined : 'pays out less than the instruction’s minimum'
}

function returned(books: AuditBooks, event: EventOf<'HoldReleased'> | EventOf<'HoldExpired'>): string | undefined {
  const { orderDigest } = event.data
  const hold = books.holds.get(orderDigest)
  if (hold === undefined) return 'returns what is no hold'
  books.holds.delete(orderDigest)
  const { payer, maxPriceMicrocredits } = hold.order
  return expectEntries(event, {
    [`hold:${orderDigest}`]: -maxPriceMicrocredits,
    [`wallet:${payer}`]: maxPriceMicrocredits,
  })
}

function nonceProblem(
  books: AuditBooks,
  signer: Address,
  { lane, nonce }: { lane: number; nonce: bigint },
): string | undefined {
  const key = `${signer}:${lane}`
  const last = books.nonces.get(key)
  if (last !== undefined && nonce <= last) return `uses nonce ${nonce} after ${last}`
  books.nonces.set(key, nonce)
  return undefined
}

function expectEntries(event: LedgerEvent, expected: Expected): string | undefined {
  const found = sum(event.entries.map(entry => [entry.account, entry.amountMicrocredits]))
  const accounts = new Set([...Object.keys(found), ...Object.keys(expected)])
  for (const account of accounts) {
    if ((found[account] ?? 0n) !== (expected[account] ?? 0n)) {
      return `moves ${found[account] ?? 0n} µcr on ${account}, the signature allows ${expected[account] ?? 0n} µcr`
    }
  }
  return undefined
}

function sum(lines: readonly (readonly [string, bigint])[]): Expected {
  const sums: Record<string, bigint> = {}
  for (const [account, amount] of lines) sums[account] = (sums[account] ?? 0n) + amount
  return sums
}
