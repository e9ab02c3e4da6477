import { type Command, CommanderError } from 'commander'
import { CliError, failureOf, sentence } from './cli-error.ts'
import { type CliConfig, readConfig } from './config.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { Output, type Streams } from './output.ts'
import { buildProgram } from './program.ts'

/** The part of `process` that a command line uses. */
export type Host = Streams & {
  readonly argv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  exitCode?: number | string | null | undefined
  once(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  removeListener(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/**
 * Runs one command line to its end and sets the exit code; see `exit-codes.ts`. What failed is said in one or two sentences, or with
 * `--json` as one object, and never with a stack trace or a secret.
 */
export async function runCommandLine(host: Host): Promise<void> {
  const output = new Output(host, host.argv.includes('--json'))
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  host.once('SIGINT', interrupt)
  host.once('SIGTERM', interrupt)
  const program = buildProgram(async command => {
    const config: CliConfig = readConfig(host.env, program.opts())
    await command({ config, output, signal: interruption.signal })
  })
  try {
    prepare(program, host, output)
    await program.parseAsync([...host.argv])
  } catch (error) {
    host.exitCode = fail(error, output)
  } finally {
    host.removeListener('SIGINT', interrupt)
    host.removeListener('SIGTERM', interrupt)
  }
}

/** Commander throws instead of exiting, and what it says about a wrong command line goes through {@link Output}. */
function prepare(command: Command, host: Streams, output: Output): void {
  command.exitOverride()
  command.configureOutput({
    writeOut: text => host.stdout.write(text),
    writeErr: text => {
      if (!output.isJson) host.stderr.write(text)
    },
    outputError: () => undefined,
  })
  for (const child of command.commands) prepare(child, host, output)
}

function fail(error: unknown, output: Output): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done
    const isWithoutCommand = error.code === 'commander.help'
    const message = isWithoutCommand
      ? 'Name a command; deparrow --help lists them.'
      : sentence(error.message.replace(/^error: /, '').trim())
    if (output.isJson || !isWithoutCommand) output.failure(failureOf(new CliError('USAGE', message)))
    return exitCodes.usage
  }
  const failure = failureOf(error)
  output.failure(failure)
  return exitCodeOf(failure.code)
}
