import { type EventStore, FollowingLedger, JournalListeners } from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { Secret } from '../config/secret.ts'
import { journalPositionGauge } from '../ledger/journal-position-gauge.ts'
import { waitOnTimer } from '../poll-loop.ts'
import { RemoteLedgerWriter } from '../rpc/remote-ledger-writer.ts'
import { RpcClient } from '../rpc/rpc-client.ts'
import { orAborted } from './or-aborted.ts'
import { patientStore } from './patient-store.ts'
import type { RoleContext } from './role-context.ts'

export type FollowedLedger = {
  readonly store: EventStore
  /** The journal's name in the store. */
  readonly journal: string
  /** Where the processes of this shard's ledger listen. */
  readonly ledgerUrls: readonly string[]
}

/**
 * The ledger for a process that does not write it: it reads the journal itself and sends commands to the writer. Answers when the ledger is
 * open and all that was in the journal is read. When the journal turns out to be damaged, the process ends.
 */
export async function followLedger(
  { store, journal, ledgerUrls }: FollowedLedger,
  context: RoleContext,
): Promise<FollowingLedger> {
  const { clock, closing, signal, report, fail } = context
  const client = clientOf('ledger', ledgerUrls, context)
  const ledger = await FollowingLedger.open({
    store: patientStore({ store, wait: waitOnTimer, signal, report }),
    shard: journal,
    crypto: ledgerCrypto,
    clock,
    writer: new RemoteLedgerWriter(client),
    listeners: new JournalListeners(error => report(`a reader of the journal failed: ${messageOf(error)}`)),
  })
  closing.defer(() => ledger.close())
  let isFollowing = true
  ledger.whenAt(Number.POSITIVE_INFINITY).catch((error: unknown) => {
    isFollowing = false
    if (!signal.aborted) fail(error)
  })
  journalPositionGauge(context.metrics, () => ledger.head().position)
  context.server.expect({ name: 'ledger', isRequired: true, isHealthy: () => isFollowing })
  await orAborted(ledger.whenAt(1), signal)
  return ledger
}

/** A client of another service of the network, closed with the process. */
export function clientOf(
  service: string,
  urls: readonly string[],
  { secret, closing }: { readonly secret: Secret | undefined } & Pick<RoleContext, 'closing'>,
): RpcClient {
  if (secret === undefined) throw new TypeError(`nobody talks to the ${service} service without the network’s secret`)
  const client = new RpcClient({ service, urls, secret })
  closing.defer(() => client.close())
  return client
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
