import { sendElsewhere } from '../clearing/send.ts'
import { EpochTree } from '../epoch/epoch-tree.ts'
import type { Address, Hex } from '../hex.ts'
import type { LedgerCrypto } from '../ports/crypto.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { sealEvent } from './codec.ts'
import type { LedgerAnswer, LedgerCommand, LinkCommand } from './command.ts'
import { isJudgedOnChain } from './config.ts'
import { commandIdOf, decide } from './decide.ts'
import { type DecisionContext, type DraftEvent, domainOf } from './decision.ts'
import { endOfTime } from './end-of-time.ts'
import type { LedgerEvent } from './event.ts'
import { evolve } from './evolve.ts'
import type { Due } from './expiry-queue.ts'
import { type Identified, identify } from './identify.ts'
import { LedgerInvariantError } from './invariant-error.ts'
import { decideLink } from './link.ts'
import { isJournalled, type LedgerRefusal } from './refusal.ts'
import { conflictingField, deadlineOf, isSameRegistration, remember } from './repetition.ts'
import type { Decided, LedgerState } from './state.ts'

/**
 * `undecidable`: the command has no form that could be decided (an address that is none, a ledger that is not open), which is a
 * mistake of the code that sent it. It fails alone; the others of its batch are decided.
 */
export type BatchAnswer = LedgerAnswer | { readonly status: 'undecidable'; readonly cause: unknown }

/** Expiries in one write at most, so that holds that fall due together do not make a write of any size: 1.4 kB each at the most. */
const expiriesMax = 256

/** What a batch of commands came to: an answer for each, in their order, and the events to be made durable before answering. */
export type DecidedBatch = {
  /** `undefined`: more holds are due than one write takes. Nothing was decided yet; append these events and ask again. */
  readonly answers: readonly BatchAnswer[] | undefined
  readonly events: readonly LedgerEvent[]
  readonly stored: readonly StoredEvent[]
}

/**
 * Decides commands one after another on a state that it changes in place. The batch's time is the later of the journal's
 * and the clock's; holds that have expired by then end first, in the order of (time, id) and dated at their time. An assigned hold that
 * ends after `inboxUntilMs` stays as long as no receipt is there: one that its node pushed in time may still come from the contract's inbox. It ends
 * later, dated then. If the events cannot be made durable the state is worthless: drop it and read the journal again.
 */
export function decideBatch(
  state: LedgerState,
  commands: readonly (LedgerCommand | Identified)[],
  clockMs: number,
  crypto: LedgerCrypto,
  epochTree = new EpochTree(crypto),
  inboxUntilMs = Number.POSITIVE_INFINITY,
): DecidedBatch {
  const batch = new Batch(state, Math.max(state.atMs, clockMs), crypto, epochTree, inboxUntilMs)
  const isBehind = batch.expireHolds()
  const answers = isBehind ? undefined : commands.map(command => batch.answer(command))
  return { answers, events: batch.events, stored: batch.stored }
}

class Batch {
  readonly events: LedgerEvent[] = []
  readonly stored: StoredEvent[] = []
  /** The hold that has waited longest for what the inbox may bring. */
  private awaited: Hex | undefined

  constructor(
    private readonly state: LedgerState,
    private readonly nowMs: number,
    private readonly crypto: LedgerCrypto,
    private readonly epochTree: EpochTree,
    private readonly inboxUntilMs: number,
  ) {}

  /** Answers whether more is due than one write takes. */
  expireHolds(): boolean {
    const { state } = this
    const awaited: Due[] = []
    let due = this.nextDue()
    for (; due !== undefined && this.events.length < expiriesMax; due = this.nextDue()) {
      if (this.isAwaited(due)) {
        state.expiries.pop()
        awaited.push(due)
        continue
      }
      const atMs = Math.max(due.atMs, state.atMs)
      this.write(endOfTime(state, due.id as Hex, atMs), `expiry:${due.id}`, atMs)
    }
    for (const { atMs, id } of awaited) state.expiries.push(atMs, id)
    this.awaited = awaited[0]?.id as Hex | undefined
    return due !== undefined
  }

  private isAwaited({ id, atMs }: Due): boolean {
    const hold = this.state.holds.get(id as Hex)
    return (
      atMs > this.inboxUntilMs &&
      hold?.assignment !== undefined &&
      hold.received === undefined &&
      isJudgedOnChain(this.state.config)
    )
  }

  private nextDue() {
    const due = this.state.expiries.peek()
    return due !== undefined && due.atMs <= this.nowMs ? due : undefined
  }

  answer(queued: LedgerCommand | Identified): BatchAnswer {
    try {
      const identified = 'command' in queued ? queued : this.identify(queued)
      return isLink(identified) ? this.answerLink(identified) : this.answerOne(identified)
    } catch (cause) {
      if (cause instanceof LedgerInvariantError) throw cause
      return { status: 'undecidable', cause }
    }
  }

