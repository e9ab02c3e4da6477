import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a `deparrow` command did; `json` is what it printed with `--json`. */
export type CommandEnd = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly json: Readonly<Record<string, unknown>>
}

const commandPath = fileURLToPath(new URL('../../../compute-node/bin/deparrow.js', import.meta.url))

/** A command that talks to a network on this machine is done well within this. */
const patienceMs = 60_000

/** Runs one `deparrow … --json` as a process of its own, with nothing in its environment but what is given. */
export async function runCommand(words: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandEnd> {
  const end = await launch(['--json', ...words], env)
  return { ...end, json: JSON.parse(end.stdout) as CommandEnd['json'] }
}

/** Runs one `deparrow …` as a person would, and gives what it printed. */
export function runCommandPlainly(words: readonly string[], env: Readonly<Record<string, string>>) {
  return launch(words, env)
}

function launch(words: readonly string[], env: Readonly<Record<string, string>>) {
  const options = { env: { ...env }, timeout: patienceMs, maxBuffer: 2 ** 24 }
  return new Promise<Omit<CommandEnd, 'json'>>((resolve, reject) => {
    execFile(process.execPath, [commandPath, ...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, stdout, stderr })
      else reject(new Error(`deparrow ${words.join(' ')} did not end: ${stderr}`, { cause: error }))
    })
  })
}
