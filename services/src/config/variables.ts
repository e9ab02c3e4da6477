import type { Address } from '@deparrow/ledger'
import { z } from 'zod'
import { databaseLocation, storeLocation } from './locations.ts'

/**
 * The variables of the environment, each with what it takes, as its description says to people. Which of them a role reads is in
 * `role-variables.ts`.
 */

/** A whole number in decimal digits. */
function wholeNumber(min: number, max: number) {
  const range = `is no whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, range)
    .transform(Number)
    .pipe(z.int(range).min(min, range).max(max, range))
}

const port = wholeNumber(0, 65_535)
const path = z.string().min(1)
const host = z.string().min(1).max(253)
const url = z.url({ protocol: /^https?$/, error: 'is no address that begins with http:// or https://' })
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'is no address of 0x and 40 hexadecimal digits')
  .transform(text => text.toLowerCase() as Address)

/** One or more texts with commas between them. */
function list(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform(text => text.split(',').map(part => part.trim()))
    .pipe(z.array(item).min(1).max(100))
}

const dayMs = 86_400_000

export const variables = {
  /** Loopback unless the process has a network of its own, as in a container. */
  INTERNAL_HOST: host.default('127.0.0.1').describe('the address to listen on for other services of the network'),
  INTERNAL_PORT: port.default(7000).describe('the port for other services, health and figures; 0 picks a free one'),
  INTERNAL_SECRET_FILE: path.describe('a file (mode 0600) with the secret that all services of the network share'),
  STORE_URL: storeLocation.describe('where the journal lies: sqlite:PATH, postgres://… or kurrentdb://…'),
  DATABASE_PASSWORD_FILE: path
    .optional()
    .describe('a file (mode 0600) with the password for servers whose address has none'),
  SHARD: wholeNumber(0, 1_023).default(0).describe('the number of the shard that this process is for, from 0'),
  SHARD_COUNT: wholeNumber(1, 1_024).default(1).describe('how many shards the ledger has'),
  LEDGER_URLS: list(url).describe('the internal addresses of all ledger processes of the shard, with commas between'),
  LEDGER_KEY_FILE: path.describe('the key file (Web3 Secret Storage) with which the ledger signs'),
  LEDGER_KEY_PASSWORD_FILE: path.describe('a file (mode 0600) with the password of the ledger’s key file'),
  TREASURER_ADDRESS: address
    .optional()
    .describe('the address that signs grants and changes of prices; only read when a new ledger is opened'),
  SNAPSHOT_FOLDER: path.optional().describe('a folder for snapshots, which make the next start faster'),
  RPC_URL: url.describe('the JSON-RPC address of the chain'),
  SETTLEMENT_ADDRESS: address.describe('the address of the settlement contract'),
  KAFKA_BROKERS: list(z.string().regex(/^[^\s,:]+:\d{1,5}$/, 'is no host:port')).describe(
    'host:port of one or more Kafka brokers, with commas between',
  ),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,200}$/, 'is no name of a topic')
    .default('deparrow-ledger')
    .describe('the topic of the ledger’s events'),
  KAFKA_REPLICAS: wholeNumber(1, 100)
    .optional()
    .describe('copies of each partition when the topic is created; by default what the brokers say'),
  READ_MODEL_URL: databaseLocation.describe('where the projections lie: sqlite:PATH or postgres://…'),
  MARKET_DATABASE_URL: databaseLocation.describe('where the market keeps its jobs: sqlite:PATH or postgres://…'),
  CONTENT_FOLDER: path.describe('the folder for modules, inputs and outputs'),
  MESH_HOST: z.ipv4('is no IPv4 address').default('127.0.0.1').describe('the IPv4 address on which nodes are awaited'),
  MESH_PORT: port.default(4001).describe('the TCP port on which nodes are awaited; 0 picks a free one'),
  /** What the process listens on is not what nodes outside of its container can reach. */
  MESH_ANNOUNCE: list(z.string().regex(/^(\/[a-z0-9.-]+)+$/i, 'is no multiaddress such as /dns4/NAME/tcp/4001'))
    .optional()
    .describe('the multiaddresses by which nodes reach the market, when they are others than it listens on'),
  MESH_KEY_FILE: path.describe('the key file (Web3 Secret Storage) of the market’s peer id'),
  MESH_KEY_PASSWORD_FILE: path.describe('a file (mode 0600) with the password of the mesh key file'),
  MARKET_URL: url.describe('the internal address of the market'),
  SETTLEMENT_URL: url.describe('the internal address of settlement'),
  AUDIT_URL: url.optional().describe('the internal address of the audit, where one runs'),
  POSTER_KEY_FILE: path.describe('the key file (Web3 Secret Storage) of the account that posts epochs'),
  POSTER_KEY_PASSWORD_FILE: path.describe('a file (mode 0600) with the password of the poster’s key file'),
  /** One is right for the local chain alone: a public chain may take back its newest blocks. */
  CHAIN_CONFIRMATIONS: wholeNumber(1, 10_000).default(1).describe('how many blocks make a transaction count'),
  CHAIN_POLL_MS: wholeNumber(50, 600_000).default(250).describe('how often the chain is asked for news, in ms'),
  PAYOUT_GATHER_MS: wholeNumber(0, dayMs)
    .default(1_000)
    .describe('how long payouts wait for others to share an epoch with, in ms'),
  EPOCH_INTERVAL_MS: wholeNumber(1_000, 30 * dayMs)
    .default(3_600_000)
    .describe('after how long an epoch is closed though nothing is to be paid, in ms'),
  REGISTRY_ADDRESS: address
    .optional()
    .describe('the address of the registry in which nodes stake; without it no stakes are journalled'),
  GAS_FEE_MAX_GWEI: wholeNumber(1, 1_000_000)
    .optional()
    .describe('what a gas may cost before posting waits, in gwei; by default there is no limit'),
  EPOCH_BOND_WORTH_GWEI: wholeNumber(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(
      'what the bond behind one epoch is worth, in gwei of the chain’s coin: what the answers to demands that are due soon may cost together, above GAS_FEE_MAX_GWEI; by default they may cost anything',
    ),
  PUBLIC_RPC_URL: url.describe('the JSON-RPC address of the chain as clients reach it'),
  TOKEN_ADDRESS: address.describe('the address of the DPC token'),
  SESSION_SECRET_FILE: path.describe('a file (mode 0600) with the secret that signs sessions, 32 characters or more'),
  HTTP_HOST: host.default('127.0.0.1').describe('the address on which the public is served'),
  HTTP_PORT: port.default(8080).describe('the port on which the public is served; 0 picks a free one'),
  PUBLIC_ORIGIN: url.optional().describe('the origin that wallets sign in to, when a proxy stands in front'),
  SESSION_SECONDS: wholeNumber(60, 86_400).default(3_600).describe('how long a session lasts, in seconds'),
  REQUESTS_PER_MINUTE_MAX: wholeNumber(1, 10_000_000).default(12_000).describe('requests of one address a minute'),
  CONNECTIONS_MAX: wholeNumber(1, 100_000).default(1_000).describe('WebSockets at the same time'),
  CONTENT_BYTES_MAX: wholeNumber(1_024, 64 * 2 ** 20)
    .default(16 * 2 ** 20)
    .describe('the largest content that is taken, in bytes'),
  CONTENT_BYTES_PER_DAY_MAX: wholeNumber(1_024, 2 ** 40)
    .default(2 ** 30)
    .describe('what one wallet may send between midnights UTC, in bytes'),
} as const

export type VariableName = keyof typeof variables