  private identify(command: LedgerCommand): Identified {
    if (command.type === 'OpenLedger') return { command, digest: undefined, signer: undefined, members: [] }
    return identify(this.crypto, domainOf(this.state), command)
  }

  private answerOne({ command, digest, signer }: Identified): LedgerAnswer {
    const context = this.contextOf(digest, signer)
    const decision = decide(context, command)
    const commandId = commandIdOf(context, command)
    const decided = this.state.decided.get(commandId)
    if (!decision.accepted && isUnproven(decision.refusal) && !isSameRegistration(command, decided)) {
      return { status: 'refused', commandId, refusal: decision.refusal }
    }
    if (decided !== undefined) return repeatedAnswer(command, commandId, decided)
    if (!decision.accepted) return this.refused(commandId, decision.refusal, command)
    for (const draft of decision.events) this.write(draft, commandId, this.nowMs)
    if (decision.isPart) this.finish(command, commandId)
    return { status: 'accepted', commandId, ...this.placeOf(commandId), repeated: false }
  }

  /** Where a command stands that has just happened, without what it brought about under other ids. */
  private placeOf(commandId: string): { readonly firstPosition: number; readonly lastPosition: number } {
    const decided = this.state.decided.get(commandId)
    if (typeof decided === 'object') return { firstPosition: decided.firstPosition, lastPosition: decided.lastPosition }
    const position = decided ?? this.state.position
    return { firstPosition: position, lastPosition: position }
  }

  /** Decides what is left of a command; it was found acceptable, so that nothing may refuse the rest. */
  private finish(command: LedgerCommand, commandId: string): void {
    for (let isPart = true; isPart; ) {
      const decision = decide(this.contextOf(undefined, undefined), command)
      if (!decision.accepted) throw new LedgerInvariantError(`${commandId} was begun and is then refused`)
      for (const draft of decision.events) this.write(draft, commandId, this.nowMs)
      isPart = decision.isPart === true
    }
  }

  private answerLink(link: Identified<LinkCommand>): LedgerAnswer {
    const context = this.contextOf(link.digest, undefined)
    const commandId = commandIdOf(context, link.command)
    const decided = this.state.decided.get(commandId)
    if (decided !== undefined) return repeatedAnswer(link.command, commandId, decided)
    const decision = decideLink(context, link)
    if (!decision.accepted) return this.refused(commandId, decision.refusal, link.command)
    const firstPosition = this.state.position + 1
    for (const member of decision.members) {
      for (const draft of member.events) this.write(draft, member.commandId, this.nowMs)
    }
    const commandIds = decision.members.map(member => member.commandId)
    this.write({ type: 'CommandsLinked', data: { commandIds, firstPosition }, entries: [] }, commandId, this.nowMs)
    return { status: 'accepted', commandId, firstPosition, lastPosition: this.state.position, repeated: false }
  }

  private refused(commandId: string, refusal: LedgerRefusal, command: LedgerCommand): LedgerAnswer {
    if (isJournalled(refusal)) {
      const deadline = deadlineOf(command)
      const data = deadline === undefined ? { refusal } : { refusal, deadline }
      this.write({ type: 'CommandRefused', data, entries: [] }, commandId, this.nowMs)
    }
    return { status: 'refused', commandId, refusal }
  }

  private contextOf(digest: Hex | undefined, signer: Address | undefined): DecisionContext {
    const { state, crypto, nowMs, epochTree, awaited } = this
    return { state, crypto, nowMs, epochTree, digest, signer, awaited }
  }

  private write(draft: DraftEvent, commandId: string, atMs: number): void {
    const placed = { position: this.state.position + 1, atMs, commandId: draft.commandId ?? commandId }
    const event: LedgerEvent = { ...sendElsewhere(this.state, draft), ...placed }
    const stored = sealEvent(this.crypto, this.state.hash, event)
    evolve(this.state, event, stored.hash, this.crypto)
    remember(this.state, event)
    this.events.push(event)
    this.stored.push(stored)
  }
}

function isLink(identified: Identified): identified is Identified<LinkCommand> {
  return identified.command.type === 'Link'
}

/** Whether the command was not even shown to come from whom it names, so that it may not learn what was decided. */
function isUnproven({ code }: LedgerRefusal): boolean {
  return code === 'MALFORMED' || code === 'INVALID_SIGNATURE'
}

function repeatedAnswer(command: LedgerCommand, commandId: string, decided: Decided): LedgerAnswer {
  const field = conflictingField(command, decided)
  if (field !== undefined)
    return { status: 'refused', commandId, refusal: { code: 'COMMAND_CONFLICT', commandId, field } }
  if (typeof decided === 'number') {
    return { status: 'accepted', commandId, firstPosition: decided, lastPosition: decided, repeated: true }
  }
  const { refusal, firstPosition, lastPosition } = decided
  if (refusal !== undefined) return { status: 'refused', commandId, refusal }
  return { status: 'accepted', commandId, firstPosition, lastPosition, repeated: true }
}
