import type { Hex } from '../hex.ts'
import type { LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import { signedPart } from './identify.ts'
import type { Decided, LedgerState } from './state.ts'

/**
 * How long a decision is remembered whose command has no deadline. What is forgotten is refused by its nonce, its sequence or its
 * order, and never decided twice. The opening of the ledger is remembered for ever.
 */
export const rememberMs = 31 * 24 * 3_600_000

/** Steps of a job are remembered for a day: the job's own state answers for them afterwards. */
export const rememberStepMs = 24 * 3_600_000

/** A signed command is remembered this long beyond its deadline, for a retry that was under way. */
export const rememberAfterDeadlineMs = 600_000

/**
 * Keeps the first decision of the event's command, so that a repeated command gets the same answer, and forgets those whose
 * time is over by the event's. The journal alone says what is remembered: a replay forgets as the writer did.
 */
export function remember(state: LedgerState, event: LedgerEvent): void {
  forget(state, event.atMs)
  const first = state.decided.get(event.commandId)
  state.decided.set(event.commandId, decidedBy(event, first))
  if (first === undefined && event.type !== 'LedgerOpened') state.forgets.push(forgetAtMs(event), event.commandId)
}

function decidedBy(event: LedgerEvent, first: Decided | undefined): Decided {
  const body = recordedBody(event)
  const isPlain = first === undefined && body === undefined && firstPositionOf(event) === event.position
  if (isPlain && event.type !== 'CommandRefused' && event.type !== 'NodeRegistered') return event.position
  const former = typeof first === 'object' ? first : undefined
  return {
    firstPosition: typeof first === 'number' ? first : (first?.firstPosition ?? firstPositionOf(event)),
    lastPosition: event.position,
    refusal: event.type === 'CommandRefused' ? event.data.refusal : undefined,
    body: former?.body ?? body,
    registrationSignature: event.type === 'NodeRegistered' ? event.data.registration.signature : undefined,
  }
}

function firstPositionOf(event: LedgerEvent): number {
  return event.type === 'CommandsLinked' ? event.data.firstPosition : event.position
}

function forgetAtMs(event: LedgerEvent): number {
  switch (event.type) {
    case 'HoldOpened':
      return event.data.expiresAtMs + rememberAfterDeadlineMs
    case 'CreditsTransferred':
      return afterDeadline(event.data.transfer.message.deadline)
    case 'ServiceBought':
      return afterDeadline(event.data.purchase.message.deadline)
    case 'EscrowOpened':
      return Number(event.data.order.message.expires) * 1_000 + rememberStepMs
    case 'IouIssued':
      return afterDeadline(event.data.iou.message.deadline)
    case 'IouRedeemed':
      return afterDeadline(event.data.redemption.message.deadline)
    case 'CreditsGranted':
      return afterDeadline(event.data.grant.message.deadline)
    case 'ReferralRecorded':
      return afterDeadline(event.data.referral.message.deadline)
    case 'CommandRefused':
      return event.data.deadline === undefined ? event.atMs + rememberMs : afterDeadline(event.data.deadline)
    case 'HoldAssigned':
    case 'HoldUnassigned':
    case 'HoldReleased':
    case 'HoldExpired':
    case 'ReceiptReceived':
    case 'JobSettled':
    case 'EscrowCaptured':
    case 'EscrowReleased':
    case 'EscrowExpired':
    case 'ClearingReceived':
      return event.atMs + rememberStepMs
    default:
      return event.atMs + rememberMs
  }
}

function afterDeadline(deadline: bigint): number {
  return Number(deadline) * 1_000 + rememberAfterDeadlineMs
}

/** The deadline in Unix seconds up to which a command may be presented; `undefined` for one that has none. */
export function deadlineOf(command: LedgerCommand): bigint | undefined {
  const deadline = signedPart(command)?.signed.message.deadline
  if (command.type === 'OpenHold') return command.order.message.deadline + BigInt(command.order.message.graceSeconds)
  return typeof deadline === 'bigint' ? deadline : undefined
}

function forget(state: LedgerState, nowMs: number): void {
  for (let due = state.forgets.peek(); due !== undefined && due.atMs <= nowMs; due = state.forgets.peek()) {
    state.forgets.pop()
    state.decided.delete(due.id)
    state.settledAt.delete(due.id)
    state.endedJobs.delete(due.id as Hex)
    state.endedEscrows.delete(due.id as Hex)
    if ((state.paidIous.get(due.id as Hex) ?? nowMs) <= nowMs) state.paidIous.delete(due.id as Hex)
  }
}

/**
 * Whether a command is the registration that was decided under its id. Who may sign a registration changes with it, so that a
 * retry is recognised by its signature and not by its signer.
 */
export function isSameRegistration(command: LedgerCommand, decided: Decided | undefined): boolean {
  if (command.type !== 'RegisterNode' || typeof decided !== 'object') return false
  return command.registration.signature === decided.registrationSignature
}

/** The first field in which an unsigned command differs from the one that was decided under its id. */
export function conflictingField(command: LedgerCommand, decided: Decided): string | undefined {
  if (typeof decided === 'number' || decided.body === undefined) return undefined
  const { body } = decided
  const given = Object.entries(command).filter(([field]) => field !== 'type')
  return given.find(([field, value]) => !isSame(value, body[field]))?.[0]
}

/** The fields of the unsigned command that an event records. */
function recordedBody(event: LedgerEvent): Readonly<Record<string, unknown>> | undefined {
  switch (event.type) {
    case 'LedgerOpened':
    case 'InboxItemRecorded':
    case 'HoldAssigned':
    case 'ClearingReceived':
    case 'PayeeRegistered':
    case 'EpochClosed':
    case 'EpochFinalised':
    case 'EpochCancelled':
    case 'NodeStakeRecorded':
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
