import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startPath } from './run-network.ts'

export type StartEnd = {
  /** `null` when it had to be killed because it did not end. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What should refuse to start does so within this; a start that does not end is killed. */
const patienceMs = 60_000

const rebuildPath = fileURLToPath(new URL('../../../services/dist/read-model/rebuild.main.js', import.meta.url))

/** Runs `npm start -- …args` without npm to its end. */
export function runStart(args: readonly string[]): Promise<StartEnd> {
  return run(['--max-semi-space-size=2', '--optimize-for-size', startPath, ...args])
}

/** Runs `npm run rebuild -- …args` without npm to its end. */
export function runRebuild(args: readonly string[]): Promise<StartEnd> {
  return run([rebuildPath, ...args])
}

async function run(command: readonly string[]): Promise<StartEnd> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  clearTimeout(timer)
  return { code, stdout, stderr }
}

/** Processes whose command line names a text. Looks where there is a `/proc`; elsewhere there are none to be seen. */
export function processesNaming(name: string): readonly string[] {
  const pids = list('/proc').filter(entry => /^\d+$/.test(entry) && Number(entry) !== process.pid)
  return pids.map(commandLine).filter(command => command.includes(name))
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
