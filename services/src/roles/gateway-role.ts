import type { Ledger } from '@deparrow/ledger'
import { auditHealth } from '../audit/audit-health.ts'
import { type GatewayConfig, readGatewayConfig } from '../config/gateway-config.ts'
import type { NetworkInfo } from '../config/network-info.ts'
import { readSharedSecret } from '../config/open-secrets.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { GatewayModule } from '../gateway/gateway.module.ts'
import { createGatewayApp } from '../gateway/gateway-app.ts'
import { RemoteAudit } from '../rpc/remote-audit.ts'
import { RemoteContentStore } from '../rpc/remote-content-store.ts'
import { RemoteMarket } from '../rpc/remote-market.ts'
import { RemoteSettlement } from '../rpc/remote-settlement.ts'
import {
  CLOCK,
  GATEWAY_CONFIG,
  HEALTH_CHECKS,
  LEDGER,
  LEDGER_AUDIT,
  MARKET,
  MESH_ADDRESSES,
  METRICS,
  NETWORK_INFO,
  READ_MODEL,
  SETTLEMENT_VIEW,
} from '../tokens.ts'
import { clientOf, followLedger } from './follow-ledger.ts'
import { journalName } from './journal-name.ts'
import { loggerTo, roleModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import { openReadModel } from './open-read-model.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Serves the public over a ledger that it follows, and a market and a settlement service elsewhere. */
export async function startGateway(config: ConfigOf<'gateway'>, context: RoleContext): Promise<StartedRole> {
  const { clock, closing, metrics, report, server } = context
  const { shard, shardCount, ledgerUrls } = config
  const gatewayConfig = await gatewayConfigOf(config)
  const store = await openStore(config.storeUrl, context)
  const ledger = await followLedger({ store, journal: journalName(shard, shardCount), ledgerUrls }, context)
  const readModel = await openReadModel(config.readModelUrl, [ledger], context)
  const market = new RemoteMarket(clientOf('market', [config.marketUrl], context))
  const content = new RemoteContentStore(clientOf('content', [config.marketUrl], context))
  const settlement = new RemoteSettlement(clientOf('settlement', [config.settlementUrl], context))
  server.expect(
    { name: 'market', isRequired: true, isHealthy: () => market.countByStatus().then(() => true) },
    { name: 'settlement', isRequired: false, isHealthy: async () => (await settlement.health()).isReady },
    { name: 'readModel', isRequired: false, isHealthy: () => readModel.position().then(() => true) },
  )
  const values = [
    [LEDGER, ledger],
    [MARKET, market],
    [SETTLEMENT_VIEW, settlement],
    [READ_MODEL, readModel],
    [MESH_ADDRESSES, market],
    [CLOCK, clock],
    [NETWORK_INFO, networkOf(ledger, config)],
    [GATEWAY_CONFIG, gatewayConfig],
    [HEALTH_CHECKS, server.checks],
    [METRICS, metrics],
    ...auditValues(config.auditUrl, context),
  ] as const
  const module = roleModule(GatewayModule, values)
  const { app, listen } = await createGatewayApp({ module, config: gatewayConfig, content, logger: loggerTo(report) })
  closing.defer(() => app.close())
  return { publicUrl: await listen() }
}

/** The audit of another process, where one is named: shown and asked for its health, but not needed. */
function auditValues(auditUrl: string | undefined, context: RoleContext): readonly (readonly [symbol, unknown])[] {
  if (auditUrl === undefined) return []
  const audit = new RemoteAudit(clientOf('audit', [auditUrl], context))
  context.server.expect(auditHealth(audit))
  return [[LEDGER_AUDIT, audit]]
}

/** What clients are told of the network. */
export function networkOf(
  ledger: Pick<Ledger, 'config'>,
  { tokenAddress: token, publicRpcUrl: rpcUrl }: Pick<ConfigOf<'gateway'>, 'tokenAddress' | 'publicRpcUrl'>,
): NetworkInfo {
  const config = ledger.config()
  if (config === undefined) throw new TypeError('the ledger is not open')
  return { ...config, token, rpcUrl }
}

export type ServingConfig = Pick<
  ConfigOf<'gateway'>,
  | 'httpHost'
  | 'httpPort'
  | 'publicOrigin'
  | 'sessionSecretFile'
  | 'sessionSeconds'
  | 'requestsPerMinuteMax'
  | 'connectionsMax'
  | 'contentBytesMax'
  | 'contentBytesPerDayMax'
>

export async function gatewayConfigOf(config: ServingConfig): Promise<GatewayConfig> {
  const { httpHost: host, httpPort: port, publicOrigin, sessionSecretFile, ...rest } = config
  const { sessionSeconds, requestsPerMinuteMax, connectionsMax, contentBytesMax, contentBytesPerDayMax } = rest
  const secret = await readSharedSecret(sessionSecretFile)
  return readGatewayConfig({
    host,
    port,
    ...(publicOrigin !== undefined && { publicOrigin }),
    jwtSecret: Buffer.from(secret.reveal()),
    sessionSeconds,
    requestsPerMinuteMax,
    connectionsMax,
    contentBytesMax,
    contentBytesPerDayMax,
  })
}
