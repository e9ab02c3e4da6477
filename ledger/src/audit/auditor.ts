import { bytesToHex, concatBytes, type Hex, hexToBytes, zeroHash } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type AuditBooks, emptyBooks } from './audit-books.ts'
import { checkMovement } from './movement.ts'

/** What an auditor has to say about an event: nothing, or what is wrong with it. */
export type AuditFinding = { readonly position: number; readonly problem: string }

/**
 * Follows a journal event by event and trusts none of it: places, hash chain, double entry, invariant R, and that every movement is
 * exactly what the signature inside its event allows. Written apart from the decider, so that a mistake there is not a mistake here.
 */
export class Auditor {
  private readonly books: AuditBooks = emptyBooks()
  private position = 0
  private hash: Hex = zeroHash

  constructor(private readonly crypto: LedgerCrypto) {}

  /** The first thing that is wrong with the next event, or `undefined`. After a finding the auditor's own books are worthless. */
  follow(event: LedgerEvent, payload: string, hash: Hex): AuditFinding | undefined {
    const problem =
      this.placeProblem(event, payload, hash) ??
      this.entryProblem(event) ??
      checkMovement(this.books, event, this.crypto)
    if (problem !== undefined) return { position: event.position, problem }
    this.position = event.position
    this.hash = hash
    return undefined
  }

  /** Balances by account name, in µcr, as this auditor added them up. */
  balances(): ReadonlyMap<string, bigint> {
    return this.books.balances
  }

  head(): { readonly position: number; readonly hash: Hex } {
    return { position: this.position, hash: this.hash }
  }

  private placeProblem(event: LedgerEvent, payload: string, hash: Hex): string | undefined {
    if (event.position !== this.position + 1) return `stands at ${event.position}, expected ${this.position + 1}`
    if (event.atMs < this.books.atMs) return `is dated ${event.atMs} ms, before its predecessor`
    const linked = concatBytes(hexToBytes(this.hash), new TextEncoder().encode(payload))
    return bytesToHex(this.crypto.keccak256(linked)) === hash ? undefined : 'its hash does not continue the chain'
  }

  private entryProblem(event: LedgerEvent): string | undefined {
    const { balances } = this.books
    for (const { account, amountMicrocredits } of event.entries) {
      const balance = (balances.get(account) ?? 0n) + amountMicrocredits
      if (balance < 0n && !account.startsWith('clearing:')) return `${account} would be ${balance} µcr`
      balances.set(account, balance)
      if (account === 'reserve') this.books.reserve += amountMicrocredits
      else this.books.liabilities += amountMicrocredits
    }
    this.books.atMs = event.atMs
    const { reserve, liabilities } = this.books
    return reserve === liabilities ? undefined : `reserve ${reserve} µcr is not Σ of the others ${liabilities} µcr`
  }
}
