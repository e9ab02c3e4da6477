import type { Hex } from '../hex.ts'
import { returnToPayer } from '../hold/decide.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { chainHash, encodeEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import { commandIdOf, decide } from './decide.ts'
import type { DecisionContext, DraftEvent } from './decision.ts'
import type { LedgerEvent } from './event.ts'
import { evolve } from './evolve.ts'
import { isJournalled } from './refusal.ts'
import { conflictingField, forget, remember } from './repetition.ts'
import type { LedgerState } from './state.ts'

/** What a batch of commands came to: an answer for each, in their order, and the events to be made durable before answering. */
export type DecidedBatch = {
  readonly answers: readonly LedgerAnswer[]
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
  const answers = commands.map(command => batch.answer(command))
  forget(state, batch.nowMs)
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

  expireHolds(): void {
    const { expiries, holds } = this.state
    for (let due = expiries.peek(); due !== undefined && due.atMs <= this.nowMs; due = expiries.peek()) {
      expiries.pop()
      const hold = holds.get(due.id as Hex)
      if (hold === undefined) continue
      const { orderDigest, amountMicrocredits } = hold
      const draft: DraftEvent = {
        type: 'HoldExpired',
        data: { orderDigest, amountMicrocredits },
        entries: returnToPayer(hold),
      }
      this.write(draft, `expiry:${orderDigest}`, due.atMs)
    }
  }

  answer(command: LedgerCommand): LedgerAnswer {
    const commandId = command.type === 'OpenLedger' ? 'open' : commandIdOf(this.context, command)
    const decision = decide(this.context, command)
    if (
      !decision.accepted &&
      (decision.refusal.code === 'MALFORMED' || decision.refusal.code === 'INVALID_SIGNATURE')
    ) {
      return { status: 'refused', commandId, refusal: decision.refusal }
    }
    const repeated = this.repeatedAnswer(command, commandId)
    if (repeated !== undefined) return repeated
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

  private repeatedAnswer(command: LedgerCommand, commandId: string): LedgerAnswer | undefined {
    const decided = this.state.decided.get(commandId)
    if (decided === undefined) return undefined
    const field = conflictingField(command, decided)
    if (field !== undefined)
      return { status: 'refused', commandId, refusal: { code: 'COMMAND_CONFLICT', commandId, field } }
    if (decided.refusal !== undefined) return { status: 'refused', commandId, refusal: decided.refusal }
    const { firstPosition, lastPosition } = decided
    return { status: 'accepted', commandId, firstPosition, lastPosition, repeated: true }
  }

  private write(draft: DraftEvent, commandId: string, atMs: number): void {
    const event: LedgerEvent = { ...draft, position: this.state.position + 1, atMs, commandId }
    const payload = encodeEvent(event)
    const hash = chainHash(this.crypto, this.state.hash, payload)
    evolve(this.state, event, hash, this.crypto)
    remember(this.state, event)
    this.events.push(event)
    this.stored.push({ position: event.position, type: event.type, atMs, commandId, payload, hash })
  }
}
