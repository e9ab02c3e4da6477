import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Answer, PlainCodes, Task } from './messages.ts'

type Done = Extract<Answer, { readonly type: 'done' }>
export type TestName = Extract<Answer, { readonly type: 'ready' }>['tests'][number]

/** What a test, and compiling before it, may take beyond the test's usual time, in milliseconds: a busy machine must not look like a change that hangs. */
const PATIENCE_MS = 300_000
const PATIENCE_TIMES = 20

/** A process that has all specs loaded and answers one task at a time. */
export class SpecProcess {
  private readonly child: ChildProcess
  readonly tests: readonly TestName[]

  private constructor(child: ChildProcess, tests: readonly TestName[]) {
    this.child = child
    this.tests = tests
  }

  /** Throws `SpecProcessError` when the specs cannot be loaded. */
  static async start(plain: PlainCodes): Promise<SpecProcess> {
    const child = fork(join(import.meta.dirname, 'worker.fixture.ts'), [], {
      cwd: join(import.meta.dirname, '..'),
      execArgv: ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const first = await nextAnswer(child)
    if (first.type !== 'ready') throw new SpecProcessError(first.type === 'broken' ? first.message : first.type)
    child.send(plain)
    return new SpecProcess(child, first.tests)
  }

  /**
   * Answers what became of the tests, `timedOut` when one of them does not end; then the process is over. `usualMs` is what each takes, and
   * `onTest` hears of each when it begins. Throws `SpecProcessError` when the process cannot go on.
   */
  async run(task: Task, usualMs: ReadonlyMap<string, number>, onTest?: (id: string) => void): Promise<Done> {
    this.child.send(task)
    for (let limitMs = PATIENCE_MS; ; ) {
      const answer = await nextAnswer(this.child, limitMs)
      if (answer === undefined) {
        await this.end()
        return { type: 'done', status: 'timedOut' }
      }
      if (answer.type === 'done') return answer
      if (answer.type !== 'test') throw new SpecProcessError(answer.type === 'broken' ? answer.message : answer.type)
      onTest?.(answer.id)
      // Compiling for the next test may follow before it is named.
      limitMs = PATIENCE_MS + PATIENCE_TIMES * (usualMs.get(answer.id) ?? 0)
    }
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  async end(): Promise<void> {
    if (this.isOver) return
    const over = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await over
  }
}

export class SpecProcessError extends Error {
  override readonly name = 'SpecProcessError'
}

function nextAnswer(child: ChildProcess): Promise<Answer>
function nextAnswer(child: ChildProcess, limitMs: number): Promise<Answer | undefined>
function nextAnswer(child: ChildProcess, limitMs?: number): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const timer = limitMs === undefined ? undefined : setTimeout(() => settle(() => resolve(undefined)), limitMs)
    const onMessage = (answer: unknown) => settle(() => resolve(answer as Answer))
    const onExit = () => settle(() => reject(new SpecProcessError('The process of the specs ended by itself.')))
    const settle = (then: () => void) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      then()
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}
