import type { StoredEvent } from '../ports/event-store.ts'
import type { BatchAnswer } from './batch.ts'
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
  /** More holds were due than one write takes: nothing is decided on top until this is written. */
  isFull: boolean
}

export function emptyBatch(): OpenBatch {
  return { waiting: [], answers: [], events: [], stored: [], isFull: false }
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
