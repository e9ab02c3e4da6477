import {
  type AppendBatch,
  type AppendResult,
  chainHash,
  decodeEvent,
  type EventStore,
  encodeEvent,
  type Hex,
  type LedgerEvent,
  type StoredEvent,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { EventBus } from '@deparrow/services/testing'
import type { Plants } from './world.ts'

/** The mistakes that a spec plants; each is one that adapters and deciders are really written with. */
export type Mistakes = Readonly<Record<string, () => Plants>>

type Append = (store: EventStore, batch: AppendBatch) => Promise<AppendResult>

function storeThat(append: Append): Plants {
  return { ledgerStore: store => withMethod(store, 'append', batch => append(store, batch)) }
}

/** Of an event store that the writers use. */
export const storeMistakes: Mistakes = {
  'says that a batch is durable and has kept it in memory': () => {
    let appends = 0
    return storeThat(async (store, batch) => (++appends === 25 ? 'appended' : store.append(batch)))
  },
  'does not look how many rows its update has changed': () =>
    storeThat(async (store, batch) => {
      await store.append(batch)
      return 'appended'
    }),
  'takes a lost answer for a good one': () =>
    storeThat((store, batch) => store.append(batch).catch((): AppendResult => 'appended')),
  'writes only the first event of a batch': () =>
    storeThat((store, batch) => store.append({ ...batch, events: batch.events.slice(0, 1) })),
  'sends a batch again at the journal’s new end when the answer was lost': () =>
    storeThat((store, batch) => store.append(batch).catch(() => appendAtEnd(store, batch))),
}

async function appendAtEnd(store: EventStore, batch: AppendBatch): Promise<AppendResult> {
  const head = await store.head(batch.shard)
  const events = rewritten(batch.events, head.hash, event => ({
    ...event,
    position: event.position - batch.expectedPosition + head.position,
  }))
  return store.append({ ...batch, expectedPosition: head.position, events })
}

/** Of a decider, by what reaches the journal. */
export const decisionMistakes: Mistakes = {
  'charges a millionth of a credit too much': () =>
    decisionThat(event => {
      if (event.type !== 'JobSettled' || event.data.earnedMicrocredits === 0n) return event
      const { feeMicrocredits, earnedMicrocredits } = event.data
      const data = { ...event.data, feeMicrocredits: feeMicrocredits + 1n, earnedMicrocredits: earnedMicrocredits - 1n }
      const entries = event.entries.map(({ account, amountMicrocredits }) => {
        const more =
          account === 'treasury'
            ? 1n
            : account.startsWith('wallet:') && amountMicrocredits === earnedMicrocredits
              ? -1n
              : 0n
        return { account, amountMicrocredits: amountMicrocredits + more }
      })
      return { ...event, data, entries }
    }),
  'makes credits out of nothing': () =>
    decisionThat(event => {
      const [first, ...others] = event.entries
      if (event.type !== 'InboxItemRecorded' || first === undefined) return event
      return { ...event, entries: [{ ...first, amountMicrocredits: first.amountMicrocredits + 1n }, ...others] }
    }),
  'pays a transfer to somebody else': () =>
    decisionThat(event => {
      if (event.type !== 'CreditsTransferred') return event
      const entries = event.entries.map(entry =>
        entry.amountMicrocredits > 0n ? { ...entry, account: 'treasury' as const } : entry,
      )
      return { ...event, entries }
    }),
}

function decisionThat(change: (event: LedgerEvent) => LedgerEvent): Plants {
  return storeThat(async (store, batch) => {
    const [stored] = await store.read(batch.shard, batch.expectedPosition - 1, 1).catch(() => [])
    const before = batch.expectedPosition === 0 ? undefined : stored?.hash
    if (batch.expectedPosition > 0 && before === undefined) return 'fenced'
    const events = rewritten(batch.events, before ?? zero, change)
    return store.append({ ...batch, events })
  })
}

const zero: Hex = `0x${'00'.repeat(32)}`

function rewritten(
  events: readonly StoredEvent[],
  hashBefore: Hex,
  change: (event: LedgerEvent) => LedgerEvent,
): readonly StoredEvent[] {
  let hash = hashBefore
  return events.map(stored => {
    const event = change(decodeEvent(stored))
    const payload = encodeEvent(event)
    hash = chainHash(ledgerCrypto, hash, payload)
    return { position: event.position, payload, hash }
  })
}

/** Of a relay, or of the bus behind it. */
export const relayMistakes: Mistakes = {
  'skips a record': () => ({
    relayStore: store =>
      withMethod(store, 'read', async (shard, after, limit) => {
        const page = await store.read(shard, after, limit)
        return page.filter(({ position }) => position !== 30)
      }),
  }),
  'changes a payload': () => ({
    relayStore: store =>
      withMethod(store, 'read', async (shard, after, limit) => {
        const page = await store.read(shard, after, limit)
        return page.map(event => (event.position === 30 ? { ...event, payload: `${event.payload} ` } : event))
      }),
  }),
  'says that a batch is committed and has lost its end': () => ({ relayBus: busThatLosesEnds }),
}

function busThatLosesEnds(bus: EventBus): EventBus {
  return withMethod(bus, 'open', async shard => {
    const publisher = await bus.open(shard)
    return {
      ...publisher,
      publish: batch => (batch.length > 1 ? publisher.publish(batch.slice(0, -1)) : publisher.publish(batch)),
    }
  })
}

/** Of what stands between the follower and the chain. */
export const chainMistakes: Mistakes = {
  'shows blocks before they have their confirmations': () => ({
    chain: (chain, world) =>
      withMethod(chain, 'confirmedBlock', async () => (await chain.confirmedBlock()) && world.chain.latest),
  }),
  'leaves the claims of every second block out': () => ({
    chain: chain =>
      withMethod(chain, 'logs', async (from, to) => {
        const logs = await chain.logs(from, to)
        return logs.filter(({ place, type }) => type !== 'claim' || place.blockNumber % 2n === 0n)
      }),
  }),
}

function withMethod<T extends object, K extends keyof T>(target: T, name: K, method: T[K]): T {
  return new Proxy(target, {
    get(object, property) {
      if (property === name) return method
      const value: unknown = Reflect.get(object, property)
      return typeof value === 'function' ? value.bind(object) : value
    },
  })
}
