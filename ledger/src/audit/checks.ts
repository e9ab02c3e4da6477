import { isAmount } from '../credits.ts'
import type { LeafAccount } from '../epoch/leaves.ts'
import type { Address, Hex } from '../hex.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Message, MessageType, Signed } from '../typed-data/types.ts'
import type { AuditBooks, AuditedLane } from './audit-books.ts'
import { ownText } from './balances.ts'
import { movedAccounts } from './moved-accounts.ts'
import { recoverPart, type Seal } from './seals.ts'

/** What a movement may be judged with, once the ledger is open. */
export type Audit = {
  readonly books: AuditBooks
  readonly config: LedgerConfig
  readonly crypto: LedgerCrypto
  /** The event's signed messages with what was found of each; none where signatures are trusted. */
  readonly seals: readonly Seal[]
  /**
   * Where signatures are trusted, the id under which the event stands: it is taken for the digest of its message, and whoever should have signed
   * is taken to have signed.
   */
  readonly trustedId: string | undefined
}

/** By how many µcr an event may change each account. */
export type Expected = Readonly<Record<string, bigint>>

/** An account, and by how many µcr it is changed. */
export type Line = readonly [account: string, amountMicrocredits: bigint]

export function domainOf({ chainId, settlement }: LedgerConfig): Domain {
  return { chainId, verifyingContract: settlement }
}

/** The digest of the message that the event stands for. */
export function digestOf(audit: Audit, type: MessageType, message: Message): Hex {
  if (audit.trustedId !== undefined) return audit.trustedId as Hex
  const seal = audit.seals.find(known => known.signed.message === message && known.type === type)
  return seal?.digest ?? typedDataDigest(audit.crypto, domainOf(audit.config), type, message)
}

export function isSignedBy(audit: Audit, type: MessageType, signed: Signed<Message>, signer: Address): boolean {
  return signerOf(audit, type, signed, signer) === signer
}

/**
 * Whose key signed a message; `undefined` when the signature is none. Where signatures are trusted it is `claimed`, who is said to
 * have signed.
 */
export function signerOf(
  audit: Audit,
  type: MessageType,
  signed: Signed<Message>,
  claimed: Address,
): Address | undefined {
  if (audit.trustedId !== undefined) return claimed
  const seal = audit.seals.find(known => known.signed === signed && known.type === type)
  return (seal ?? recoverPart(audit.crypto, domainOf(audit.config), { type, signed })).signer
}

/** A signer has so many lanes, and all signers of a wallet together where the contract judges. */
const lanesMax = 1_024

/** Nonces ascend in each lane of a wallet's signer: the wallet itself, or a delegate. */
export function nonceProblem(
  books: AuditBooks,
  wallet: Address,
  { lane, nonce }: { readonly lane: number; readonly nonce: bigint },
  signer = wallet,
): string | undefined {
  if (lane >= lanesMax) return `uses lane ${lane}, where ${lanesMax - 1} is the last`
  const lanes = books.lanes.get(wallet)
  const epoch = books.lastEpochNumber
  if (lanes === undefined) {
    books.lanes.set(ownText(wallet), [{ signer: ownText(signer), lane, nonce, touchedIn: epoch }])
    touch(books, wallet)
    return undefined
  }
  const used = lanes.length === 1 ? lanes[0] : undefined
  const known = used?.lane === lane && used.signer === signer ? used : laneOf(lanes, lane, signer)
  if (known !== undefined && nonce <= known.nonce) return `uses nonce ${nonce} after ${known.nonce}`
  if (known === undefined && books.config?.protocol === 2 && lanes.length >= lanesMax)
    return `uses one lane more than ${lanesMax}`
  if (known === undefined) lanes.push({ signer: ownText(signer), lane, nonce, touchedIn: -1 })
  else known.nonce = nonce
  if (known?.touchedIn === epoch) return undefined
  if (known !== undefined) known.touchedIn = epoch
  touch(books, wallet)
  return undefined
}

function laneOf(lanes: readonly AuditedLane[], lane: number, signer: Address): AuditedLane | undefined {
  return lanes.find(used => used.lane === lane && used.signer === signer)
}

