import { InjectedFaultError, nameOf } from './errors.ts'
import { type CallFaults, noCallFaults } from './faults.ts'
import type { SimProcess } from './machine.ts'
import type { Random } from './random.ts'
import type { Sim } from './sim.ts'

export type Call<T> = {
  readonly from: SimProcess
  readonly to: string
  readonly what: string
  /** Happens where the request arrives, when it arrives. */
  readonly effect: () => T | Promise<T>
  /** Whether the effect may happen twice for one call. */
  readonly isRepeatable?: boolean
  readonly timeoutMs?: number
  /** The caller's error when no answer came: the effect may have happened, and may still. */
  readonly unanswered?: (cause: Error) => Error
  /** The caller's error when nothing can have happened. */
  readonly refused?: (cause: Error) => Error
}

/** What a call's request and answer come to; `undefined` for what never arrives. */
type Fate = {
  readonly isRefused: boolean
  readonly requestUs: readonly number[]
  readonly answerUs: number | undefined
}

const timeoutMsDefault = 400

/** Between any two parts: every call takes time, and may be lost, late, doubled or refused, by the seed. */
export class Network {
  private readonly random: Random
  private readonly cut = new Map<string, number>()

  constructor(private readonly sim: Sim) {
    this.random = sim.random.fork()
  }

  /** Nothing passes between the two until the time is over. A part alone is cut off from everybody. */
  partition(from: string, to: string, durationUs: number): void {
    this.cut.set(keyOf(from, to), this.sim.scheduler.nowUs + durationUs)
    this.sim.note(`${from} and ${to} do not hear each other for ${durationUs} us`)
  }

  heal(): void {
    this.cut.clear()
  }

  /** Never answers a process that has died meanwhile. */
  call<T>(call: Call<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { from } = call
      if (this.random.chance(this.faults.crash)) from.machine.crash(`before ${call.what}`)
      if (!from.isAlive) return
      const fate = this.fateOf(call)
      let isOver = false
      const end = (settle: () => void): void => {
        if (isOver || !from.isAlive) return
        isOver = true
        timer.isCancelled = true
        if (this.random.chance(this.faults.crash)) from.machine.crash(`after ${call.what}`)
        else settle()
      }
      const { scheduler } = this.sim
      const timer = scheduler.after((call.timeoutMs ?? timeoutMsDefault) * 1_000, () => {
        this.noteCall(call, 'is not answered')
        end(() => reject(errorOf(call.unanswered, 'no answer')))
      })
      if (fate.isRefused) scheduler.after(fate.answerUs ?? 0, () => end(() => reject(errorOf(call.refused, 'refused'))))
      for (const requestUs of fate.requestUs) {
        scheduler.after(requestUs, () => this.arrive(call, fate, { resolve, reject, end }))
      }
    })
  }

  private arrive<T>(call: Call<T>, { answerUs }: Fate, caller: Caller<T>): void {
    const answer = (outcome: string, settle: () => void): void => {
      this.noteCall(call, outcome)
      if (answerUs === undefined || this.isCut(call)) return
      this.sim.scheduler.after(answerUs, () => caller.end(settle))
    }
    const fail = (error: unknown): void => answer(`fails: ${nameOf(error)}`, () => caller.reject(error))
    try {
      const result = call.effect()
      if (!(result instanceof Promise)) answer('is done', () => caller.resolve(result))
      else result.then(value => answer('is done', () => caller.resolve(value)), fail)
    } catch (error) {
      fail(error)
    }
  }

  private fateOf(call: Call<unknown>): Fate {
    const { random, faults } = this
    const answerUs = this.latencyUs()
    if (this.isCut(call)) return { isRefused: random.chance(0.3), requestUs: [], answerUs }
    if (random.chance(faults.refuse)) return { isRefused: true, requestUs: [], answerUs }
    if (random.chance(faults.loseRequest)) return { isRefused: false, requestUs: [], answerUs }
    const isLate = random.chance(faults.delayRequest)
    const requestUs = isLate ? random.between(300_000, 4_000_000) : this.latencyUs()
    const isDoubled = call.isRepeatable === true && random.chance(faults.repeatRequest)
    return {
      isRefused: false,
      requestUs: isDoubled ? [requestUs, random.between(100, 2_000_000)] : [requestUs],
      answerUs: random.chance(faults.loseAnswer) ? undefined : answerUs,
    }
  }

  private get faults(): CallFaults {
    return this.sim.isHealed ? noCallFaults : this.sim.faults.call
  }

  /** Mostly under two milliseconds, now and then a good deal more. */
  private latencyUs(): number {
    const { random } = this
    return random.chance(0.02) ? random.between(5_000, 80_000) : random.between(100, 1_800)
  }

  private isCut({ from, to }: Call<unknown>): boolean {
    const { name } = from.machine
    return [keyOf(name, to), keyOf(name, name), keyOf(to, to)].some(
      key => (this.cut.get(key) ?? 0) > this.sim.scheduler.nowUs,
    )
  }

  private noteCall({ from, to, what }: Call<unknown>, outcome: string): void {
    this.sim.note(`${from.name} > ${to} ${what} ${outcome}`)
  }
}

type Caller<T> = {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
  readonly end: (settle: () => void) => void
}

function keyOf(from: string, to: string): string {
  return from < to ? `${from} ${to}` : `${to} ${from}`
}

function errorOf(make: ((cause: Error) => Error) | undefined, problem: string): Error {
  const cause = new InjectedFaultError(problem)
  return make === undefined ? cause : make(cause)
}
