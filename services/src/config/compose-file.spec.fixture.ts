import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A service of `deploy/compose.yaml`, as far as tests look at it, with the defaults of its variables put in. */
export type ComposeService = {
  readonly image: string
  readonly environment?: Readonly<Record<string, string>>
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[]
  readonly command?: readonly string[]
  readonly secrets?: readonly string[]
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>
  readonly profiles?: readonly string[]
}

export type ComposeFile = {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, object>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

/** The path is the same from the source and from the built code. */
const composeFile = new URL('../../../deploy/compose.yaml', import.meta.url)

/** `deploy/compose.yaml` as `docker compose` reads it with the given variables, where it gives none its defaults. */
export function readComposeFile(given: Readonly<Record<string, string>> = {}): ComposeFile {
  return filled(parse(readFileSync(composeFile, 'utf8'), { merge: true }), given) as ComposeFile
}

/** Compose puts variables into the texts of the file, after it has read what is a text. */
function filled(value: unknown, given: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$\{([A-Z_]+)(?::-([^}]*))?\}/g,
      (_, name: string, otherwise = '') => given[name] || otherwise,
    )
  }
  if (Array.isArray(value)) return value.map(item => filled(item, given))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member, given)]))
}