/** A signature counts until its deadline, and may not be made further ahead than `spanSecondsMax`. */
export function deadlineProblem({ atMs }: LedgerEvent, deadline: bigint, spanSecondsMax: number): string | undefined {
  const deadlineMs = Number(deadline) * 1000
  if (deadlineMs <= atMs) return `happens after the deadline of its signature, ${deadlineMs} ms`
  return deadlineMs > atMs + spanSecondsMax * 1000 ? 'has a deadline that lies too far ahead' : undefined
}

/** An amount is positive and not above the token's cap. */
export function amountProblem(amountMicrocredits: bigint): string | undefined {
  return isAmount(amountMicrocredits) ? undefined : `moves ${amountMicrocredits} µcr, which is no amount`
}

/** Notes that an account's leaf may have changed. */
export function touch({ touched }: AuditBooks, account: LeafAccount): void {
  if (!touched.has(account)) touched.add(ownText(account))
}

/** Notes what an open hold or escrow sets aside, and with `undefined` that it is over. */
export function noteHeld(books: AuditBooks, wallet: Address, order: Hex, amountMicrocredits: bigint | undefined): void {
  const held = books.held.get(wallet) ?? new Map<Hex, bigint>()
  if (amountMicrocredits === undefined) held.delete(order)
  else held.set(order, amountMicrocredits)
  if (held.size === 0) books.held.delete(wallet)
  else if (!books.held.has(wallet)) books.held.set(ownText(wallet), held)
  touch(books, wallet)
}

/** A counter of its own, such as that of a node's registrations, ascends too. */
export function ascendingProblem(books: AuditBooks, key: string, nonce: bigint): string | undefined {
  const last = books.nonces.get(key)
  if (last !== undefined && nonce <= last) return `uses nonce ${nonce} after ${last}`
  books.nonces.set(key, nonce)
  return undefined
}

/** Says which account an event moves otherwise than its signature allows. */
export function expectEntries(event: LedgerEvent, expected: Expected): string | undefined {
  return expectLines(event, Object.entries(expected))
}

/** The same with the lines in the order in which they are usually written, which is compared first: most events cost no sums. */
export function expectLines(event: LedgerEvent, expected: readonly Line[]): string | undefined {
  if (event.clearing === undefined && isExactly(event.entries, expected)) return undefined
  const found = sum(movedAccounts(event))
  const allowed = sum(expected)
  const accounts = new Set([...Object.keys(found), ...Object.keys(allowed)])
  for (const account of accounts) {
    if ((found[account] ?? 0n) !== (allowed[account] ?? 0n)) {
      return `moves ${found[account] ?? 0n} µcr on ${account}, the signature allows ${allowed[account] ?? 0n} µcr`
    }
  }
  return undefined
}

/** Says when an event does otherwise than move an amount from one wallet to another. */
export function expectPayment(event: LedgerEvent, from: Address, to: Address, amount: bigint): string | undefined {
  const { entries, clearing } = event
  const [out, into] = entries
  const isUsual =
    clearing === undefined &&
    entries.length === 2 &&
    out?.amountMicrocredits === -amount &&
    into?.amountMicrocredits === amount &&
    isWalletAccount(out.account, from) &&
    isWalletAccount(into.account, to)
  if (isUsual) return undefined
  return expectLines(event, [
    [`wallet:${from}`, -amount],
    [`wallet:${to}`, amount],
  ])
}

/** The same as comparing with the name, which would have to be put together. */
function isWalletAccount(account: string, wallet: Address): boolean {
  return (
    account.length === 'wallet:'.length + wallet.length && account.startsWith('wallet:') && account.endsWith(wallet)
  )
}

/** Adds lines up that may name an account twice. */
export function sum(lines: readonly Line[]): Expected {
  const sums: Record<string, bigint> = {}
  for (const [account, amount] of lines) sums[account] = (sums[account] ?? 0n) + amount
  return sums
}

function isExactly(entries: LedgerEvent['entries'], expected: readonly Line[]): boolean {
  let index = 0
  for (const [account, amount] of expected) {
    if (amount === 0n) continue
    const entry = entries[index++]
    if (entry?.amountMicrocredits !== amount || entry.account !== account) return false
  }
  return index === entries.length
}
