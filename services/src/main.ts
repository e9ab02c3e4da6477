import { ConfigError } from './config/config-error.ts'
import { describeVariables, type RoleConfig, readRoleConfig } from './config/role-config.ts'
import { type Role, roleName } from './config/role-variables.ts'
import { showConfig } from './config/show-config.ts'
import { startRole } from './roles/start-role.ts'

const usage = `usage: DEPARROW_ROLE=ROLE node services/dist/main.js [--check | --help]

Runs one service of a network, as its variables of the environment say.

  --check   print the configuration, without secrets, and end
  --help    this text, and the variables of the role that DEPARROW_ROLE names`

/** Whatever has not ended by then is left behind: the journal survives that. */
const closeTimeoutMs = 15_000

/** Exit codes: 0 ended when told to, 1 something failed, 2 the configuration or the command line cannot be used. */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--check' && args[0] !== '--help')) {
    console.error(usage)
    return 2
  }
  if (args[0] === '--help') {
    console.log(`${usage}\n\n${helpOf(roleName.safeParse(process.env['DEPARROW_ROLE']).data)}`)
    return 0
  }
  try {
    const config = readRoleConfig(process.env)
    if (args[0] === '--check') console.log(showConfig(config))
    else await run(config)
    return 0
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error)
    return error instanceof ConfigError ? 2 : 1
  }
}

/** Runs until SIGINT or SIGTERM; throws what keeps the role from starting, or from going on. */
async function run(config: RoleConfig): Promise<void> {
  const log = logOf(config.role)
  const stopping = new AbortController()
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort(new StoppedError())
      stopped.resolve()
    })
  }
  try {
    const role = await startRole(config, log, stopping.signal)
    const { internalPort, publicUrl } = role
    log.inform('started', { internalPort, ...(publicUrl && { publicUrl }) })
    try {
      await Promise.race([stopped.promise, role.failed])
    } finally {
      log.inform('ends')
      setTimeout(() => process.exit(1), closeTimeoutMs).unref()
      await role.close()
    }
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
  }
}

type Log = { readonly inform: (message: string, more?: object) => void; readonly report: (problem: string) => void }

/** One line of JSON on standard error for each thing that happens. */
function logOf(role: Role): Log {
  const write = (level: string, message: string, more: object = {}) => {
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, role, message, ...more })}\n`)
  }
  return { inform: (message, more) => write('info', message, more), report: message => write('warn', message) }
}

function helpOf(role: Role | undefined): string {
  if (role === undefined) return `DEPARROW_ROLE: ${roleName.description}`
  return describeVariables(role)
    .map(({ name, takes }) => `${name}\n    ${takes}`)
    .join('\n')
}

/** The reason with which a start ends that was told to stop. */
class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

process.exitCode = await main(process.argv.slice(2))
// Everything is closed; what a library still waits for must not keep the process. What was written must get out.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
