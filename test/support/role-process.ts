import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a process says of itself on standard error. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly message: string }

const repository = new URL('../../../', import.meta.url)

/** A program of this repository as a process of its own, with an environment of its own and everything that it printed. */
export class RoleProcess {
  readonly lines: LogLine[] = []
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  private readonly child: ChildProcess
  private readonly waiting = new Set<() => void>()
  private isEnded = false

  /** `program` is a path in the repository, followed by its arguments. */
  constructor(
    readonly name: string,
    [program, ...args]: readonly [string, ...string[]],
    environment: Readonly<Record<string, string>>,
  ) {
    const path = fileURLToPath(new URL(program, repository))
    const nodeOptions = ['--max-semi-space-size=2', '--optimize-for-size']
    this.child = spawn(process.execPath, [...nodeOptions, path, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (this.child.stderr !== null) createInterface({ input: this.child.stderr }).on('line', line => this.see(line))
    this.exit = new Promise(resolve => {
      this.child.once('close', (code, signal) => {
        this.isEnded = true
        this.wake()
        resolve({ code, signal })
      })
    })
  }

  /** Its first line with this message. Rejects when it ends before, or does not say it within two minutes. */
  async line(message: string): Promise<LogLine> {
    const giveUp = AbortSignal.timeout(120_000)
    for (;;) {
      const found = this.lines.find(line => line.message === message)
      if (found !== undefined) return found
      if (this.isEnded || giveUp.aborted) throw new Error(`${this.name} did not say ${message}:\n${this.told()}`)
      await new Promise<void>(resolve => {
        this.waiting.add(resolve)
        giveUp.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Ends it by SIGTERM, and by force when it does not end; answers with its exit code, `null` when it had to be forced. */
  async stop(): Promise<number | null> {
    if (this.isEnded) return (await this.exit).code
    this.kill('SIGTERM')
    const timer = setTimeout(() => this.kill('SIGKILL'), 30_000)
    const { code } = await this.exit
    clearTimeout(timer)
    return code
  }

  /** Everything that it said, for the message of a test that failed. */
  told(): string {
    return this.lines.map(line => JSON.stringify(line)).join('\n')
  }

  private see(line: string): void {
    this.lines.push(parse(line))
    this.wake()
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { message: line }
  }
}
