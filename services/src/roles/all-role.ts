import { JournalLedger } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { FileSnapshotStore } from '../adapters/snapshot/file-snapshot-store.ts'
import { appModule } from '../app.module.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { createGatewayApp } from '../gateway/gateway-app.ts'
import { journalPositionGauge } from '../ledger/journal-position-gauge.ts'
import { gatewayConfigOf, networkOf } from './gateway-role.ts'
import { journalName, journalNames } from './journal-name.ts'
import { openConfigured, openLedgerSigner } from './ledger-role.ts'
import { openMarketPorts } from './market-role.ts'
import { loggerTo } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import { openReadModel } from './open-read-model.ts'
import type { RoleContext, StartedRole } from './role-context.ts'
import { openChain, settlementOptionsOf } from './settlement-role.ts'

/** All services in one process, which writes the journal itself and takes it from whoever wrote it before. */
export async function startAll(config: ConfigOf<'all'>, context: RoleContext): Promise<StartedRole> {
  const { closing, metrics, report, server } = context
  const gatewayConfig = await gatewayConfigOf(config)
  const ports = await openAllPorts(config, context)
  const network = networkOf(ports.ledger, config)
  journalPositionGauge(metrics, () => ports.ledger.head().position)
  const module = appModule(ports, { network, config: gatewayConfig, metrics })
  const { content } = ports
  const { app, listen } = await createGatewayApp({ module, config: gatewayConfig, content, logger: loggerTo(report) })
  closing.defer(() => app.close())
  server.expect({ name: 'ledger', isRequired: true, isHealthy: () => ports.ledger.config() !== undefined })
  return { publicUrl: await listen() }
}

async function openAllPorts(config: ConfigOf<'all'>, context: RoleContext) {
  const { closing, clock, report } = context
  const signer = await openLedgerSigner(config)
  const store = await openStore(config.storeUrl, context)
  const snapshots = config.snapshotFolder && (await FileSnapshotStore.open(config.snapshotFolder))
  const ledger = await JournalLedger.open({
    store,
    shard: journalName(config.shard, config.shardCount),
    awaitsInbox: true,
    crypto: ledgerCrypto,
    clock,
    signer,
    onListenerError: error => report(`a reader of the journal failed: ${String(error)}`),
    ...(snapshots && { snapshots }),
  })
  closing.defer(() => ledger.close())
  await openConfigured(ledger, config, signer)
  const readModel = await openReadModel(config.readModelUrl, [ledger], context)
  return {
    ledger,
    readModel,
    clock,
    crypto: ledgerCrypto,
    ...(await openMarketPorts(config, context)),
    settlementChain: await openChain(config, config.settlementAddress),
    settlementOptions: settlementOptionsOf(config),
    audited: { store, journals: journalNames(config.shardCount) },
  }
}
