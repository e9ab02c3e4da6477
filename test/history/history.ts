import type { LedgerAnswer } from '@deparrow/ledger'
import type { ModelCommand } from './sequential-model.ts'

/** Moments are counted: of two, the one with the smaller number came first. */
export type Moment = number

/** One try to have a command decided. A command may be tried many times, also by several clients at once. */
export type SubmitCall = {
  readonly kind: 'submit'
  readonly client: number
  readonly id: string
  readonly command: ModelCommand
  readonly invokedAt: Moment
  /** `undefined` when no answer came: it may have been decided, and may still be. */
  respondedAt: Moment | undefined
  answer: LedgerAnswer | undefined
}

/** A look at a wallet through a replica, which says at which position it stood. */
export type ReadCall = {
  readonly kind: 'read'
  readonly client: number
  readonly wallet: string
  readonly invokedAt: Moment
  readonly respondedAt: Moment
  readonly position: number
  readonly availableMicrocredits: bigint
  readonly heldMicrocredits: bigint
}

export type Call = SubmitCall | ReadCall

/** Writes down what clients call and what they are answered, in the order in which it happens. */
export class Recorder {
  readonly calls: Call[] = []
  private moment = 0

  invoke(client: number, id: string, command: ModelCommand): SubmitCall {
    const call: SubmitCall = {
      kind: 'submit',
      client,
      id,
      command,
      invokedAt: ++this.moment,
      respondedAt: undefined,
      answer: undefined,
    }
    this.calls.push(call)
    return call
  }

  respond(call: SubmitCall, answer: LedgerAnswer): void {
    call.respondedAt = ++this.moment
    call.answer = answer
  }

  now(): Moment {
    return ++this.moment
  }

  read(call: Omit<ReadCall, 'kind' | 'respondedAt'>): void {
    this.calls.push({ kind: 'read', respondedAt: ++this.moment, ...call })
  }
}
