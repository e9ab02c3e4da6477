import type { Hex, Ledger, LedgerEvent } from '@deparrow/ledger'
import type { JobChange } from './job.ts'
import type { JobRegister } from './job-register.ts'
import type { JobWriter } from './job-writer.ts'
import type { ReportProblem } from './market-parts.ts'

/** Events read at a time while catching up. */
const pageEventsMax = 1_000

/** What a ledger event means for a job; `undefined` for events that are about no job. */
export function jobChangeOf(event: LedgerEvent): { readonly id: Hex; readonly change: JobChange } | undefined {
  const { atMs } = event
  switch (event.type) {
    case 'HoldOpened':
      return { id: event.data.orderDigest, change: { type: 'held' } }
    case 'HoldAssigned':
      return { id: event.data.orderDigest, change: { type: 'assigned', ...event.data } }
    case 'HoldUnassigned': {
      const { orderDigest, attempt } = event.data.release.message
      return { id: orderDigest, change: { type: 'unassigned', attempt } }
    }
    case 'HoldReleased':
      return { id: event.data.orderDigest, change: { type: 'released', ...event.data, atMs } }
    case 'HoldExpired':
      return { id: event.data.orderDigest, change: { type: 'expired', ...event.data, atMs } }
    case 'ReceiptReceived':
      return {
        id: event.data.receipt.message.orderDigest,
        change: { type: 'receiptReceived', receipt: event.data.receipt, atMs },
      }
    case 'JobSettled':
      return { id: event.data.orderDigest, change: { type: 'settled', settlement: event.data, atMs } }
    default:
      return undefined
  }
}

/** Keeps the jobs in step with the ledger's journal, from the stored cursor on and without a gap. */
export class LedgerFollower {
  #position = 0
  #isBehind = true
  #catchingUp: Promise<void> | undefined
  #end: (() => void) | undefined

  constructor(
    private readonly ledger: Ledger,
    private readonly register: JobRegister,
    private readonly writer: JobWriter,
    private readonly report: ReportProblem,
  ) {}

  /** Reads everything after `cursor`, then follows. */
  async start(cursor: number): Promise<void> {
    this.#position = cursor
    this.#end = this.ledger.subscribe(events => this.#receive(events))
    await this.resume()
  }

  /** Catches up when a failure left it behind. */
  resume(): Promise<void> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = undefined
    })
    return this.#catchingUp
  }

  stop(): void {
    this.#end?.()
  }

  /** Applies the whole journal again, for a job of which the cursor was ahead. Changes that were seen do not apply twice. */
  async replay(): Promise<void> {
    this.#position = 0
    this.#isBehind = true
    await this.resume()
  }

  /** Never throws, because the ledger calls it between a commit and its answers. */
  #receive(events: readonly LedgerEvent[]): void {
    if (this.#isBehind) return
    try {
      this.#isBehind = events[0]?.position !== this.#position + 1
      if (!this.#isBehind) this.#applyAll(events)
    } catch (error) {
      this.#isBehind = true
      this.report('the market could not follow the journal; it will try again', error)
    }
    if (this.#isBehind) this.resume().catch(error => this.report('the market could not read the journal', error))
  }

  /** Ends in the same turn in which an empty page was read and the head compared, so that no batch is missed between. */
  async #catchUp(): Promise<void> {
    while (this.#isBehind) {
      const events = await this.ledger.events(this.#position, pageEventsMax)
      this.#applyAll(events.filter(event => event.position > this.#position))
      if (events.length === 0 && this.ledger.head().position === this.#position) this.#isBehind = false
      else if (events.length === 0) await nextTurn()
    }
  }

  #applyAll(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      const found = jobChangeOf(event)
      if (found !== undefined) this.register.apply(found.id, found.change)
      this.#position = event.position
    }
    this.writer.setCursor(this.#position)
  }
}

/** The ledger's head may already include a batch that is not durable and so not readable yet. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
