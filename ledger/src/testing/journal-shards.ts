import assert from 'node:assert/strict'
import { followClearing } from '../clearing/follow-clearing.ts'
import type { LedgerCommand } from '../journal/command.ts'
import { JournalLedger } from '../journal/journal-ledger.ts'
import { ShardedLedger } from '../journal/sharded-ledger.ts'
import type { EventStore } from '../ports/event-store.ts'
import { ledgerActor, testConfig, testStartMs } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'

/** The writers of several shards over one store, their desk, and the carriers of what is between them. */
export type JournalShards = {
  readonly ledgers: readonly JournalLedger[]
  readonly desk: ShardedLedger
  /** The name of each shard's journal in the store. */
  readonly journals: readonly string[]
  /** Starts taking in one shard what another sends; the function ends it, and throws what it ended with. */
  carry(fromShard: number, toShard: number): () => Promise<void>
}

/** After this a condition counts as one that will not come. */
const patienceMs = 20_000

/** Waits for what the shards do among themselves; throws when it does not come. */
export async function until(condition: () => boolean): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs)
  while (!condition()) {
    if (patience.aborted) throw new Error(`it is not so after ${patienceMs} ms: ${condition}`)
    await new Promise(setImmediate)
  }
}

/** Submits what the shards must accept. */
export async function accepted(desk: ShardedLedger, command: LedgerCommand) {
  const answer = await desk.submit(command)
  assert.equal(answer.status, 'accepted', `${command.type}: ${JSON.stringify(answer, (_, value) => String(value))}`)
  return answer
}

/** Opens each shard's writer on what the store holds, and the ledger with its shards when it is new. */
export async function openJournalShards(
  store: EventStore,
  shardCount: number,
  clock = { nowMs: () => testStartMs },
): Promise<JournalShards> {
  const journals = Array.from({ length: shardCount }, (_, shard) => `shard-${shard}`)
  const signer = ledgerActor.asLedgerSigner()
  const open = (shard: string) => JournalLedger.open({ store, shard, crypto: ethersCrypto, clock, signer })
  const ledgers = await Promise.all(journals.map(open))
  const desk = new ShardedLedger(ledgers)
  if (desk.config() === undefined) await desk.submit({ type: 'OpenLedger', config: testConfig })
  return {
    ledgers,
    desk,
    journals,
    carry(fromShard, toShard) {
      const ledger = ledgers[toShard]
      if (ledger === undefined) throw new RangeError(`there is no shard ${toShard}`)
      const stopping = new AbortController()
      const ended = followClearing({ store, journals, ledger }, fromShard, stopping.signal)
      ended.catch(() => undefined)
      return () => {
        stopping.abort()
        return ended
      }
    },
  }
}
