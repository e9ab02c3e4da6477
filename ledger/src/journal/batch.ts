import type { Hex } from '../hex.ts'
import { returnToPayer } from '../hold/decide.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { chainHash, encodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import { commandIdOf, decide } from './decide.ts'
import type { Decision, DecisionContext, DraftEvent } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import { evolve, LedgerInvariantError } from './evolve.ts'
import { isJournalled, type LedgerRefusal } from './refusal.ts'
import { conflictingField, isSameRegistration, remember } from './repetition.ts'
import type { Decided, LedgerState } from './state.ts'

/**
 * `undecidable`: the command has no form that could be decided (an address that is none, a ledger that is not open), which is a
 * mistake of the code that sent it. It fails alone; the others of its batch are decided.
 */
export type BatchAnswer = LedgerAnswer | { readonly status: 'undecidable'; readonly cause: unknown }

/** Expiries in one write at most, so that holds that fall due together do not make a write of any size. */
const expiriesMax = 1_000

/** What a batch of commands came to: an answer for each, in their order, and the events to be made durable before answering. */
export type DecidedBatch = {
  /** `undefined`: more holds are due than one write takes. Nothing was decided yet; append these events and ask again. */
  readonly answers: readonly BatchAnswer[] | undefined
  readonly events: readonly LedgerEvent[]
  readonly stored: readonly StoredEvent[]
}

/**
 * Decides commands one after another on a state that it changes in place. The batch's time is the later of the journal's
 * and the clock's; holds that have expired by then end first, in the order of (time, id) and dated at their time. If the events
 * cannot be made durable the state is worthless: drop it and read the journal again.
 */
export function decideBatch(
  state: LedgerState,
  commands: readonly LedgerCommand[],
  clockMs: number,
  crypto: LedgerCrypto,
): DecidedBatch {
  const batch = new Batch(state, Math.max(state.atMs, clockMs), crypto)
  batch.expireHolds()
  const answers = batch.isBehind() ? undefined : commands.map(command => batch.answer(command))
  return { answers, events: batch.events, stored: batch.stored }
}

class Batch {
  readonly events: LedgerEvent[] = []
  readonly stored: StoredEvent[] = []
  readonly nowMs: number
  private readonly context: DecisionContext

  constructor(
    private readonly state: LedgerState,
    nowMs: number,
    private readonly crypto: LedgerCrypto,
  ) {
    this.nowMs = nowMs
    this.context = { state, crypto, nowMs }
  }

  /** Whether a hold is due that has not ended. */
  isBehind(): boolean {
    return this.nextDue() !== undefined
  }

  expireHolds(): void {
    const { holds } = this.state
    for (let due = this.nextDue(); due !== undefined && this.events.length < expiriesMax; due = this.nextDue()) {
      const hold = holds.get(due.id as Hex)
      if (hold === undefined) throw new LedgerInvariantError(`hold ${due.id} expires but is not open`)
      const { orderDigest, amountMicrocredits } = hold
      const draft: DraftEvent = {
        type: 'HoldExpired',
        data: { orderDigest, amountMicrocredits },
        entries: returnToPayer(hold),
      }
      this.write(draft, `expiry:${orderDigest}`, due.atMs)
    }
  }

  private nextDue() {
    const due = this.state.expiries.peek()
    return due !== undefined && due.atMs <= this.nowMs ? due : undefined
  }

  answer(command: LedgerCommand): BatchAnswer {
    let judged: { readonly decision: Decision; readonly commandId: string }
    try {
      judged = { decision: decide(this.context, command), commandId: commandIdOf(this.context, command) }
    } catch (cause) {
      return { status: 'undecidable', cause }
    }
    const { decision, commandId } = judged
    const decided = this.state.decided.get(commandId)
    if (!decision.accepted && isUnproven(decision.refusal) && !isSameRegistration(command, decided)) {
      return { status: 'refused', commandId, refusal: decision.refusal }
    }
    if (decided !== undefined) return repeatedAnswer(command, commandId, decided)
    if (decision.accepted) return this.accepted(commandId, decision.events)
    const { refusal } = decision
    if (isJournalled(refusal))
      this.write({ type: 'CommandRefused', data: { refusal }, entries: [] }, commandId, this.nowMs)
    return { status: 'refused', commandId, refusal }
  }

  private accepted(commandId: string, drafts: readonly DraftEvent[]): LedgerAnswer {
    const firstPosition = this.state.position + 1
    for (const draft of drafts) this.write(draft, commandId, this.nowMs)
    return { status: 'accepted', commandId, firstPosition, lastPosition: this.state.position, repeated: false }
  }

  private write(draft: DraftEvent, commandId: string, atMs: number): void {
    const event: LedgerEvent = { ...draft, position: this.state.position + 1, atMs, commandId }
    const payload = encodeEvent(event)
    const hash = chainHash(this.crypto, this.state.hash, payload)
    evolve(this.state, event, hash, this.crypto)
    remember(this.state, event)
    this.events.push(event)
    this.stored.push({ position: event.position, payload, hash })
  }
}

/** Whether the command was not even shown to come from whom it names, so that it may not learn what was decided. */
function isUnproven({ code }: LedgerRefusal): boolean {
  return code === 'MALFORMED' || code === 'INVALID_SIGNATURE'
}

function repeatedAnswer(command: LedgerCommand, commandId: string, decided: Decided): LedgerAnswer {
  const field = conflictingField(command, decided)
  if (field !== undefined)
    return { status: 'refused', commandId, refusal: { code: 'COMMAND_CONFLICT', commandId, field } }
  if (decided.refusal !== undefined) return { status: 'refused', commandId, refusal: decided.refusal }
  const { firstPosition, lastPosition } = decided
  return { status: 'accepted', commandId, firstPosition, lastPosition, repeated: true }
}
