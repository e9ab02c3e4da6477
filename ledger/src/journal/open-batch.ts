import type { StoredEvent } from '../ports/event-store.ts'
import type { BatchAnswer, DecidedBatch } from './batch.ts'
import type { LedgerAnswer, LedgerCommand } from './command.ts'
import type { LedgerEvent } from './event.ts'
import type { Identified } from './identify.ts'

/** A caller that waits for its answer; without a command for what time alone brings. */
export type Waiting = {
  readonly command: LedgerCommand | Identified | undefined
  readonly resolve: (answer: LedgerAnswer) => void
  readonly reject: (error: unknown) => void
}

/** What is decided and not written yet. */
export type OpenBatch = {
  readonly waiting: Waiting[]
  readonly answers: BatchAnswer[]
  readonly events: LedgerEvent[]
  readonly stored: StoredEvent[]
  /** UTF-16 units in the payloads. */
  length: number
  /** More holds were due than one write takes: nothing is decided on top until this is written. */
  isFull: boolean
}

/** Commands decided in one durable write at most: bounds the answer time of the first in a long queue. */
const batchCommandsMax = 1_000

/** Commands decided at once. A link of the largest has 36 kB, so that a write is never much above {@link batchLengthMax}. */
const commandsAtOnceMax = 4

/** What a write may have before more is decided for it. With what comes on top it stays below 1 MiB, which is all that KurrentDB takes. */
const batchLengthMax = 384 * 1_024

export function emptyBatch(): OpenBatch {
  return { waiting: [], answers: [], events: [], stored: [], length: 0, isFull: false }
}

/** How many more commands may be decided for a batch before it is looked at again. */
export function roomIn({ waiting, length, isFull }: OpenBatch): number {
  if (isFull || length >= batchLengthMax) return 0
  return Math.min(commandsAtOnceMax, batchCommandsMax - waiting.length)
}

/** Adds what was decided. */
export function addDecided(batch: OpenBatch, { events, stored }: Pick<DecidedBatch, 'events' | 'stored'>): void {
  addAll(batch.events, events)
  addAll(batch.stored, stored)
  for (const { payload } of stored) batch.length += payload.length
}

/** Adds any number of items; spreading them into `push` would run out of stack. */
export function addAll<T>(list: T[], items: readonly T[]): void {
  for (const item of items) list.push(item)
}

/** Answers the callers of a batch, each with its own decision. */
export function answerAll({ waiting, answers }: OpenBatch): void {
  let next = 0
  for (const { command, resolve, reject } of waiting) {
    if (command === undefined) {
      resolve(nothingAsked)
      continue
    }
    const given = answers[next++] as BatchAnswer
    if (given.status === 'undecidable') reject(given.cause)
    else resolve(given)
  }
}

/** Stands for the answer of a caller that waited for time alone; nobody sees it. */
const nothingAsked: LedgerAnswer = {
  status: 'accepted',
  commandId: 'time',
  firstPosition: 0,
  lastPosition: 0,
  repeated: false,
}
