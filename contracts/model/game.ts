import { Books } from './agents/books.ts'
import { Griefers } from './agents/griefers.ts'
import { People } from './agents/people.ts'
import { Poster, type PosterMode } from './agents/poster.ts'
import type { TamperName } from './agents/tampers/tampers.ts'
import { Users } from './agents/users.ts'
import { Watcher } from './agents/watcher.ts'
import { checkEnd, checkEpoch, checkStep } from './checks.ts'
import { apply, deploy, guardian, ledgerKey, type Witness } from './model.ts'
import { type Params, smallParams } from './params.ts'
import { Random } from './random.ts'
import type { Rule } from './rules.ts'
import type { KeyRing } from './signatures.ts'
import type { State } from './state.ts'

export type GameSetup = {
  readonly seed: number
  readonly mode: PosterMode
  readonly without?: readonly Rule[]
  readonly params?: Partial<Params>
  readonly hasGriefers?: boolean
  readonly hasGuardian?: boolean
  readonly isDeaf?: boolean
  readonly isBlind?: boolean
  readonly isStalled?: boolean
  readonly watcherDelaySeconds?: number
  readonly posterBond?: number
  readonly witness?: Witness
  readonly keys?: KeyRing
}

/** What a game showed: how it went wrong, if it did, and which falsifications were tried. */
export type Outcome = {
  readonly violations: readonly string[]
  readonly used: ReadonlySet<TamperName>
  readonly state: State
}

/** The poster's bond, in µcr, where a strategy names none. */
export const usualBond = 8000

/** Plays one game from its seed: business, then everybody leaves, at worst by exit. Stops at the first violation. */
export function play(setup: GameSetup): Outcome {
  const random = new Random(setup.seed)
  const params = { ...smallParams, ...setup.params }
  const posterBond = setup.posterBond ?? usualBond
  const given = {
    ...(setup.witness === undefined ? {} : { witness: setup.witness }),
    ...(setup.keys === undefined ? {} : { keys: setup.keys }),
  }
  const state = deploy({ params, posterBond, genesisRewards: 1000, without: new Set(setup.without), ...given })
  const people = new People(state.keys)
  const books = new Books(state, people.signAs(ledgerKey))
  const isHonest = setup.mode.tampers.length === 0 && setup.mode.silentFrom === Number.POSITIVE_INFINITY
  const users = new Users(state, books, people, random, setup.isDeaf ?? random.isOnceIn(3))
  const poster = new Poster(state, books, people, random, setup.mode)
  const watcher = new Watcher(
    'watcher',
    state,
    books,
    people,
    setup.isBlind ?? random.isOnceIn(3),
    setup.watcherDelaySeconds ?? random.between(0, params.windowSeconds - 4),
  )
  const griefers = setup.hasGriefers
    ? new Griefers(state, books, people, random, setup.isStalled ?? random.isOnceIn(5))
    : undefined
  const facts = { state, books, people, poster, posterBond, isHonest, params, beyond: new Map<string, number>() }
  const businessSeconds = random.between(60, 260)
  const leaveSeconds = businessSeconds + params.windowSeconds * 3 + 2 * params.rowMax * params.answerSeconds + 300
  const violations: string[] = []
  let checked = 0

  users.begin()
  let now = 0
  const step = (act: () => void) => {
    act()
    griefers?.act(now)
    poster.act(now)
    watcher.act(poster.expected, now)
    if (setup.hasGuardian && random.isOnceIn(20)) apply(state, guardian, { type: 'cancel', epoch: state.head }, now)
    for (; checked < state.finalEpoch; checked++) violations.push(...checkEpoch(facts, checked + 1))
    violations.push(...checkStep(facts, now))
  }
  while (now < leaveSeconds && violations.length === 0) {
    now += random.between(1, 4)
    step(() => (now < businessSeconds ? users.act(now) : users.leave(now)))
    claimAll(state, people, now)
  }
  if (violations.length === 0) violations.push(...leaveByExit(facts, now + 2 * params.exitSeconds))
  return { violations, used: poster.used, state }
}

function claimAll(state: State, people: People, now: number): void {
  apply(state, 'mallory', { type: 'claim', payee: 'mallory', epoch: state.head }, now)
  for (const payee of [...people.honest, 'mallory', 'dave']) {
    for (let id = state.finalEpoch; id > 0; id = state.epochs.get(id)?.header.parent ?? 0) {
      const isClaimed = apply(state, payee, { type: 'claim', payee, epoch: id }, now).isAccepted
      if (isClaimed || state.epochs.get(id)?.header.rows.some(row => row.payee === payee)) break
    }
  }
}

/** Finalises what can be, and where something is still owed, switches to exit and takes it. */
function leaveByExit(facts: Parameters<typeof checkEnd>[0], now: number): string[] {
  const { state, people } = facts
  for (const id of [...state.epochs.keys()]) apply(state, 'anybody', { type: 'finalise', epoch: id }, now)
  claimAll(state, people, now)
  const later = now + state.params.exitSeconds + 1
  const result = apply(state, 'anybody', { type: 'switchToExit' }, later)
  if (!result.isAccepted) return [`exit refused: ${result.error}`]
  for (const account of people.honest) {
    apply(state, account, { type: 'takeLeaf', account }, later)
    apply(state, account, { type: 'takeLeaf', account: `payable:${account}` }, later)
  }
  for (let times = 0; times < 3; times++) {
    for (const account of ['mallory', 'payable:mallory', 'rewards'])
      apply(state, 'mallory', { type: 'takeLeaf', account }, later)
  }
  for (const index of state.inbox.keys()) apply(state, 'anybody', { type: 'takeDeposit', index }, later)
  return checkEnd(facts)
}
