import {
  type Address,
  type Clock,
  type Hex,
  JournalLedger,
  type LedgerConfig,
  type LedgerSigner,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { LocalAccount } from 'viem'
import type { ServicePorts } from '../app.module.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import type { MarketTables } from '../market/job-row.ts'
import { KyselyJobStore } from '../market/kysely-job-store.ts'
import { openReadModelFile } from '../read-model/open-read-model-file.ts'
import { settlementOptionsLocal } from '../settlement/settlement-options.ts'
import { rpcTransport, sendOptionsLocal, ViemSettlementChain } from './chain/viem-settlement-chain.ts'
import { FolderContentStore } from './content/folder-content-store.ts'
import { SqliteEventStore } from './event-store/sqlite-event-store.ts'
import { Libp2pNodeMesh } from './mesh/libp2p-node-mesh.ts'
import { FileSnapshotStore } from './snapshot/file-snapshot-store.ts'
import { migrate } from './sql/migrate.ts'
import { openSqlite } from './sql/sqlite-database.ts'

/** The one shard of a network that runs in one process. */
export const embeddedShard = 'main'

export type EmbeddedPortsOptions = {
  /** Files and folders that the adapters own. */
  readonly paths: {
    readonly journal: string
    readonly readModel: string
    readonly market: string
    readonly content: string
    readonly snapshots: string
  }
  /** The parameters with which an empty journal is opened. */
  readonly config: Omit<LedgerConfig, 'ledgerSigner'>
  readonly rpcUrl: string
  /** Where nodes stake; without it no stakes are followed. */
  readonly registry?: Address
  readonly poster: LocalAccount
  readonly ledgerSigner: LocalAccount
  readonly mesh: { readonly privateKey: Hex; readonly port: number }
  readonly clock: Clock
  readonly report: (problem: string) => void
}

export type EmbeddedPorts = ServicePorts & {
  readonly store: SqliteEventStore
  /** Closes what was opened, in reverse order; to be called when the services are closed. */
  close(): Promise<void>
}

/**
 * Opens the embedded adapters: SQLite for journal, read model and market, a folder for content, libp2p, and JSON-RPC. Throws the
 * adapters' errors for data that is damaged or newer, and `OtherLedgerError` when the journal belongs to another network.
 */
export async function openEmbeddedPorts(options: EmbeddedPortsOptions): Promise<EmbeddedPorts> {
  const { paths, clock, rpcUrl, poster } = options
  const closers: (() => Promise<void>)[] = []
  try {
    const store = await SqliteEventStore.open(paths.journal)
    closers.push(() => store.close())
    const signer = ledgerSignerOf(options.ledgerSigner)
    const onListenerError = (error: unknown) => options.report(`a reader of the journal failed: ${messageOf(error)}`)
    const snapshots = await FileSnapshotStore.open(paths.snapshots)
    const parts = { store, shard: embeddedShard, crypto: ledgerCrypto, clock, signer, snapshots, onListenerError }
    const ledger = await JournalLedger.open({ ...parts, awaitsInbox: true })
    closers.push(() => ledger.close())
    const config = { ...options.config, ledgerSigner: signer.address }
    await openLedger(ledger, config, async () => config)
    const readModelFile = await openReadModelFile({ path: paths.readModel, journals: [ledger], report: options.report })
    closers.push(() => readModelFile.close())
    const market = openSqlite<MarketTables>(paths.market)
    closers.push(() => market.close())
    await migrate(market, 'market')
    const onDamage = (error: Error) => options.report(error.message)
    return {
      store,
      ledger,
      readModel: readModelFile.readModel,
      clock,
      crypto: ledgerCrypto,
      content: await FolderContentStore.open({ folder: paths.content, onDamage }),
      mesh: new Libp2pNodeMesh(options.mesh),
      jobStore: new KyselyJobStore(market.kysely),
      settlementChain: new ViemSettlementChain({
        transport: rpcTransport(rpcUrl),
        settlement: options.config.settlement,
        registry: options.registry,
        account: poster,
        options: sendOptionsLocal,
      }),
      settlementOptions: settlementOptionsLocal,
      audited: { store, journals: [embeddedShard] },
      close: () => closeAll(closers),
    }
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

function ledgerSignerOf(account: LocalAccount): LedgerSigner {
  return {
    address: account.address.toLowerCase() as Address,
    sign: async hash => {
      if (account.sign === undefined) throw new TypeError('the ledger’s account cannot sign digests')
      return account.sign({ hash })
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}
