import { collectDefaultMetrics, Registry } from 'prom-client'
import { readSecret, readSharedSecret } from '../config/open-secrets.ts'
import type { ConfigOf, RoleConfig } from '../config/role-config.ts'
import type { Role } from '../config/role-variables.ts'
import { InternalServer } from '../rpc/internal-server.ts'
import { Closing } from './closing.ts'
import { orAborted } from './or-aborted.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Loaded when they are needed, so that a process holds no more than its role. */
const starters: { readonly [R in Role]: () => Promise<Starter<R>> } = {
  all: async () => (await import('./all-role.ts')).startAll,
  audit: async () => (await import('./audit-role.ts')).startAudit,
  clearing: async () => (await import('./clearing-role.ts')).startClearing,
  gateway: async () => (await import('./gateway-role.ts')).startGateway,
  ledger: async () => (await import('./ledger-role.ts')).startLedger,
  market: async () => (await import('./market-role.ts')).startMarket,
  projector: async () => (await import('./projector-role.ts')).startProjector,
  relay: async () => (await import('./relay-role.ts')).startRelay,
  settlement: async () => (await import('./settlement-role.ts')).startSettlement,
}

type Starter<R extends Role> = (config: ConfigOf<R>, context: RoleContext) => Promise<StartedRole>

export type RoleLog = Pick<RoleContext, 'inform' | 'report'>

export type RunningRole = StartedRole & {
  readonly internalPort: number
  /** Rejects when the role cannot go on. */
  readonly failed: Promise<never>
  /** Ends it in reverse order of its start. */
  close(): Promise<void>
}

/**
 * Starts one role and answers when it does its work. Health can be asked before that. When `signal` aborts, the start ends, and what had
 * been opened is closed; throws what kept the role from starting.
 */
export async function startRole(config: RoleConfig, log: RoleLog, signal: AbortSignal): Promise<RunningRole> {
  const closing = new Closing()
  const ending = new AbortController()
  const failing = Promise.withResolvers<never>()
  failing.promise.catch(() => undefined)
  const close = (): Promise<void> => {
    ending.abort()
    return closing.close(log.report)
  }
  try {
    const context = await openContext(config, log, { closing, signal: AbortSignal.any([signal, ending.signal]) })
    let isStarted = false
    context.server.expect({ name: 'started', isRequired: true, isHealthy: () => isStarted })
    const start = (await starters[config.role]()) as Starter<Role>
    const starting = start(config as ConfigOf<Role>, { ...context, fail: failing.reject })
    const started = await orAborted(Promise.race([starting, failing.promise]), signal)
    isStarted = true
    return { ...started, internalPort: context.server.port, failed: failing.promise, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openContext(
  config: RoleConfig,
  { inform, report }: RoleLog,
  { closing, signal }: Pick<RoleContext, 'closing' | 'signal'>,
): Promise<Omit<RoleContext, 'fail'>> {
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  closing.defer(() => metrics.clear())
  const secret = 'internalSecretFile' in config ? await readSharedSecret(config.internalSecretFile) : undefined
  const databasePassword = config.databasePasswordFile && (await readSecret(config.databasePasswordFile))
  const { internalHost: host, internalPort: port } = config
  const server = await InternalServer.listen({ host, port, secret, metrics, report })
  closing.defer(() => server.close())
  const clock = { nowMs: () => Date.now() }
  return {
    server,
    metrics,
    clock,
    closing,
    signal,
    secret,
    databasePassword: databasePassword || undefined,
    inform,
    report,
  }
}
