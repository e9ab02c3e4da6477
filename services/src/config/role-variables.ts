import { z } from 'zod'
import { type VariableName, variables } from './variables.ts'

/** What every process has: its internal side, and a journal that it writes or follows. */
const common = pick('INTERNAL_HOST', 'INTERNAL_PORT', 'STORE_URL', 'DATABASE_PASSWORD_FILE', 'SHARD', 'SHARD_COUNT')

const secret = pick('INTERNAL_SECRET_FILE')

const following = pick('INTERNAL_SECRET_FILE', 'LEDGER_URLS')

const writing = pick(
  'LEDGER_KEY_FILE',
  'LEDGER_KEY_PASSWORD_FILE',
  'TREASURER_ADDRESS',
  'SNAPSHOT_FOLDER',
  'RPC_URL',
  'SETTLEMENT_ADDRESS',
)

const relaying = pick('KAFKA_BROKERS', 'KAFKA_TOPIC', 'KAFKA_REPLICAS')

const marketing = pick(
  'MARKET_DATABASE_URL',
  'CONTENT_FOLDER',
  'MESH_HOST',
  'MESH_PORT',
  'MESH_ANNOUNCE',
  'MESH_KEY_FILE',
  'MESH_KEY_PASSWORD_FILE',
)

const settling = pick(
  'RPC_URL',
  'POSTER_KEY_FILE',
  'POSTER_KEY_PASSWORD_FILE',
  'CHAIN_CONFIRMATIONS',
  'CHAIN_POLL_MS',
  'PAYOUT_GATHER_MS',
  'EPOCH_INTERVAL_MS',
  'REGISTRY_ADDRESS',
  'GAS_FEE_MAX_GWEI',
  'EPOCH_BOND_WORTH_GWEI',
)

const serving = pick(
  'READ_MODEL_URL',
  'PUBLIC_RPC_URL',
  'TOKEN_ADDRESS',
  'SESSION_SECRET_FILE',
  'HTTP_HOST',
  'HTTP_PORT',
  'PUBLIC_ORIGIN',
  'SESSION_SECONDS',
  'REQUESTS_PER_MINUTE_MAX',
  'CONNECTIONS_MAX',
  'CONTENT_BYTES_MAX',
  'CONTENT_BYTES_PER_DAY_MAX',
)

/** What each role reads from the environment, and nothing else does. */
export const roleVariables = {
  /** Writes a shard's journal, or stands by until its writer is gone. */
  ledger: z.object({ ...common, ...secret, ...writing }),
  /** Brings a shard's journal to Kafka. */
  relay: z.object({ ...common, ...relaying }),
  /** Keeps the read model. */
  projector: z.object({ ...common, ...pick('READ_MODEL_URL') }),
  /** Takes into a shard what the others send to it. */
  clearing: z.object({ ...common, ...following }),
  /** Follows the chain, posts epochs. */
  settlement: z.object({ ...common, ...following, ...settling }),
  /** Compares the journals of all shards with projections, Kafka and chain. */
  audit: z.object({
    ...common,
    ...secret,
    ...pick('READ_MODEL_URL', 'RPC_URL', 'KAFKA_TOPIC'),
    KAFKA_BROKERS: variables.KAFKA_BROKERS.optional().describe(variables.KAFKA_BROKERS.description ?? ''),
  }),
  /** Brings jobs to nodes; keeps content. */
  market: z.object({ ...common, ...following, ...marketing }),
  /** Serves the public. */
  gateway: z.object({ ...common, ...following, ...pick('MARKET_URL', 'SETTLEMENT_URL', 'AUDIT_URL'), ...serving }),
  /** Ledger, projector, settlement, market and gateway in one process. */
  all: z.object({ ...common, ...writing, ...marketing, ...settling, ...serving }),
} as const

export type Role = keyof typeof roleVariables

/** The role that `DEPARROW_ROLE` names. */
export const roleName = z
  .enum(Object.keys(roleVariables) as [Role, ...Role[]])
  .describe(`what this process does: ${Object.keys(roleVariables).join(', ')}`)

function pick<Name extends VariableName>(...names: readonly Name[]): Pick<typeof variables, Name> {
  return Object.fromEntries(names.map(name => [name, variables[name]])) as Pick<typeof variables, Name>
}
