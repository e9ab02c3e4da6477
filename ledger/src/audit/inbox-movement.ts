import { microcreditsMax } from '../credits.ts'
import type { Address, Hex } from '../hex.ts'
import type { EventOf, LedgerEvent } from '../journal/event.ts'
import { type SignedUsageReceipt, usageReceiptType } from '../receipt/usage-receipt.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { AuditBooks } from './audit-books.ts'
import { type Audit, amountProblem, domainOf, expectEntries, expectLines, type Line } from './checks.ts'
import { newDelegation } from './delegated-spends.ts'

/** Wallets among which one emission is shared at most. */
const sharesMax = 1_000

/** Delegates that a wallet may name. */
const delegatesMax = 1_000

/** Each item is the next one, and does what its kind says. */
export function inboxProblem(audit: Audit, event: EventOf<'InboxItemRecorded'>): string | undefined {
  const { books } = audit
  const { index, kind, account, amountMicrocredits } = event.data
  if (index !== books.inboxCount) return `records inbox item ${index}, expected ${books.inboxCount}`
  books.inboxCount += 1
  if (books.reserve > microcreditsMax) return `raises the reserve to ${books.reserve} µcr, above the token’s cap`
  const bring = (credited: string) =>
    amountProblem(amountMicrocredits) ??
    expectLines(event, [
      ['reserve', amountMicrocredits],
      [credited, amountMicrocredits],
    ])
  switch (kind) {
    case 'deposit':
      return bring(`wallet:${account}`)
    case 'genesisTreasury':
      return bring('treasury')
    case 'genesisRewards':
      return bring('rewards')
    case 'emission':
      return emissionProblem(books, event)
    default:
      if (amountMicrocredits !== 0n) return `brings ${amountMicrocredits} µcr with what brings nothing`
      return toldProblem(audit, event) ?? expectEntries(event, {})
  }
}

/** What the chain says of a stake comes in the chain’s order for each node. */
export function stakeProblem({ books }: Audit, event: EventOf<'NodeStakeRecorded'>): string | undefined {
  const { node, place } = event.data
  const last = books.stakedAt.get(node)
  const isLater =
    last === undefined ||
    place.blockNumber > last.blockNumber ||
    (place.blockNumber === last.blockNumber && place.logIndex > last.logIndex)
  if (!isLater) return 'says what the chain said of the node before'
  books.stakedAt.set(node, place)
  return expectEntries(event, {})
}

/** What was asked for and not paid, of a forced withdrawal that stands. */
export function forcedDebt(books: AuditBooks, inboxIndex: number, wallet: Address): bigint {
  const forced = books.forced.get(inboxIndex)
  return forced?.wallet === wallet ? forced.askedMicrocredits - forced.paidMicrocredits : 0n
}

function toldProblem(audit: Audit, event: EventOf<'InboxItemRecorded'>): string | undefined {
  const { books } = audit
  const { index, account, askedMicrocredits, delegate, nonce, digest, receipt } = event.data
  if (askedMicrocredits !== undefined) {
    books.forced.set(index, { wallet: account, askedMicrocredits, paidMicrocredits: 0n })
    return undefined
  }
  if (delegate !== undefined && nonce !== undefined) {
    revoke(books, account, delegate, nonce, event.atMs)
    return undefined
  }
  if (digest === undefined) return 'is an inbox item of no kind'
  if (receipt !== undefined) return pushProblem(audit, receipt, digest)
  return audit.config.protocol === 2 ? 'does not show the receipt that was pushed' : undefined
}

/** While the hold of a pushed receipt stands for its node, and no other receipt waits for it, the next event has to take it. */
function pushProblem(audit: Audit, receipt: SignedUsageReceipt, digest: Hex): string | undefined {
  const { books, config, crypto } = audit
  const { orderDigest, node, attempt } = receipt.message
  const found = typedDataDigest(crypto, domainOf(config), usageReceiptType, receipt.message)
  if (found !== digest) return 'shows another receipt than was pushed'
  const hold = books.holds.get(orderDigest)
  const isHeld = hold?.assigned?.node === node && hold.assigned.attempt === attempt
  if (isHeld && hold.received === undefined) books.pushed = digest
  return undefined
}

/** Says when a pushed receipt that counts is not what comes next. */
export function passedOverProblem({ pushed }: AuditBooks, event: LedgerEvent): string | undefined {
  const isTaken = pushed === undefined || (event.type === 'ReceiptReceived' && event.commandId === pushed)
  return isTaken ? undefined : `passes over receipt ${pushed}, which its node pushed`
}

/** As if the wallet had signed it, unless a later permission stands or the wallet may name nobody more. */
function revoke(books: AuditBooks, wallet: Address, delegate: Address, nonce: bigint, atMs: number): void {
  const known = books.delegations.get(`${wallet}:${delegate}`)
  if (known === undefined && (books.delegateCounts.get(wallet) ?? 0) >= delegatesMax) return
  const delegation = known ?? newDelegation(delegate)
  if (nonce < delegation.nonce) return
  if (known === undefined) countDelegate(books, wallet)
  books.delegations.set(`${wallet}:${delegate}`, delegation)
  Object.assign(delegation, { nonce, endsAtMs: Math.min(delegation.endsAtMs, atMs) })
}

export function countDelegate({ delegateCounts }: AuditBooks, wallet: Address): void {
  delegateCounts.set(wallet, (delegateCounts.get(wallet) ?? 0) + 1)
}

/** What was minted for an epoch goes to payout wallets by what was burnt on their receipts in it; what no whole µcr can be shared of, to the treasury. */
function emissionProblem(books: AuditBooks, event: EventOf<'InboxItemRecorded'>): string | undefined {
  const { amountMicrocredits, epoch = 0 } = event.data
  const burnt = [...(books.epochBurns.get(epoch) ?? [])]
  for (const past of [...books.epochBurns.keys()]) if (past <= epoch) books.epochBurns.delete(past)
  const whole = burnt.reduce((sum, [, part]) => sum + part, 0n)
  const first = burnt.sort(([a, one], [b, other]) => (one === other ? (a < b ? -1 : 1) : one > other ? -1 : 1))
  const lines = first
    .slice(0, sharesMax)
    .map(([wallet, part]): Line => [`wallet:${wallet}`, (amountMicrocredits * part) / whole])
  const rest = lines.reduce((left, [, share]) => left - share, amountMicrocredits)
  return (
    amountProblem(amountMicrocredits) ??
    expectLines(event, [['reserve', amountMicrocredits], ...lines, ['treasury', rest]])
  )
}
