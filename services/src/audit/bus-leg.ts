import { type LedgerCrypto, StoreDamagedError } from '@deparrow/ledger'
import { type ConsumerState, initialConsumerState, JournalGapError, OtherHistoryError } from '../relay/consume-event.ts'
import { type EventBus, MalformedRecordError } from '../relay/event-bus.port.ts'
import { consumeTo } from '../relay/reference-consumer.ts'
import type { AuditedJournals } from './audited-journals.ts'
import type { LegFinding, LegState } from './leg-state.ts'

export type BusLegParts = {
  readonly bus: Pick<EventBus, 'follow'>
  /** The shard's name on the bus, which is that of its journal. */
  readonly journal: string
  readonly journals: AuditedJournals
  readonly crypto: LedgerCrypto
}

/**
 * Follows what is on the bus as any consumer would, and holds its hash chain and its balances against the journal. A consumer that has
 * stopped at a wrong record begins again with the first one.
 */
export class BusLeg {
  private consumed: ConsumerState = initialConsumerState()
  private comparedTo = 0
  private stopping = new AbortController()

  constructor(
    readonly state: LegState,
    private readonly parts: BusLegParts,
  ) {}

  /** Consumes until `signal` aborts. Throws when the bus is away, and when it has refused a record, which raises the alarm. */
  async consume(signal: AbortSignal): Promise<void> {
    const { bus, journal, crypto } = this.parts
    const stop = AbortSignal.any([signal, this.stopping.signal])
    try {
      await consumeTo({ bus, shard: journal, crypto }, this.consumed, Number.POSITIVE_INFINITY, stop)
    } catch (error) {
      if (isRecordWrong(error)) this.refuse(error)
      throw error
    }
  }

  /** Compares once, at the position to which the consumer has come. */
  async compare(signal: AbortSignal): Promise<void> {
    const { journals } = this.parts
    const { shard } = this.state
    const { consumed } = this
    const { position, hash } = consumed
    if (!(await journals.reaches(shard, position, signal))) {
      const end = journals.position(shard)
      return this.state.differs({
        ...nowhere,
        position: end,
        expected: `no event after ${end}`,
        found: `event ${position}`,
      })
    }
    if (!journals.knows(shard, position)) return
    const expected = journals.hashAt(shard, position)
    if (expected !== undefined && expected !== hash) {
      this.state.differs({ ...nowhere, position, expected, found: hash })
      return this.beginAgain()
    }
    const finding = this.compareTouched()
    if (finding === undefined) this.state.agrees(position, journals.position(shard))
    else this.state.differs(finding)
  }

  /** The balances of the accounts that were touched since, where the consumer stands by now; later, if the audit is not there yet. */
  private compareTouched(): LegFinding | undefined {
    const { journals } = this.parts
    const { shard } = this.state
    const { position, balances } = this.consumed
    if (!journals.knows(shard, position)) return undefined
    const from = journals.knows(shard, this.comparedTo) ? this.comparedTo : position
    const later = journals.changes(shard, position)
    for (const { account } of journals.entries(shard, from, position)) {
      const expected = journals.balance(shard, account) - (later.get(account) ?? 0n)
      const found = balances.get(account) ?? 0n
      if (found !== expected) return { position, account, expected: `${expected} µcr`, found: `${found} µcr` }
    }
    this.comparedTo = position
    return undefined
  }

  private refuse(error: Error): void {
    const position = this.consumed.position + 1
    this.state.differs({ ...nowhere, position, expected: 'the event as the journal has it', found: error.message })
    this.beginAgain()
  }

  private beginAgain(): void {
    this.stopping.abort()
    this.stopping = new AbortController()
    this.consumed = initialConsumerState()
    this.comparedTo = 0
  }
}

const nowhere = { account: undefined }

/** Whether a record is missing, out of place, changed, or none that a relay wrote; all else is a bus that is away. */
function isRecordWrong(error: unknown): error is Error {
  return [JournalGapError, OtherHistoryError, MalformedRecordError, StoreDamagedError].some(
    kind => error instanceof kind,
  )
}
