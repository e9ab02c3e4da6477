import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { CliError } from './cli-error.ts'

/** What a command needs to know before it does anything. */
export type CliConfig = {
  /** The network's gateway. `--url`, or `DEPARROW_URL`. */
  readonly url: string
  /** Folder of keys and of the node's data. `--data`, or `DEPARROW_DATA`. */
  readonly dataFolder: string
  /** File with the password of the keys, from `DEPARROW_KEY_PASSWORD_FILE`. */
  readonly keyPasswordFile: string | undefined
  /** Where a node finds Docker Engine, from `DOCKER_HOST`, as Docker's own tools read it. */
  readonly dockerHost: string | undefined
}

/** Where `npm start` serves the network. */
const urlDefault = 'http://127.0.0.1:8080'

const text = z.string().trim().min(1).max(4_096)

const schema = z.object({
  url: text.default(urlDefault),
  dataFolder: text.default(() => join(homedir(), '.deparrow')),
  keyPasswordFile: text.optional(),
  dockerHost: text.optional(),
})

/** What the command line says about the configuration; it wins over the environment. */
export type ConfigFlags = { readonly url?: string; readonly data?: string }

/** Reads the configuration, the one place that looks at the environment. Throws `CONFIG_INVALID` naming the variable. */
export function readConfig(environment: NodeJS.ProcessEnv, flags: ConfigFlags): CliConfig {
  const given = {
    url: flags.url ?? environment['DEPARROW_URL'],
    dataFolder: flags.data ?? environment['DEPARROW_DATA'],
    keyPasswordFile: environment['DEPARROW_KEY_PASSWORD_FILE'],
    // Docker's own tools take an empty variable for none.
    dockerHost: environment['DOCKER_HOST'] || undefined,
  }
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0])
    const sources: Readonly<Record<string, string>> = {
      url: '--url or DEPARROW_URL',
      dataFolder: '--data or DEPARROW_DATA',
      keyPasswordFile: 'DEPARROW_KEY_PASSWORD_FILE',
      dockerHost: 'DOCKER_HOST',
    }
    throw new CliError('CONFIG_INVALID', `${sources[field] ?? field} is empty or too long.`)
  }
  const { url, dataFolder, keyPasswordFile, dockerHost } = parsed.data
  return Object.freeze({ url, dataFolder: resolve(dataFolder), keyPasswordFile, dockerHost })
}
