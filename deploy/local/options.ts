import { parseArgs } from 'node:util'

/** What the local network was asked to do. */
export type LocalOptions = {
  /** Everything that the network keeps lies here. */
  readonly dataFolder: string
  /** HTTP port of the gateway, 0 for any free one. */
  readonly port: number
  /** JSON-RPC port of the chain, 0 for any free one. */
  readonly rpcPort: number
  /** libp2p port of the market, 0 for any free one. */
  readonly meshPort: number
  /** End when the jobs are paid. */
  readonly isOnce: boolean
  /** Begin with an empty data folder. */
  readonly isFresh: boolean
  /** Progress on standard error, one JSON object on standard output. */
  readonly isJson: boolean
  /** The file whose statistics are bought; `undefined` for the licence. */
  readonly textFile: string | undefined
}

export const usage = `npm start -- [options] [FILE]

Runs the whole network on this machine: a chain, the services and one compute node. Then an agent buys two WebAssembly jobs, a
picture and the statistics of a text (FILE, default: the licence), and what the node earned is paid out in DPC.

  --once          end with exit code 0 when the jobs are paid
  --fresh         begin with an empty data folder
  --json          progress on standard error, one JSON object on standard output
  --data DIR      data folder (default: .deparrow)
  --port N        HTTP port (default: 8080; 0 picks a free one)
  --rpc-port N    JSON-RPC port of the chain (default: 0)
  --p2p-port N    libp2p port of the market (default: 0)
  --help          this text`

export type OptionsParse =
  | { readonly kind: 'options'; readonly options: LocalOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }

/** Reads the command line; names the first argument that cannot be used. */
export function parseOptions(args: readonly string[]): OptionsParse {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: flags, allowPositionals: true, strict: true })
    if (values.help === true) return { kind: 'help' }
    if (positionals.length > 1) return refused(`one text file can be named, not ${positionals.length}`)
    const options: LocalOptions = {
      dataFolder: values.data,
      port: parsePort('--port', values.port),
      rpcPort: parsePort('--rpc-port', values['rpc-port']),
      meshPort: parsePort('--p2p-port', values['p2p-port']),
      isOnce: values.once,
      isFresh: values.fresh,
      isJson: values.json,
      textFile: positionals[0],
    }
    return { kind: 'options', options }
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error))
  }
}

const flags = {
  data: { type: 'string', default: '.deparrow' },
  port: { type: 'string', default: '8080' },
  'rpc-port': { type: 'string', default: '0' },
  'p2p-port': { type: 'string', default: '0' },
  once: { type: 'boolean', default: false },
  fresh: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

function parsePort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new RangeError(`${flag} takes a port from 0 to 65535, not ${JSON.stringify(text)}`)
  return port
}

function refused(message: string): OptionsParse {
  return { kind: 'refused', message }
}
