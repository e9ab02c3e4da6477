import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { FolderContentStore } from '../adapters/content/folder-content-store.ts'
import { Libp2pNodeMesh } from '../adapters/mesh/libp2p-node-mesh.ts'
import { migrate } from '../adapters/sql/migrate.ts'
import { openKey } from '../config/open-secrets.ts'
import type { ConfigOf } from '../config/role-config.ts'
import type { MeshAddresses } from '../gateway/mesh-addresses.port.ts'
import type { MarketTables } from '../market/job-row.ts'
import { KyselyJobStore } from '../market/kysely-job-store.ts'
import { MarketModule } from '../market/market.module.ts'
import type { Market } from '../market/market.port.ts'
import { contentRpc } from '../rpc/content-rpc.ts'
import { marketRpc } from '../rpc/market-rpc.ts'
import { CLOCK, CONTENT_STORE, CRYPTO, JOB_STORE, LEDGER, MARKET, METRICS, NETWORK_INFO, NODE_MESH } from '../tokens.ts'
import { followLedger } from './follow-ledger.ts'
import { journalName } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openDatabase, openStore } from './open-databases.ts'
import type { RoleContext, StartedRole } from './role-context.ts'

/** Brings jobs to nodes over the mesh, keeps their content, and does both for the gateway. */
export async function startMarket(config: ConfigOf<'market'>, context: RoleContext): Promise<StartedRole> {
  const { clock, closing, metrics, report, server } = context
  const { shard, shardCount, ledgerUrls } = config
  const { content, mesh, jobStore } = await openMarketPorts(config, context)
  const store = await openStore(config.storeUrl, context)
  const ledger = await followLedger({ store, journal: journalName(shard, shardCount), ledgerUrls }, context)
  const values = [
    [LEDGER, ledger],
    [CLOCK, clock],
    [CRYPTO, ledgerCrypto],
    [CONTENT_STORE, content],
    [NODE_MESH, mesh],
    [JOB_STORE, jobStore],
    [NETWORK_INFO, ledger.config()],
    [METRICS, metrics],
  ] as const
  const application = await startModule(MarketModule, values, report)
  closing.defer(() => application.close())
  const market = application.get<Market>(MARKET, { strict: false })
  server.expect({ name: 'market', isRequired: true, isHealthy: () => market.countByStatus().then(() => true) })
  closing.defer(server.offer(contentRpc(content)))
  closing.defer(server.offer(marketRpc(market, announced(mesh, config.meshAnnounce))))
  return {}
}

/** Opens what the market owns alone: its database, its content, its place in the mesh. */
export async function openMarketPorts(
  config: Pick<
    ConfigOf<'market'>,
    'marketDatabaseUrl' | 'contentFolder' | 'meshHost' | 'meshPort' | 'meshKeyFile' | 'meshKeyPasswordFile'
  >,
  context: Pick<RoleContext, 'closing' | 'databasePassword' | 'report'>,
) {
  const database = await openDatabase<MarketTables>(config.marketDatabaseUrl, context)
  context.closing.defer(() => database.close())
  await migrate(database, 'market')
  const onDamage = (error: Error) => context.report(error.message)
  const privateKey = await openKey(config.meshKeyFile, config.meshKeyPasswordFile)
  return {
    jobStore: new KyselyJobStore(database.kysely),
    content: await FolderContentStore.open({ folder: config.contentFolder, onDamage }),
    mesh: new Libp2pNodeMesh({ privateKey, host: config.meshHost, port: config.meshPort }),
  }
}

/** The mesh under the addresses by which nodes reach it, when those are others than it listens on. */
export function announced(mesh: MeshAddresses, addresses: readonly string[] | undefined): MeshAddresses {
  if (addresses === undefined) return mesh
  return {
    addresses: async () => {
      const peerId = /\/p2p\/([^/]+)$/.exec((await mesh.addresses())[0] ?? '')?.[1]
      return peerId === undefined ? [] : addresses.map(address => `${address}/p2p/${peerId}`)
    },
  }
}
