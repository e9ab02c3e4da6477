import {
  type JournalLedger,
  type LedgerConfig,
  type LedgerSigner,
  ledgerConfigDefaults,
  lowerHex,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { readGenesis } from '../adapters/chain/read-genesis.ts'
import { FileSnapshotStore } from '../adapters/snapshot/file-snapshot-store.ts'
import { openAccount } from '../config/open-secrets.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { journalPositionGauge } from '../ledger/journal-position-gauge.ts'
import { LedgerModule } from '../ledger/ledger.module.ts'
import { LedgerService } from '../ledger/ledger.service.ts'
import { type LedgerIdentity, openLedger } from '../ledger/open-ledger.ts'
import { gauge } from '../operations/gauge.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { ledgerRpc } from '../rpc/ledger-rpc.ts'
import { JOURNAL } from '../tokens.ts'
import { journalName } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import { orAborted } from './or-aborted.ts'
import type { RoleContext, StartedRole } from './role-context.ts'
import { WriterSeat } from './writer-seat.ts'

/** Writes a shard, or waits to. A new ledger is opened by the first process that gets the shard. */
export async function startLedger(config: ConfigOf<'ledger'>, context: RoleContext): Promise<StartedRole> {
  const { closing, clock, report, server, fail, signal, metrics } = context
  const signer = await openLedgerSigner(config)
  const store = await openStore(config.storeUrl, context)
  const snapshots = config.snapshotFolder && (await FileSnapshotStore.open(config.snapshotFolder))
  const onListenerError = (error: unknown) => report(`a reader of the journal failed: ${String(error)}`)
  const shard = journalName(config.shard, config.shardCount)
  const awaitsInbox = config.shardCount === 1
  const seat = new WriterSeat({
    ledger: {
      awaitsInbox,
      store,
      shard,
      crypto: ledgerCrypto,
      clock,
      signer,
      onListenerError,
      ...(snapshots && { snapshots }),
    },
    wait: waitOnTimer,
    signal,
    report,
    serve: ledger => serve(ledger, config, signer, context),
  })
  server.expect(
    { name: 'ledger', isRequired: true, isHealthy: () => seat.isFollowing() },
    { name: 'writer', isRequired: false, isHealthy: () => seat.writer() !== undefined },
  )
  gauge(metrics, 'deparrow_ledger_writer', '1 while this process writes the shard, 0 while it stands by.', () => {
    return seat.writer() === undefined ? 0 : 1
  })
  journalPositionGauge(metrics, () => seat.position)
  const sitting = seat.run().catch(fail)
  closing.defer(() => sitting)
  closing.defer(server.offer(ledgerRpc(() => seat.writer())))
  return {}
}

/** The ledger's own key as it signs what is journalled. */
export async function openLedgerSigner(
  config: Pick<ConfigOf<'ledger'>, 'ledgerKeyFile' | 'ledgerKeyPasswordFile'>,
): Promise<LedgerSigner> {
  const account = await openAccount(config.ledgerKeyFile, config.ledgerKeyPasswordFile)
  return { address: lowerHex(account.address), sign: hash => account.sign({ hash }) }
}

export type OpeningConfig = Pick<
  ConfigOf<'ledger'>,
  'shard' | 'shardCount' | 'rpcUrl' | 'settlementAddress' | 'treasurerAddress'
>

/** Opens a new ledger for the chain at `RPC_URL`, or sees that the journal is the configured one; the chain is not asked then. */
export function openConfigured(
  ledger: Pick<JournalLedger, 'config' | 'submit'>,
  config: OpeningConfig,
  signer: LedgerSigner,
): Promise<void> {
  const { shard, shardCount, settlementAddress: settlement, treasurerAddress: treasurer } = config
  const expected: Partial<LedgerIdentity> = { settlement, ledgerSigner: signer.address, shard, shardCount }
  return openLedger(ledger, expected, async (): Promise<LedgerConfig> => {
    const genesis = await readGenesis(config.rpcUrl, settlement)
    const own = { ...genesis, settlement, ledgerSigner: signer.address, shard, shardCount }
    return { ...ledgerConfigDefaults, ...own, ...(treasurer && { treasurer }) }
  })
}

/** Keeps the ledger's time until it is lost, or the process ends. */
async function serve(
  ledger: JournalLedger,
  config: OpeningConfig,
  signer: LedgerSigner,
  { inform, report, signal }: RoleContext,
): Promise<void> {
  inform(`writes the journal from position ${ledger.head().position} on`)
  const application = await startModule(LedgerModule, [[JOURNAL, ledger]], report)
  try {
    const { lost } = application.get(LedgerService, { strict: false })
    await orAborted(Promise.race([openConfigured(ledger, config, signer), lost]), signal)
    await orAborted(lost, signal)
    report('the journal is written by another process, or the store has failed: this one stands by')
  } finally {
    await application.close()
  }
}
