import { isConsequence, nameOf } from './errors.ts'
import { type Sim, simStartMs } from './sim.ts'

/** Starts what runs on a machine, in a new process; called again after every death. */
export type Boot = (process: SimProcess) => void

/** A computer with a clock that may jump, whose process is started again when it has died. */
export class Machine {
  process: SimProcess
  clockSkewMs = 0
  private lives = 0

  constructor(
    readonly sim: Sim,
    readonly name: string,
    private readonly boot: Boot,
  ) {
    sim.machines.push(this)
    this.process = this.start()
  }

  nowMs(): number {
    return simStartMs + this.sim.nowMs + this.clockSkewMs
  }

  /** Ends the process at once: whatever it waited for never comes. It starts again after a while. */
  crash(reason: string): void {
    if (!this.process.isAlive) return
    const { scheduler, random, isHealed } = this.sim
    this.process.isAlive = false
    this.sim.note(`${this.process.name} dies: ${reason}`)
    this.sim.count('crashes')
    scheduler.after(isHealed ? 20_000 : random.between(5_000, 2_500_000), () => {
      this.process = this.start()
    })
  }

  private start(): SimProcess {
    const process = new SimProcess(this, `${this.name}.${++this.lives}`)
    this.sim.scheduler.after(1, () => this.boot(process))
    return process
  }
}

/** One life of what runs on a machine. */
export class SimProcess {
  isAlive = true

  constructor(
    readonly machine: Machine,
    readonly name: string,
  ) {}

  get sim(): Sim {
    return this.machine.sim
  }

  nowMs(): number {
    return this.machine.nowMs()
  }

  /** Waits in simulated time; answers early when the signal aborts, never when the process has died. */
  readonly wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      if (signal.aborted) return resolve()
      const end = (): void => {
        timer.isCancelled = true
        signal.removeEventListener('abort', end)
        if (this.isAlive) resolve()
      }
      const timer = this.sim.scheduler.after(ms * 1_000, end)
      signal.addEventListener('abort', end)
    })

  sleep(ms: number): Promise<void> {
    return this.wait(ms, neverAborted)
  }

  /** Runs a part. When it fails the process dies of it; a failure that nobody injected is a violation. */
  run(what: string, part: () => Promise<void>): void {
    part().catch((error: unknown) => this.failed(what, error))
  }

  failed(what: string, error: unknown): void {
    if (!this.isAlive) return
    this.judge(what, error)
    this.machine.crash(`${what} failed with ${nameOf(error)}`)
  }

  /** Makes a violation of an error that is no consequence of an injected fault. */
  judge(what: string, error: unknown): void {
    if (isConsequence(error)) return
    const trace = error instanceof Error ? (error.stack ?? '') : ''
    this.sim.fail('a part fails by injected faults alone', `${what} of ${this.name}: ${nameOf(error)} ${trace}`)
  }
}

const neverAborted = new AbortController().signal
