import { type Address, type Hex, hexToBytes } from '../hex.ts'
import type { LedgerConfig } from '../journal/config.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Message, MessageType, Signed } from '../typed-data/types.ts'
import type { AuditBooks } from './audit-books.ts'
import { movedAccounts } from './moved-accounts.ts'

/** What a movement may be judged with, once the ledger is open. */
export type Audit = { readonly books: AuditBooks; readonly config: LedgerConfig; readonly crypto: LedgerCrypto }

/** By how many µcr an event may change each account. */
export type Expected = Readonly<Record<string, bigint>>

export function digestOf({ config, crypto }: Audit, type: MessageType, message: Message): Hex {
  const domain = { chainId: config.chainId, verifyingContract: config.settlement }
  return typedDataDigest(crypto, domain, type, message)
}

export function isSignedBy(audit: Audit, type: MessageType, signed: Signed<Message>, signer: Address): boolean {
  const digest = hexToBytes(digestOf(audit, type, signed.message))
  return audit.crypto.recoverSigner(digest, signed.signature) === signer
}

/** Nonces ascend in each lane of a signer. */
export function nonceProblem(
  books: AuditBooks,
  signer: Address,
  { lane, nonce }: { lane: number; nonce: bigint },
): string | undefined {
  return ascendingProblem(books, `${signer}:${lane}`, nonce)
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
  const found = sum(movedAccounts(event))
  const accounts = new Set([...Object.keys(found), ...Object.keys(expected)])
  for (const account of accounts) {
    if ((found[account] ?? 0n) !== (expected[account] ?? 0n)) {
      return `moves ${found[account] ?? 0n} µcr on ${account}, the signature allows ${expected[account] ?? 0n} µcr`
    }
  }
  return undefined
}

/** Adds lines up that may name an account twice. */
export function sum(lines: readonly (readonly [string, bigint])[]): Expected {
  const sums: Record<string, bigint> = {}
  for (const [account, amount] of lines) sums[account] = (sums[account] ?? 0n) + amount
  return sums
}
