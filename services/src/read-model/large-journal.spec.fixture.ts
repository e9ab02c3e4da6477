import { type Address, encodeEvent, type LedgerEvent, type StoredEvent, zeroHash } from '@deparrow/ledger'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'

const batchEvents = 2_000

const walletCountDefault = 100

/** Writes the events of {@link largeEvents} into a store of its own. */
export async function writeLargeJournal(path: string, eventCount: number): Promise<void> {
  const store = await SqliteEventStore.open(path)
  const { leaseEpoch } = await store.acquire('main', 1_000)
  for (let start = 0; start < eventCount; start += batchEvents) {
    const events = largeEvents(start, Math.min(batchEvents, eventCount - start), walletCountDefault).map(stored)
    await store.append({ shard: 'main', leaseEpoch, expectedPosition: start, events })
  }
  await store.close()
}

/**
 * Transfers of 1 µcr between a few wallets, each at a time of its own. They are made by hand and nobody signed them: to be folded, never to be
 * verified.
 */
export function largeEvents(afterPosition: number, count: number, walletCount: number): readonly LedgerEvent[] {
  return Array.from({ length: count }, (_, index) => transfer(afterPosition + index + 1, walletCount))
}

export function largeWallet(number: number): Address {
  return `0x${number.toString(16).padStart(40, '0')}`
}

function transfer(position: number, walletCount: number): LedgerEvent {
  const [from, to] = [largeWallet(position % walletCount), largeWallet((position * 7 + 1) % walletCount)]
  const message = { from, to, amountMicrocredits: 1n, lane: 0, nonce: BigInt(position), deadline: 0n }
  return {
    type: 'CreditsTransferred',
    position,
    atMs: 1_800_000_000_000 + position,
    commandId: `transfer ${position}`,
    data: { transfer: { message, signature: '0x' } },
    entries: [
      { account: `wallet:${from}`, amountMicrocredits: -1n },
      { account: `wallet:${to}`, amountMicrocredits: 1n },
    ],
  }
}

function stored(event: LedgerEvent): StoredEvent {
  return { position: event.position, payload: encodeEvent(event), hash: zeroHash }
}
