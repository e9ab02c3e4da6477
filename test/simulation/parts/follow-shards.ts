import { type EventStore, FollowingLedger, JournalListeners, type LedgerCrypto } from '@deparrow/ledger'
import type { SimProcess } from '../engine/machine.ts'
import type { Network } from '../engine/network.ts'
import { LedgerClient } from './ledger-client.ts'
import type { LedgerHost } from './ledger-host.ts'

export type ShardsParts = {
  readonly network: Network
  readonly crypto: LedgerCrypto
  /** The machines of each shard, by the shard's number. */
  readonly hosts: readonly (readonly LedgerHost[])[]
  /** The names of the shards' journals in the store. */
  readonly journals: readonly string[]
  readonly store: (process: SimProcess) => EventStore
}

/** The ledger of each shard for a process that runs apart from the writers. Waits until all shards are open. */
export async function followShards(parts: ShardsParts, process: SimProcess): Promise<readonly FollowingLedger[]> {
  const { network, crypto, hosts, journals } = parts
  const open = (shard: string, number: number): Promise<FollowingLedger> => {
    const listeners = new JournalListeners(error => process.judge('a listener of the journal', error))
    const writer = new LedgerClient(network, hosts[number] ?? [], process)
    return FollowingLedger.open({ store: parts.store(process), shard, crypto, clock: process, writer, listeners })
  }
  const ledgers = await Promise.all(journals.map(open))
  for (const ledger of ledgers) {
    while (ledger.config() === undefined) await ledger.whenAt(ledger.head().position + 1)
  }
  return ledgers
}

/** Goes on for as long as the ledger follows its journal, then rejects with what ended that. */
export async function followed(ledger: FollowingLedger): Promise<void> {
  for (;;) await ledger.whenAt(ledger.head().position + 1)
}
