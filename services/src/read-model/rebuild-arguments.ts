import { parseArgs } from 'node:util'

/** What to rebuild from: SQLite files in a data folder, or one PostgreSQL database that holds journal and projections. */
export type RebuildSource =
  | { readonly engine: 'sqlite'; readonly dataFolder: string; readonly shards: readonly string[] }
  | { readonly engine: 'postgres'; readonly url: string; readonly schema?: string; readonly shards: readonly string[] }

export const rebuildUsage = 'usage: npm run rebuild -- (--data DIR | --postgres URL) [--shard NAME]...'

/** The shard that a network with one shard has. */
export const shardDefault = 'main'

/** Reads the command line; `undefined` when it names no source, two of them, or anything else. */
export function parseRebuildArguments(args: readonly string[]): RebuildSource | undefined {
  const options = {
    data: { type: 'string' },
    postgres: { type: 'string' },
    shard: { type: 'string', multiple: true },
  } as const
  try {
    const { values } = parseArgs({ args: [...args], options })
    const shards = values.shard ?? [shardDefault]
    if (values.data && values.postgres === undefined) return { engine: 'sqlite', dataFolder: values.data, shards }
    if (values.postgres && values.data === undefined) return { engine: 'postgres', url: values.postgres, shards }
    return undefined
  } catch {
    return undefined
  }
}
