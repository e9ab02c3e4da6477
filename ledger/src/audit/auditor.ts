import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../hex.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import { type AuditBooks, emptyBooks } from './audit-books.ts'
import { type Audit, domainOf } from './checks.ts'
import { commandIdProblem } from './command-id.ts'
import { keepCommandId, refusedBefore } from './command-movement.ts'
import { mayBeLate } from './hold-movement.ts'
import { checkMovement } from './movement.ts'
import { type Recovered, recoverPart, type Seal, sealsOf } from './seals.ts'

/** What an auditor has to say about an event: nothing, or what is wrong with it. */
export type AuditFinding = { readonly position: number; readonly problem: string }

export type AuditorOptions = {
  /**
   * `checked` by default: every signature must be that of whom the event names. `trusted`: signatures are not looked at, and messages are
   * taken to have the digests under which their events stand; everything else is checked.
   */
  readonly signatures?: 'checked' | 'trusted'
}

/** What was found of an event before: that its hash continues the chain, and who signed its messages. */
export type FoundBefore = { readonly recovered: readonly Recovered[] }

const text = new TextEncoder()

/**
 * Follows a journal event by event and trusts none of it: places, hash chain, double entry, invariant R, what is due, and that every
 * movement is exactly what the signature inside its event allows. Written apart from the decider, so that a mistake there is not a
 * mistake here.
 */
export class Auditor {
  private readonly books: AuditBooks
  private readonly signatures: 'checked' | 'trusted'

  constructor(
    private readonly crypto: LedgerCrypto,
    { signatures = 'checked' }: AuditorOptions = {},
  ) {
    this.books = emptyBooks(crypto)
    this.signatures = signatures
  }

  /**
   * The first thing that is wrong with the next event, or `undefined`. After a finding the auditor's own books are worthless. With what
   * was found `before`, the hash and the signatures are not computed a second time.
   */
  follow(event: LedgerEvent, payload: string, hash: Hex, before?: FoundBefore): AuditFinding | undefined {
    const { books } = this
    const problem =
      this.placeProblem(event) ??
      (before === undefined ? this.hashProblem(payload, hash) : undefined) ??
      this.contentProblem(event, before)
    if (problem !== undefined) return { position: books.position + 1, problem }
    books.position = event.position
    books.hash = hash
    keepCommandId(books, event)
    return undefined
  }

  /** Balances by account name, in µcr, as this auditor added them up. */
  balances(): ReadonlyMap<string, bigint> {
    return this.books.balances.asMap()
  }

  /** One of them, in µcr; 0 for an account that never moved. */
  balance(account: string): bigint {
    return this.books.balances.get(account) ?? 0n
  }

  head(): { readonly position: number; readonly hash: Hex } {
    return { position: this.books.position, hash: this.books.hash }
  }

  private placeProblem(event: LedgerEvent): string | undefined {
    const { position, atMs } = this.books
    if (event.position !== position + 1) return `says that it stands at ${event.position}`
    if (!Number.isSafeInteger(event.atMs)) return 'has no time'
    return event.atMs < atMs ? `is dated ${event.atMs} ms, before its predecessor` : undefined
  }

  private hashProblem(payload: string, hash: Hex): string | undefined {
    const linked = concatBytes(hexToBytes(this.books.hash), text.encode(payload))
    return bytesToHex(this.crypto.keccak256(linked)) === hash ? undefined : 'its hash does not continue the chain'
  }

  /** An event that is not of the shape of its type cannot be judged, which is what is wrong with it. */
  private contentProblem(event: LedgerEvent, before: FoundBefore | undefined): string | undefined {
    try {
      return (
        this.dueProblem(event) ??
        this.entryProblem(event) ??
        refusedBefore(this.books, event.commandId, event.atMs) ??
        this.movementProblem(event, before)
      )
    } catch (cause) {
      return `cannot be judged as ${String(event.type)}: ${cause instanceof Error ? cause.message : String(cause)}`
    }
  }

  /**
   * What is due ends before anything else happens, at its time and in its order. Only an assigned hold without a receipt may end late, because one that
   * its node pushed in time may still come from the inbox; no epoch closes meanwhile.
   */
  private dueProblem({ commandId, atMs }: LedgerEvent): string | undefined {
    const { books } = this
    const isAwaited = (id: string) => commandId !== `expiry:${id}` && mayBeLate(books, id as Hex)
    let due = books.due.first()
    for (; due !== undefined && due.atMs <= atMs && isAwaited(due.id); due = books.due.first()) {
      books.due.remove(due.id)
      books.late.add(due.id as Hex)
    }
    if (commandId.startsWith('expiry:') && books.late.has(commandId.slice('expiry:'.length) as Hex)) return undefined
    const isExpiry = commandId.startsWith('expiry:')
    if (isExpiry && (due === undefined || commandId !== `expiry:${due.id}` || atMs !== due.atMs)) {
      return `ends ${commandId.slice('expiry:'.length)} out of time`
    }
    return !isExpiry && due !== undefined && due.atMs <= atMs
      ? `happens although ${due.id} was due at ${due.atMs} ms`
      : undefined
  }

  private entryProblem(event: LedgerEvent): string | undefined {
    const { books } = this
    const { entries } = event
    for (let index = 0; index < entries.length; index++) {
      const { account, amountMicrocredits } = entries[index] as (typeof entries)[number]
      const amount = Number(amountMicrocredits)
      const balance = books.balances.add(account, amount)
      const isPossible = balance >= 0 || (balance < 0 && account.startsWith('clearing:'))
      if (!isPossible || !Number.isSafeInteger(amount)) return `${account} would be ${balance} µcr`
      if (account === 'reserve') books.reserve += amount
      else books.liabilities += amount
    }
    books.atMs = event.atMs
    const { reserve, liabilities } = books
    return reserve === liabilities ? undefined : `reserve ${reserve} µcr is not Σ of the others ${liabilities} µcr`
  }

  private movementProblem(event: LedgerEvent, before: FoundBefore | undefined): string | undefined {
    const { books, crypto, signatures } = this
    const config = event.type === 'LedgerOpened' ? event.data.config : books.config
    if (config === undefined) return 'comes before LedgerOpened'
    const isTrusted = signatures === 'trusted'
    const trustedId = isTrusted ? event.commandId : undefined
    const seals = isTrusted ? [] : this.sealsOf(event, config, before)
    const audit: Audit = { books, config, crypto, seals, trustedId }
    // The id may tell of what was so before the movement; what is wrong with the movement itself says more.
    const misnamed = commandIdProblem(audit, event)
    return checkMovement(audit, event) ?? misnamed
  }

  private sealsOf(event: LedgerEvent, config: Audit['config'], before: FoundBefore | undefined): readonly Seal[] {
    if (before === undefined) return sealsOf(event, part => recoverPart(this.crypto, domainOf(config), part))
    return sealsOf(event, (_, index) => before.recovered[index] as Recovered)
  }
}
