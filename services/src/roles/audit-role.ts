import { type Address, decodeEvent } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { KafkaEventBus } from '../adapters/bus/kafka-event-bus.ts'
import { rpcTransport, sendOptionsLocal, ViemSettlementChain } from '../adapters/chain/viem-settlement-chain.ts'
import { AuditModule } from '../audit/audit.module.ts'
import { auditHealth } from '../audit/audit-health.ts'
import { auditOptionsAlone } from '../audit/audit-options.ts'
import type { LedgerAuditView } from '../audit/ledger-audit.port.ts'
import type { ConfigOf } from '../config/role-config.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { auditRpc } from '../rpc/audit-rpc.ts'
import { AUDIT_OPTIONS, AUDIT_SOURCES, CLOCK, CRYPTO, LEDGER_AUDIT, METRICS } from '../tokens.ts'
import { journalName, journalNames } from './journal-name.ts'
import { startModule } from './nest-context.ts'
import { openStore } from './open-databases.ts'
import { openReadModel } from './open-read-model.ts'
import { type JournalStore, patientStore } from './patient-store.ts'
import type { RoleContext, StartedRole } from './role-context.ts'
import { storeJournal } from './store-journal.ts'

/** The shard in whose journal the chain is. */
const reserveShard = 0

/** Compares journals, projections, Kafka and chain all the time. It only reads, and needs nothing of the other services. */
export async function startAudit(config: ConfigOf<'audit'>, context: RoleContext): Promise<StartedRole> {
  const { clock, closing, metrics, report, server, signal } = context
  const { shardCount, kafkaBrokers: brokers, kafkaTopic: topic } = config
  const store = await openStore(config.storeUrl, context)
  const journals = journalNames(shardCount)
  const patient = patientStore({ store, wait: waitOnTimer, signal, report })
  const events = journals.map(name => storeJournal(patient, name, context))
  const readModel = await openReadModel(config.readModelUrl, events, context)
  const bus = brokers && new KafkaEventBus({ brokers, topic, shards: journals })
  closing.defer(() => bus?.close())
  const settlement = await settlementOf(patient, journalName(reserveShard, shardCount), signal)
  const sources = { store, journals, readModel, chain: readingChain(config.rpcUrl, settlement), ...(bus && { bus }) }
  const application = await startModule(
    AuditModule,
    [
      [AUDIT_SOURCES, sources],
      [AUDIT_OPTIONS, auditOptionsAlone],
      [CLOCK, clock],
      [CRYPTO, ledgerCrypto],
      [METRICS, metrics],
    ],
    report,
  )
  closing.defer(() => application.close())
  const audit = application.get<LedgerAuditView>(LEDGER_AUDIT, { strict: false })
  server.expect(auditHealth(audit))
  closing.defer(server.offer(auditRpc(audit)))
  return {}
}

/** The contract that the journal's first event names; waits for that event. */
async function settlementOf(store: JournalStore, journal: string, signal: AbortSignal): Promise<Address> {
  await store.waitBeyond(journal, 0, signal)
  signal.throwIfAborted()
  const [first] = await store.read(journal, 0, 1)
  const event = first && decodeEvent(first)
  if (event?.type !== 'LedgerOpened')
    throw new TypeError(`the journal ${journal} does not begin with a LedgerOpened event`)
  return event.data.config.settlement
}

/** A chain that is only read: its account is nobody's, and signs nothing. */
function readingChain(rpcUrl: string, settlement: Address): ViemSettlementChain {
  const account = privateKeyToAccount(generatePrivateKey())
  return new ViemSettlementChain({ transport: rpcTransport(rpcUrl), settlement, account, options: sendOptionsLocal })
}
