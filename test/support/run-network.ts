import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './outcome.ts'

type Waiter = {
  readonly pattern: RegExp
  readonly resolve: (line: string) => void
  readonly reject: (error: Error) => void
  missing: number
}

/** 128 + SIGINT: it was ended before its jobs were paid. */
const interruptedExitCode = 130

/** What `npm start` runs once everything is built. */
export const startPath = fileURLToPath(new URL('../../../deploy/local/dist/start.js', import.meta.url))

/** A network that `npm start` would run, as a process of its own, with everything that it printed. */
export class NetworkProcess {
  readonly stderr: string[] = []
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly outcome: Promise<Outcome>
  private readonly child: ChildProcess
  private readonly waiting = new Set<Waiter>()
  private isEnded = false

  constructor(dataFolder: string, args: readonly string[] = []) {
    const found = Promise.withResolvers<Outcome>()
    this.outcome = found.promise
    found.promise.catch(() => undefined)
    const command = [
      '--max-semi-space-size=2',
      '--optimize-for-size',
      startPath,
      '--json',
      '--port',
      '0',
      '--data',
      dataFolder,
      ...args,
    ]
    this.child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    lines(this.child.stdout, line => found.resolve(JSON.parse(line) as Outcome))
    lines(this.child.stderr, line => this.see(line))
    this.exit = new Promise(resolve => {
      this.child.once('close', (code, signal) => {
        const ended = new Error(`the network ended (${signal ?? code}) before that:\n${this.stderr.join('\n')}`)
        found.reject(ended)
        for (const waiter of this.waiting) waiter.reject(ended)
        this.isEnded = true
        resolve({ code, signal })
      })
    })
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the network did not start')
    return this.child.pid
  }

  /** The line of progress that is the n-th to match, one that was printed already or one to come. Rejects when none can come. */
  line(pattern: RegExp, count = 1): Promise<string> {
    const seen = this.stderr.filter(line => pattern.test(line))
    const found = seen[count - 1]
    if (found !== undefined) return Promise.resolve(found)
    if (this.isEnded)
      return Promise.reject(new Error(`the network ended before ${pattern}:\n${this.stderr.join('\n')}`))
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    this.waiting.add({ pattern, resolve, reject, missing: count - seen.length })
    return promise
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Ends the network by Ctrl-C; throws when it does not end as it should then, whether its jobs were paid already or not. */
  async stop(): Promise<void> {
    this.kill('SIGINT')
    const { code, signal } = await this.exit
    if (code !== 0 && code !== interruptedExitCode)
      throw new Error(`the network ended with ${signal ?? code}:\n${this.stderr.join('\n')}`)
  }

  private see(line: string): void {
    this.stderr.push(line)
    for (const waiter of this.waiting) {
      if (!waiter.pattern.test(line) || --waiter.missing > 0) continue
      this.waiting.delete(waiter)
      waiter.resolve(line)
    }
  }
}

/** A folder of its own for one test, removed by `remove`. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const parent = mkdtempSync(join(tmpdir(), 'deparrow-test-'))
  return { path: join(parent, 'data'), remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 5 }) }
}

function lines(stream: NodeJS.ReadableStream | null, see: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', see)
}
