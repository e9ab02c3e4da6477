import type { LedgerEvent } from '@deparrow/ledger'

/**
 * What entries come to, added up with nothing in mind but double entry: neither what an event means nor who signed it. It also stands
 * still at a position, so that what somebody else made of the journal can be compared there.
 */
export class SimpleBooks {
  readonly balances = new Map<string, bigint>()
  position = 0
  private difference = 0n

  /** Adds an event; answers what is wrong with the books after it. */
  add({ position, entries }: Pick<LedgerEvent, 'position' | 'entries'>): string | undefined {
    this.position = position
    for (const { account, amountMicrocredits } of entries) {
      const balance = (this.balances.get(account) ?? 0n) + amountMicrocredits
      this.balances.set(account, balance)
      this.difference += account === 'reserve' ? amountMicrocredits : -amountMicrocredits
      if (balance < 0n && !account.startsWith('clearing:'))
        return `${account} has ${balance} µcr after position ${position}`
    }
    if (this.difference === 0n) return undefined
    return `reserve is ${this.difference} µcr more than all the others after position ${position}`
  }

  /** The first account that has another balance there than here; an account that is missing has nothing. */
  differenceFrom(balances: ReadonlyMap<string, bigint>): string | undefined {
    for (const account of new Set([...this.balances.keys(), ...balances.keys()])) {
      const [own, other] = [this.balances.get(account) ?? 0n, balances.get(account) ?? 0n]
      if (own !== other) return `${account} has ${other} µcr, the journal says ${own} µcr at position ${this.position}`
    }
    return undefined
  }
}

/** Holds and escrows by their ids: opened once, ended once, and empty afterwards. */
export class OnceEnded {
  readonly open = new Set<string>()
  private readonly ended = new Set<string>()

  add(event: LedgerEvent, balances: ReadonlyMap<string, bigint>): string | undefined {
    const opened = openedBy(event)
    if (opened !== undefined) {
      if (this.open.has(opened) || this.ended.has(opened)) return `${opened} is opened again at ${event.position}`
      this.open.add(opened)
    }
    const ended = endedBy(event)
    if (ended === undefined) return undefined
    if (!this.open.delete(ended)) return `${ended} ends at ${event.position} and is not open`
    this.ended.add(ended)
    const left = balances.get(`hold:${ended}`) ?? 0n
    return left === 0n ? undefined : `${ended} ends at ${event.position} with ${left} µcr in it`
  }
}

function openedBy(event: LedgerEvent): string | undefined {
  if (event.type === 'HoldOpened') return event.data.orderDigest
  return event.type === 'EscrowOpened' ? event.data.escrow : undefined
}

function endedBy(event: LedgerEvent): string | undefined {
  switch (event.type) {
    case 'JobSettled':
    case 'HoldReleased':
    case 'HoldExpired':
      return event.data.orderDigest
    case 'EscrowCaptured':
      return event.data.capture.message.escrow
    case 'EscrowReleased':
      return event.data.release.message.escrow
    case 'EscrowExpired':
      return event.data.escrow
    default:
      return undefined
  }
}
