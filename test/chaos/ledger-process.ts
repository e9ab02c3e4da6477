import { setTimeout as wait } from 'node:timers/promises'
import {
  hexToBytes,
  type JournalLedger,
  type JournalLedgerParts,
  leaseRenewMs,
  Standby,
  standbyPollMs,
} from '@deparrow/ledger'
import { addressOfPrivateKey, ledgerCrypto, signDigest } from '@deparrow/sdk/crypto'
import { JournalRelay, KafkaEventBus, waitOnTimer } from '@deparrow/services/kafka'
import { KyselyReadModel, openPostgres, PostgresEventStore, ReadModelFeed } from '@deparrow/services/postgres'
import type { LedgerMessage, LedgerProcessSettings, LedgerRequest } from './ledger-messages.ts'

// One ledger process: a standby until the shard's lease is free, then the writer with relay and projector, then a standby again when it had
// to close. It ends with its parent, or when it is killed.

const settings = JSON.parse(process.argv[2] ?? '{}') as LedgerProcessSettings
const { postgresUrl, kafkaBroker, topic, shard } = settings

/** Pause after something that an engine did not do. */
const retryMs = 50

/** The ledger that this process leads, and what ends its time as the writer. */
type Term = { readonly ledger: JournalLedger; end(): void }

let term: Term | undefined

process.on('disconnect', () => process.exit())
process.on('message', (request: LedgerRequest) => void answer(request))

const store = await untilDone(() => PostgresEventStore.open(postgresUrl))
const readModel = await untilDone(() => KyselyReadModel.open(openPostgres(postgresUrl)))
const bus = new KafkaEventBus({ brokers: [kafkaBroker], topic, shards: [shard] })
const parts: JournalLedgerParts = {
  store,
  shard,
  crypto: ledgerCrypto,
  clock: { nowMs: () => Date.now() },
  signer: signer(),
}

for (;;) await lead(await untilDone(takeShard))

/** Follows the journal until the lease is free; a failure of the store begins it anew, with a state of its own. */
async function takeShard(): Promise<JournalLedger> {
  const standby = await Standby.open(parts)
  tell({ kind: 'waiting' })
  for (;;) {
    const ledger = await standby.step()
    if (ledger !== undefined) return ledger
    await wait(standbyPollMs)
  }
}

/** Writes until the ledger has closed. */
async function lead(ledger: JournalLedger): Promise<void> {
  const closed = new AbortController()
  term = { ledger, end: () => closed.abort() }
  const relay = new JournalRelay({ store, bus, shard, wait: waitOnTimer })
  const feed = new ReadModelFeed(ledger, readModel)
  relay.start()
  const projecting = startFeed(feed, closed.signal)
  tell({ kind: 'leading' })
  while (!closed.signal.aborted) {
    await waitOnTimer(leaseRenewMs, closed.signal)
    // A store that cannot be asked has not taken the lease away.
    const isHeld = await ledger.renewLease().catch(() => true)
    if (!isHeld) closed.abort()
  }
  term = undefined
  tell({ kind: 'closed' })
  // They may wait long for an engine that is away; the next term need not.
  void Promise.allSettled([relay.stop(), projecting.then(() => feed.stop())])
}

async function startFeed(feed: ReadModelFeed, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await feed.start()
    } catch {
      await waitOnTimer(retryMs, signal)
    }
  }
}

/** A command that fails has closed the ledger: whoever sent it must ask again, here or elsewhere. */
async function answer({ id, command }: LedgerRequest): Promise<void> {
  const present = term
  if (present === undefined) return tell({ kind: 'unavailable', id, reason: 'it does not lead' })
  try {
    tell({ kind: 'answer', id, answer: await present.ledger.submit(command) })
  } catch (error) {
    present.end()
    if (term === present) {
      term = undefined
      tell({ kind: 'closed' })
    }
    tell({ kind: 'unavailable', id, reason: error instanceof Error ? error.name : String(error) })
  }
}

function tell(message: LedgerMessage): void {
  if (process.connected) process.send?.(message)
}

async function untilDone<T>(make: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await make()
    } catch (error) {
      tell({ kind: 'problem', text: String(error) })
      await wait(retryMs)
    }
  }
}

function signer(): JournalLedgerParts['signer'] {
  const key = hexToBytes(settings.ledgerKey)
  const address = addressOfPrivateKey(key)
  if (address === undefined) throw new RangeError('the ledger’s key is none')
  return { address, sign: async digest => signDigest(key, hexToBytes(digest)) }
}
