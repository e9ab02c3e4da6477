import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LedgerAnswer, LedgerCommand } from '@deparrow/ledger'
import type { LedgerMessage, LedgerProcessSettings, LedgerRequest } from './ledger-messages.ts'

const script = fileURLToPath(new URL('./ledger-process.js', import.meta.url))

/** After this a process that says nothing counts as gone, and a ledger that nobody leads as lost. */
const patienceMs = 45_000

/**
 * Two ledger processes on one shard: the writer and its hot standby, whichever is which. Commands go to the one that said last that it
 * leads; one that got no answer is sent again, unchanged, until it gets one.
 */
export class LedgerPair {
  /** How long commands were not answered after each kill of the writer that a standby was ready for, in ms. */
  readonly takeoversMs: number[] = []
  /** Commands that were sent again because nobody could say what became of them. */
  repeatedSends = 0
  private readonly processes = new Set<LedgerProcess>()
  private readonly standbys = new Set<LedgerProcess>()
  private leader: LedgerProcess | undefined
  private waiting: (() => void)[] = []
  private killedAtMs: number | undefined
  private isStopped = false
  private broken: string | undefined
  private lastProblem = 'no problem was told'

  constructor(private readonly settings: LedgerProcessSettings) {
    this.startProcess()
    this.startProcess()
  }

  /** Rejects when the command has no answer after 45 s. */
  async submit(command: LedgerCommand): Promise<LedgerAnswer> {
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      const leader = await this.whenLed(deadlineMs)
      const answer = await leader.ask(command)
      if (answer !== undefined) {
        this.countTakeover(leader)
        return answer
      }
      this.repeatedSends += 1
      // A process that is gone refuses at once; that it is gone must be heard before the next try.
      await setImmediate()
    }
  }

  /** `kill -9` of the process that writes, while the other one is ready to take over; another is started at once. */
  async killWriter(): Promise<void> {
    const writer = await this.whenLed(performance.now() + patienceMs, () => this.standbys.size > 0)
    this.killedAtMs = performance.now()
    await this.replace(writer)
  }

  /** `kill -9` of both; two others are started at once. */
  async killBoth(): Promise<void> {
    await this.whenLed(performance.now() + patienceMs)
    await Promise.all([...this.processes].map(each => this.replace(each)))
  }

  /** `kill -9` of the process that waits; another one is started at once. */
  async killStandby(): Promise<void> {
    const writer = await this.whenLed(performance.now() + patienceMs)
    for (const other of [...this.processes]) if (other !== writer) await this.replace(other)
  }

  /** Ends both processes. */
  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.all([...this.processes].map(each => each.kill()))
  }

  private startProcess(): void {
    const started = new LedgerProcess(this.settings, {
      leads: () => {
        this.leader = started
        this.standbys.delete(started)
        this.wake()
      },
      waits: () => {
        this.standbys.add(started)
        this.wake()
      },
      ends: () => {
        if (this.leader === started) this.leader = undefined
        this.standbys.delete(started)
      },
      hasProblem: text => {
        this.lastProblem = text
      },
      breaks: text => {
        this.broken ??= text
        this.wake()
      },
    })
    this.processes.add(started)
  }

  private async replace(killed: LedgerProcess): Promise<void> {
    this.processes.delete(killed)
    await killed.kill()
    if (!this.isStopped) this.startProcess()
  }

  private async whenLed(deadlineMs: number, isReady = () => true): Promise<LedgerProcess> {
    while (this.leader === undefined || !isReady()) {
      if (this.broken !== undefined) throw new Error(this.broken)
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw new Error(`nobody has led the shard for ${patienceMs} ms: ${this.lastProblem}`)
      const changed = Promise.withResolvers<void>()
      this.waiting.push(changed.resolve)
      const timer = setTimeout(changed.resolve, leftMs)
      await changed.promise
      clearTimeout(timer)
    }
    return this.leader
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  private countTakeover(leader: LedgerProcess): void {
    if (this.killedAtMs === undefined || !this.processes.has(leader)) return
    this.takeoversMs.push(Math.round(performance.now() - this.killedAtMs))
    this.killedAtMs = undefined
  }
}

/** What a process says of itself. */
type Heard = {
  leads(): void
  waits(): void
  /** It leads no longer, or is gone. */
  ends(): void
  hasProblem(text: string): void
  breaks(text: string): void
}

/** One process and the commands that it has not answered. */
class LedgerProcess {
  private readonly child: ChildProcess
  private readonly asked = new Map<number, (answer: LedgerAnswer | undefined) => void>()
  private nextId = 0
  private isGone = false
  private isKilled = false

  constructor(
    settings: LedgerProcessSettings,
    private readonly heard: Heard,
  ) {
    this.child = fork(script, [JSON.stringify(settings)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.child.on('message', message => this.take(message as LedgerMessage))
    this.child.once('disconnect', () => this.forget('a ledger process closed its channel'))
    this.child.once('exit', code => this.forget(`a ledger process ended by itself with ${code}`))
    this.child.on('error', error => this.forget(`a ledger process failed: ${error.message}`))
  }

  /** `undefined` when the process cannot say what became of it. */
  ask(command: LedgerCommand): Promise<LedgerAnswer | undefined> {
    if (this.isGone || !this.child.connected) return Promise.resolve(undefined)
    const request: LedgerRequest = { id: this.nextId++, command }
    return new Promise(resolve => {
      const timer = setTimeout(() => this.settle(request.id, undefined), patienceMs)
      this.asked.set(request.id, answer => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.child.send(request, error => {
        if (error !== null) this.settle(request.id, undefined)
      })
    })
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.isKilled = true
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }

  private take(message: LedgerMessage): void {
    if (this.isGone) return
    if (message.kind === 'answer') this.settle(message.id, message.answer)
    else if (message.kind === 'unavailable') this.settle(message.id, undefined)
    else if (message.kind === 'problem') this.heard.hasProblem(message.text)
    else if (message.kind === 'leading') this.heard.leads()
    else if (message.kind === 'waiting') this.heard.waits()
    else this.heard.ends()
  }

  private settle(id: number, answer: LedgerAnswer | undefined): void {
    this.asked.get(id)?.(answer)
    this.asked.delete(id)
  }

  private forget(problem: string): void {
    if (this.isGone) return
    this.isGone = true
    this.heard.ends()
    if (!this.isKilled) this.heard.breaks(problem)
    for (const id of [...this.asked.keys()]) this.settle(id, undefined)
  }
}
