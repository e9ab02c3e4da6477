import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export type OwnEngine = 'postgres' | 'kafka'

const script = fileURLToPath(new URL('../../../scripts/engines.sh', import.meta.url))

/** A broker on a busy machine needs most of it, above all after it was killed. */
const startTimeoutMs = 120_000

/** How long a killed process may stay in the process table. */
const deathTimeoutMs = 10_000

/**
 * A PostgreSQL and a Kafka for one test alone, which it may kill: on ports and in a folder of their own, started as `npm run engines`
 * starts the others. Needs what that needs: Debian and root.
 */
export class OwnEngines {
  private constructor(
    private readonly home: string,
    private readonly postgresPort: number,
    private readonly kafkaPort: number,
  ) {}

  static async start(): Promise<OwnEngines> {
    const home = mkdtempSync(join(tmpdir(), 'deparrow-engines-'))
    chmodSync(home, 0o755)
    const engines = new OwnEngines(home, await freePorts(1), await freePorts(2))
    process.once('exit', () => engines.removeNow())
    await engines.run(['start', 'postgres', 'kafka'])
    return engines
  }

  get postgresUrl(): string {
    return `postgres://deparrow@127.0.0.1:${this.postgresPort}/postgres`
  }

  get kafkaBroker(): string {
    return `127.0.0.1:${this.kafkaPort}`
  }

  /** `kill -9` of all processes of an engine; resolves when they are gone. Its data stays as it is. */
  async kill(engine: OwnEngine): Promise<void> {
    const pids = this.stoppedPids(engine)
    if (pids.length === 0) throw new Error(`${engine} does not run`)
    for (const pid of pids) signalNow(pid, 'SIGKILL')
    const deadlineMs = performance.now() + deathTimeoutMs
    while (pids.some(isAlive)) {
      if (performance.now() > deadlineMs) throw new Error(`${engine} survived kill -9 for ${deathTimeoutMs} ms`)
      await wait(10)
    }
    // The next postmaster would take a process that nobody has reaped yet for one that runs.
    const locks = ['postmaster.pid', `.s.PGSQL.${this.postgresPort}.lock`]
    if (engine === 'postgres') for (const lock of locks) rmSync(join(this.postgresData, lock), { force: true })
  }

  /** Starts a killed engine again on its data; resolves when it answers. */
  restart(engine: OwnEngine): Promise<void> {
    return this.run(['start', engine])
  }

  /** Ends both engines and removes all that they wrote. */
  async remove(): Promise<void> {
    await this.run(['stop'])
    this.removeNow()
  }

  private get postgresData(): string {
    return join(this.home, `postgres-${this.postgresPort}`)
  }

  private removeNow(): void {
    for (const engine of ['kafka', 'postgres'] as const) {
      for (const pid of this.stoppedPids(engine)) signalNow(pid, 'SIGKILL')
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  /** The server and, of PostgreSQL, its children; it is stopped first, so that it makes no more of them. */
  private stoppedPids(engine: OwnEngine): readonly number[] {
    const file = engine === 'kafka' ? join(this.home, 'kafka.pid') : join(this.postgresData, 'postmaster.pid')
    const pid = Number(linesOf(file)[0])
    if (!(pid > 0) || !isAlive(pid)) return []
    signalNow(pid, 'SIGSTOP')
    return [pid, ...childrenOf(pid)]
  }

  private logOf(args: readonly string[]): string {
    const file = args.includes('postgres') ? join(this.postgresData, 'log') : join(this.home, 'kafka', 'log')
    return linesOf(file).slice(-20).join('\n')
  }

  private async run(args: readonly string[]): Promise<void> {
    const { POSTGRES_URL: _postgres, KAFKA_BROKERS: _kafka, ...inherited } = process.env
    const env = {
      ...inherited,
      DEPARROW_ENGINES_HOME: this.home,
      DEPARROW_POSTGRES_PORT: `${this.postgresPort}`,
      DEPARROW_KAFKA_PORT: `${this.kafkaPort}`,
      // A broker that lives for seconds is up sooner without the optimising compiler.
      JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
    }
    const signal = AbortSignal.timeout(startTimeoutMs)
    const child = spawn('bash', [script, ...args], { env, signal, stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    const [code] = await once(child, 'exit')
    if (code === 0) return
    throw new Error(`engines.sh ${args.join(' ')} ended with ${String(code)}:\n${output}\n${this.logOf(args)}`)
  }
}

/** The first of so many ports in a row on which nobody listens. */
async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = await listenOnce(0)
    if (first === undefined || first + count > 65_536) continue
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => listenOnce(first + index + 1)))
    if (!others.includes(undefined)) return first
  }
  throw new Error(`there are no ${count} free ports in a row`)
}

async function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch {
    return undefined
  } finally {
    server.close()
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** State and parent of a process as `proc(5)` tells them; `undefined` when it is gone. */
function statusOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  const fields = linesOf(`/proc/${pid}/stat`)[0]?.split(') ').at(-1)?.split(' ')
  return fields === undefined ? undefined : { state: fields[0] ?? '', parent: Number(fields[1]) }
}

function isAlive(pid: number): boolean {
  const status = statusOf(pid)
  return status !== undefined && status.state !== 'Z' && status.state !== 'X'
}

function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => statusOf(pid)?.parent === parent)
}

function signalNow(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
