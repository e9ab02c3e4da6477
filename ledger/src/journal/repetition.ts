import type { Hex } from '../hex.ts'
import type { LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import type { Decided, LedgerState } from './state.ts'

/**
 * How long a decision is remembered. No signature may be presented for longer than 30 days, so that what is forgotten is
 * refused by its deadline, its nonce or its sequence, and never decided twice. The opening of the ledger is remembered for ever.
 */
export const rememberMs = 31 * 24 * 3_600_000

/**
 * Keeps the first decision of the event's command, so that a repeated command gets the same answer, and forgets those whose
 * time is over by the event's. The journal alone says what is remembered: a replay forgets as the writer did.
 */
export function remember(state: LedgerState, event: LedgerEvent): void {
  forget(state, event.atMs)
  const first = state.decided.get(event.commandId)
  const decided: Decided = {
    firstPosition: first?.firstPosition ?? event.position,
    lastPosition: event.position,
    refusal: event.type === 'CommandRefused' ? event.data.refusal : undefined,
    body: first?.body ?? recordedBody(event),
    registrationSignature: event.type === 'NodeRegistered' ? event.data.registration.signature : undefined,
  }
  state.decided.set(event.commandId, decided)
  if (first === undefined && event.type !== 'LedgerOpened') state.forgets.push(event.atMs + rememberMs, event.commandId)
}

function forget(state: LedgerState, nowMs: number): void {
  for (let due = state.forgets.peek(); due !== undefined && due.atMs <= nowMs; due = state.forgets.peek()) {
    state.forgets.pop()
    state.decided.delete(due.id)
    state.endedJobs.delete(due.id as Hex)
  }
}

/**
 * Whether a command is the registration that was decided under its id. Who may sign a registration changes with it, so that a
 * retry is recognised by its signature and not by its signer.
 */
export function isSameRegistration(command: LedgerCommand, decided: Decided | undefined): boolean {
  return command.type === 'RegisterNode' && command.registration.signature === decided?.registrationSignature
}

/** The first field in which an unsigned command differs from the one that was decided under its id. */
export function conflictingField(command: LedgerCommand, decided: Decided): string | undefined {
  if (decided.body === undefined) return undefined
  const given = Object.entries(command).filter(([field]) => field !== 'type')
  return given.find(([field, value]) => !isSame(value, decided.body?.[field]))?.[0]
}

/** The fields of the unsigned command that an event records. */
function recordedBody(event: LedgerEvent): Decided['body'] {
  switch (event.type) {
    case 'LedgerOpened':
    case 'InboxItemRecorded':
    case 'HoldAssigned':
    case 'PayeeRegistered':
    case 'EpochClosed':
    case 'EpochFinalised':
    case 'PayoutClaimed':
      return event.data
    default:
      return undefined
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  const fields = Object.keys(a)
  return (
    fields.length === Object.keys(b).length &&
    fields.every(field => isSame((a as Record<string, unknown>)[field], (b as Record<string, unknown>)[field]))
  )
}
