import type { LedgerEvent } from '@deparrow/ledger'
import type { Call, ReadCall, SubmitCall } from './history.ts'
import { type ModelCommand, SequentialModel } from './sequential-model.ts'

/** What is wrong with a history, by the rule that it breaks. */
export type HistoryFinding = { readonly rule: HistoryRule; readonly detail: string }

export type HistoryRule =
  | 'an answer tells of the journal'
  | 'a command is decided once'
  | 'the journal holds what clients asked for'
  | 'the journal does what the model does'
  | 'what was answered comes before what was asked later'
  | 'a refusal has a reason between call and answer'
  | 'a read shows the state at its position'
  | 'a read is not older than what was answered before it'

/** Refusals that the journal keeps. */
const journalled = 'INSUFFICIENT_CREDITS'

type Entry = { readonly position: number; readonly outcome: string }

/**
 * Checks strict serialisability of one shard: there is one order of all commands, the journal's, in which each answer is what a sequential
 * ledger gives, and which agrees with what clients saw happen one after another. Answers the first thing that is wrong.
 */
export function checkHistory(calls: readonly Call[], journal: readonly LedgerEvent[]): HistoryFinding | undefined {
  const submits = calls.filter(call => call.kind === 'submit')
  const entries = new Map<string, Entry>()
  for (const event of journal) {
    if (entries.has(event.commandId))
      return finding('a command is decided once', `${event.commandId} at ${event.position}`)
    entries.set(event.commandId, { position: event.position, outcome: outcomeOf(event) })
  }
  return (
    checkAnswers(submits, entries) ??
    checkOrder(calls, entries) ??
    new Sweep(calls, submits, entries, journal.length).run(journal)
  )
}

/** Each answer that the journal keeps is the one for its command, at its position, and not more than one claims to be the first. */
function checkAnswers(submits: readonly SubmitCall[], entries: ReadonlyMap<string, Entry>): HistoryFinding | undefined {
  const firsts = new Set<string>()
  for (const { id, answer } of submits) {
    if (answer === undefined) continue
    const entry = entries.get(answer.commandId)
    const told = answer.status === 'accepted' ? 'accepted' : answer.refusal.code
    if (answer.status === 'refused' && told !== journalled) continue
    if (answer.commandId !== id || entry?.outcome !== told) {
      return finding('an answer tells of the journal', `${id} was answered ${told}, the journal says ${entry?.outcome}`)
    }
    if (answer.status === 'refused') continue
    if (answer.firstPosition !== entry.position || answer.lastPosition !== entry.position) {
      return finding('an answer tells of the journal', `${id} is at ${entry.position}, not at ${answer.firstPosition}`)
    }
    if (!answer.repeated && firsts.has(id)) return finding('a command is decided once', `${id} was twice the first`)
    if (!answer.repeated) firsts.add(id)
  }
  return undefined
}

/** Who asks after somebody else was answered is decided after that, and reads no less. */
function checkOrder(calls: readonly Call[], entries: ReadonlyMap<string, Entry>): HistoryFinding | undefined {
  for (const { call, floor, shown } of withFloors(calls, entries)) {
    if (call.kind === 'read') {
      if (call.position < shown) {
        return finding('a read is not older than what was answered before it', `${call.position} after ${shown}`)
      }
    } else if (call.answer?.status === 'accepted' && !call.answer.repeated && call.answer.firstPosition <= floor) {
      const detail = `${call.id} is at ${call.answer.firstPosition}, asked after ${floor} was answered`
      return finding('what was answered comes before what was asked later', detail)
    }
  }
  return undefined
}

type Begun = {
  readonly call: Call
  /** The highest position that anybody had been told of when the call began. */
  readonly floor: number
  /** The same without refusals: a replica need not have followed to those, since what they refused has changed nothing. */
  readonly shown: number
}

/** Every call with what was known when it began. */
function withFloors(calls: readonly Call[], entries: ReadonlyMap<string, Entry>): readonly Begun[] {
  const moments = calls.flatMap(call => {
    const begin = { at: call.invokedAt, call, isEnd: false }
    return call.respondedAt === undefined ? [begin] : [begin, { at: call.respondedAt, call, isEnd: true }]
  })
  moments.sort((a, b) => a.at - b.at)
  const begun: Begun[] = []
  let floor = 0
  let shown = 0
  for (const { call, isEnd } of moments) {
    if (!isEnd) {
      begun.push({ call, floor, shown })
      continue
    }
    shown = Math.max(shown, shownBy(call))
    floor = Math.max(floor, shown, refusedAt(call, entries))
  }
  return begun
}

function shownBy(call: Call): number {
  if (call.kind === 'read') return call.position
  return call.answer?.status === 'accepted' ? call.answer.lastPosition : 0
}

function refusedAt(call: Call, entries: ReadonlyMap<string, Entry>): number {
  const isKept = call.kind === 'submit' && call.answer?.status === 'refused' && codeOf(call) === journalled
  return isKept ? (entries.get(call.id)?.position ?? 0) : 0
}

