import { apply, poster, type Result } from '../model.ts'
import type { Random } from '../random.ts'
import type { State } from '../state.ts'
import { answersTo, Posted } from './answers.ts'
import type { Books } from './books.ts'
import { type Draft, draftEpoch, type Entitlement, entitlementsOf, headerOf } from './draft.ts'
import type { People } from './people.ts'
import { type TamperName, tampers } from './tampers/tampers.ts'

export type PosterMode = {
  /** How it may falsify an epoch; an honest poster has none. */
  readonly tampers: readonly TamperName[]
  /** From when on it neither posts nor answers, in seconds; for ever honest posters: never. */
  readonly silentFrom: number
  /** Answers no demand on what it has falsified. */
  readonly withholds: boolean
  /** Never takes anything from the inbox after this time, in seconds. */
  readonly cutFrozenFrom: number
}

export const honestMode: PosterMode = {
  tampers: [],
  silentFrom: Number.POSITIVE_INFINITY,
  withholds: false,
  cutFrozenFrom: Number.POSITIVE_INFINITY,
}

/** Posts epochs and answers demands: by the books, or as far as its mode lets it cheat. */
export class Poster {
  /** What an honest poster would have posted, by the id of the epoch that was posted. */
  readonly expected = new Map<number, Draft>()
  readonly entitled = new Map<number, Map<string, Entitlement>>()
  readonly used = new Set<TamperName>()
  private readonly posted = new Map<number, Posted>()
  /** The books' position when an epoch was posted, by its id. */
  private readonly reached = new Map<number, number>()
  private postsAt = 10
  private answered = 0

  constructor(
    private readonly state: State,
    private readonly books: Books,
    private readonly people: People,
    private readonly random: Random,
    private readonly mode: PosterMode,
  ) {}

  act(now: number): void {
    if (now >= this.mode.silentFrom) return
    if (now < this.mode.cutFrozenFrom) this.books.import(now)
    this.books.endHolds(now)
    this.answerAll(now)
    for (const { id } of this.state.epochs.values()) {
      if (id > this.state.finalEpoch) apply(this.state, poster, { type: 'finalise', epoch: id }, now)
    }
    if (now < this.postsAt) return
    this.postsAt = now + this.random.between(14, 40)
    this.post(now)
  }

  private post(now: number): void {
    this.books.close()
    const reached = this.reached.get(this.state.head) ?? 0
    const honest = draftEpoch(this.state, this.books, now, reached)
    const entitled = entitlementsOf(this.books)
    const draft = draftEpoch(this.state, this.books, now, reached)
    const name = this.falsify(draft)
    if (now >= this.mode.cutFrozenFrom) draft.closedAt = this.state.epochs.get(draft.parent)?.header.closedAt ?? 0
    const result = this.send(draft, now)
    if (!result.isAccepted) return
    if (name !== undefined) this.used.add(name)
    this.expected.set(result.value, honest)
    this.reached.set(result.value, this.books.position)
    this.entitled.set(result.value, entitled)
    this.posted.set(result.value, new Posted(draft, name === undefined))
  }

  /** A poster that will not date its epoch truly dates it as early as it may. */
  private send(draft: Draft, now: number): Result {
    const result = apply(this.state, poster, { type: 'postEpoch', header: headerOf(draft) }, now)
    if (result.isAccepted || now < this.mode.cutFrozenFrom) return result
    draft.closedAt = Math.max(draft.closedAt, now - this.state.params.lagSecondsMax)
    return apply(this.state, poster, { type: 'postEpoch', header: headerOf(draft) }, now)
  }

  /** Takes up what an earlier falsification has prepared, or makes a new one; what cannot be falsified is posted as it is. */
  private falsify(draft: Draft): TamperName | undefined {
    const { state, books, random, people, mode } = this
    if (mode.tampers.length === 0) return undefined
    const [grudge] = people.grudges
    if (grudge !== undefined) {
      const [victim, name] = grudge
      if (tampers[name](draft, { state, books, random, people, victim })) return name
    }
    if (random.isOnceIn(2)) return undefined
    const victim = random.pick([...people.honest])
    const name = random.pick(mode.tampers)
    return tampers[name](draft, { state, books, random, people, victim }) ? name : undefined
  }

  private answerAll(now: number): void {
    for (let i = this.answered; i < this.state.demands.length; i++) {
      const open = this.state.demands[i]
      if (open === undefined) continue
      if (open.status !== 'Open') {
        if (i === this.answered) this.answered++
        continue
      }
      const posted = this.posted.get(open.epoch)
      if (posted === undefined || (this.mode.withholds && !posted.isHonest)) continue
      const answers = answersTo(this.state, this.books, posted, open.epoch, open.demand)
      if (!posted.isHonest) answers.push(...posted.shiftyAnswers(this.state, open.epoch, open.demand))
      for (const answer of answers) {
        if (apply(this.state, poster, { type: 'answer', demand: i, answer }, now).isAccepted) break
      }
    }
  }
}
