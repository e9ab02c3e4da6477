import type { LedgerAnswer, LedgerCommand, LedgerRefusal } from '@deparrow/ledger'
import type { Sim } from '../engine/sim.ts'
import type { CheckedJournal, JournalCheck } from './journal-check.ts'

type Decision = {
  readonly answer: LedgerAnswer
  /** When it was decided, by the journal's time. */
  readonly decidedAtMs: number
  /** When it first reached a client, by the simulation's time. */
  readonly heardUs: number
}

/** After so long a step may be forgotten, and after ten minutes beyond its deadline a signed command; nothing is before. */
const rememberedMs = 600_000

/** Refusals that are written down, so that they stay the answer. */
const journalled: ReadonlySet<string> = new Set([
  'INSUFFICIENT_CREDITS',
  'CAP_EXCEEDED',
  'GRANT_CAP_REACHED',
  'REWARDS_EXHAUSTED',
])

/** Holds every answer that reached a client against the journal as it is at that moment. */
export class AnswerCheck {
  private readonly first = new Map<string, Decision>()
  answered = 0

  constructor(
    private readonly sim: Sim,
    private readonly journals: JournalCheck,
  ) {}

  /** `shard` is the number of the shard that answered, `sentUs` when the request that it answered was sent. */
  acknowledged(command: LedgerCommand, answer: LedgerAnswer, shard: number, sentUs: number): void {
    const journal = this.journals.journals[shard]
    if (journal === undefined) return this.sim.fail('a shard answers', `${shard} is no shard`)
    this.answered++
    const label = `${command.type} ${answer.commandId} in ${journal.shard}`
    this.sim.count(answer.status === 'accepted' ? `answer: ${command.type}` : `answer: ${answer.refusal.code}`)
    if (answer.status === 'accepted') this.checkAccepted(journal, answer, label)
    else this.checkRefused(journal, answer.commandId, answer.refusal, label)
    this.checkRepeated(`${shard} ${answer.commandId}`, answer, journal, sentUs, label)
  }

  private checkAccepted(journal: CheckedJournal, answer: LedgerAnswer & { status: 'accepted' }, label: string): void {
    const { commandId, firstPosition, lastPosition } = answer
    const found = journal.commands.get(commandId)
    const isLink = commandId.startsWith('link:')
    const isThere =
      found?.last === lastPosition && (isLink ? found.first === lastPosition : found.first === firstPosition)
    this.sim.require(isThere, 'what is acknowledged is in the journal', () => {
      const where = found === undefined ? 'nowhere' : `at ${found.first} to ${found.last}`
      return `${label} was answered with ${firstPosition} to ${lastPosition} and is ${where}`
    })
    if (!isThere || !isLink) return
    const last = journal.events[lastPosition - 1]
    const isLinked = last?.type === 'CommandsLinked' && last.data.firstPosition === firstPosition
    this.sim.require(
      isLinked,
      'what is acknowledged is in the journal',
      () => `${label} is not the link that was answered`,
    )
  }

  private checkRefused(journal: CheckedJournal, commandId: string, refusal: LedgerRefusal, label: string): void {
    const isKept = journalled.has(codeOf(refusal))
    const found = journal.commands.get(commandId)
    const event = found && journal.events[found.first - 1]
    const isWritten = event?.type === 'CommandRefused' && codeOf(event.data.refusal) === codeOf(refusal)
    this.sim.require(
      !isKept || isWritten,
      'a refusal for good is in the journal',
      () => `${label} was refused with ${refusal.code}`,
    )
  }

  /** Whoever asks after somebody was told gets the first answer again, for as long as it is remembered. */
  private checkRepeated(
    key: string,
    answer: LedgerAnswer,
    journal: CheckedJournal,
    sentUs: number,
    label: string,
  ): void {
    const first = this.first.get(key)
    const nowMs = journal.events.at(-1)?.atMs ?? 0
    const isForGood = answer.status === 'accepted' || journalled.has(codeOf(answer.refusal))
    if (first === undefined) {
      const decidedAtMs = journal.events[(journal.commands.get(answer.commandId)?.last ?? 0) - 1]?.atMs ?? nowMs
      if (isForGood) this.first.set(key, { answer, decidedAtMs, heardUs: this.sim.scheduler.nowUs })
      return
    }
    const isEarlier = sentUs < first.heardUs && !isForGood
    if (isSameAnswer(first.answer, answer) || isConflict(answer) || isEarlier) return
    if (nowMs > first.decidedAtMs + rememberedMs) return
    this.sim.fail(
      'a repeated command gets its first answer',
      `${label} was ${textOf(first.answer)}, then ${textOf(answer)}`,
    )
  }
}

/** Of a link that failed, the code of what made it fail. */
function codeOf(refusal: LedgerRefusal): string {
  return refusal.code === 'LINK_FAILED' ? codeOf(refusal.refusal) : refusal.code
}

function isSameAnswer(a: LedgerAnswer, b: LedgerAnswer): boolean {
  if (a.status === 'accepted') {
    return b.status === 'accepted' && a.firstPosition === b.firstPosition && a.lastPosition === b.lastPosition
  }
  return b.status === 'refused' && codeOf(a.refusal) === codeOf(b.refusal)
}

/** The body was another one, or the same message came with a signature that proves nothing. */
function isConflict(answer: LedgerAnswer): boolean {
  return (
    answer.status === 'refused' &&
    (answer.refusal.code === 'COMMAND_CONFLICT' ||
      answer.refusal.code === 'INVALID_SIGNATURE' ||
      answer.refusal.code === 'MALFORMED')
  )
}

function textOf(answer: LedgerAnswer): string {
  return answer.status === 'accepted'
    ? `accepted at ${answer.firstPosition} to ${answer.lastPosition}`
    : `refused with ${answer.refusal.code}`
}