/** Goes through the journal with the model, and looks at each position at what was said about it. */
class Sweep {
  private readonly model = new SequentialModel()
  private readonly commands = new Map<string, ModelCommand>()
  private readonly reads = new Map<number, ReadCall[]>()
  /**
   * Refusals that the journal does not keep, with the positions between which their reason must lie: not after the command itself was
   * accepted, since from then on it is answered with that.
   */
  private readonly unexplained = new Set<{ readonly call: SubmitCall; readonly from: number; readonly to: number }>()

  constructor(
    calls: readonly Call[],
    submits: readonly SubmitCall[],
    entries: ReadonlyMap<string, Entry>,
    private readonly end: number,
  ) {
    for (const { id, command } of submits) this.commands.set(id, command)
    for (const call of calls) {
      if (call.kind === 'read') this.reads.set(call.position, [...(this.reads.get(call.position) ?? []), call])
    }
    const ceiling = ceilingsOf(submits, entries)
    const lastReason = (call: SubmitCall, floor: number): number => {
      const seen = Math.max(floor, ceiling(call.respondedAt ?? 0))
      const own = entries.get(call.id)
      return own?.outcome === 'accepted' ? Math.min(seen, own.position - 1) : seen
    }
    for (const { call, floor } of withFloors(calls, entries)) {
      const isFound =
        call.kind === 'submit' && call.answer?.status === 'refused' && call.answer.refusal.code !== journalled
      if (isFound) this.unexplained.add({ call, from: floor, to: lastReason(call, floor) })
    }
  }

  run(journal: readonly LedgerEvent[]): HistoryFinding | undefined {
    const first = this.look(0)
    if (first !== undefined) return first
    for (const event of journal) {
      const problem = this.follow(event) ?? this.look(event.position)
      if (problem !== undefined) return problem
    }
    const beyond = [...this.reads.keys()].find(position => position > this.end)
    if (beyond !== undefined) return finding('a read shows the state at its position', `there is no position ${beyond}`)
    const [open] = this.unexplained
    if (open === undefined) return undefined
    const { call, from, to } = open
    const detail = `${call.id} was refused with ${codeOf(call)}, and nothing from ${from} to ${to} is a reason`
    return finding('a refusal has a reason between call and answer', detail)
  }

  private follow({ position, type, commandId, ...event }: LedgerEvent): HistoryFinding | undefined {
    if (type === 'LedgerOpened') return undefined
    const command = this.commands.get(commandId)
    if (command === undefined) return finding('the journal holds what clients asked for', `${commandId} at ${position}`)
    const expected = this.model.outcomeOf(command)
    const found = outcomeOf({ position, type, commandId, ...event } as LedgerEvent)
    if (found !== expected) {
      return finding(
        'the journal does what the model does',
        `${commandId} at ${position}: ${found}, the model ${expected}`,
      )
    }
    if (expected === 'accepted') this.model.apply(command)
    return undefined
  }

  /** What was said about the state after a position. */
  private look(position: number): HistoryFinding | undefined {
    for (const read of this.reads.get(position) ?? []) {
      const [available, held] = [this.model.availableOf(read.wallet), this.model.heldOf(read.wallet)]
      if (read.availableMicrocredits !== available || read.heldMicrocredits !== held) {
        const detail = `${read.wallet} had ${available} and ${held} µcr at ${position}, shown were ${read.availableMicrocredits} and ${read.heldMicrocredits} µcr`
        return finding('a read shows the state at its position', detail)
      }
    }
    for (const open of this.unexplained) {
      const isTime = open.from <= position && position <= open.to
      if (isTime && this.model.outcomeOf(open.call.command) === codeOf(open.call)) this.unexplained.delete(open)
    }
    return undefined
  }
}

/** The last position that can have been decided at a moment: nothing is decided before somebody asks for it. */
function ceilingsOf(submits: readonly SubmitCall[], entries: ReadonlyMap<string, Entry>): (at: number) => number {
  const asked = new Map<string, number>()
  for (const { id, invokedAt } of submits) asked.set(id, Math.min(asked.get(id) ?? invokedAt, invokedAt))
  const byTime = [...asked]
    .map(([id, at]) => ({ at, position: entries.get(id)?.position ?? 0 }))
    .sort((a, b) => a.at - b.at)
  return at => {
    let highest = 0
    for (const entry of byTime) {
      if (entry.at > at) break
      highest = Math.max(highest, entry.position)
    }
    return highest
  }
}

function outcomeOf(event: LedgerEvent): string {
  return event.type === 'CommandRefused' ? event.data.refusal.code : 'accepted'
}

function codeOf({ answer }: SubmitCall): string {
  return answer?.status === 'refused' ? answer.refusal.code : ''
}

function finding(rule: HistoryRule, detail: string): HistoryFinding {
  return { rule, detail }
}
