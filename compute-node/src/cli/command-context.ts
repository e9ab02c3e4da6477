import type { CliConfig } from './config.ts'
import type { Output } from './output.ts'

/** What every command gets. */
export type CommandContext = {
  readonly config: CliConfig
  readonly output: Output
  /** Aborts on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal
}
