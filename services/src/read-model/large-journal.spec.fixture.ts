import { type Address, encodeEvent, type LedgerEvent, type StoredEvent, zeroHash } from '@deparrow/ledger'
import { SqliteEventStore } from '../adapters/event-store/sqlite-event-store.ts'

const batchEvents = 2_000

/**
 * Writes so many transfers between a hundred wallets that folding them takes a while. They are made by hand and nobody signed them: to be folded, never
 * to be verified.
 */
export async function writeLargeJournal(path: string, eventCount: number): Promise<void> {
  const store = await SqliteEventStore.open(path)
  const { leaseEpoch } = await store.acquire('main', 1_000)
  for (let start = 0; start < eventCount; start += batchEvents) {
    const events = Array.from({ length: Math.min(batchEvents, eventCount - start) }, (_, index) =>
      stored(start + index + 1),
    )
    await store.append({ shard: 'main', leaseEpoch, expectedPosition: start, events })
  }
  await store.close()
}

function stored(position: number): StoredEvent {
  const [from, to] = [wallet(position % 100), wallet((position * 7 + 1) % 100)]
  const message = { from, to, amountMicrocredits: 1n, lane: 0, nonce: BigInt(position), deadline: 0n }
  const event: LedgerEvent = {
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
  return { position, payload: encodeEvent(event), hash: zeroHash }
}

function wallet(number: number): Address {
  return `0x${number.toString(16).padStart(40, '0')}`
}
