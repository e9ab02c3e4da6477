import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AppendBatch, AppendResult } from '../ports/event-store.ts'
import { Actor, ledgerActor, testConfig, testStartMs } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { InMemoryEventStore } from '../testing/in-memory-event-store.ts'
import { permissionOf } from '../testing/permission-actors.ts'
import type { LedgerCommand } from './command.ts'
import { JournalLedger } from './journal-ledger.ts'

/** What KurrentDB takes at once when nobody has told it otherwise. */
const storeBytesMax = 2 ** 20

/** What a store keeps of an event beside its payload. */
const overheadBytes = 256

/** Refuses, for good, what is larger than many a store takes in one append; its appends can be held up. */
class SmallStore extends InMemoryEventStore {
  gate: Promise<void> = Promise.resolve()
  readonly sizes: number[] = []

  override async append(batch: AppendBatch): Promise<AppendResult> {
    await this.gate
    const bytes = batch.events.reduce((sum, { payload }) => sum + Buffer.byteLength(payload) + overheadBytes, 0)
    if (bytes > storeBytesMax) throw new Error(`a batch of ${bytes} bytes is too large`)
    this.sizes.push(bytes)
    return super.append(batch)
  }
}

async function openLedger() {
  const store = new SmallStore()
  const clock = { nowMs: () => testStartMs }
  const signer = ledgerActor.asLedgerSigner()
  const ledger = await JournalLedger.open({ store, shard: 'main', crypto: ethersCrypto, clock, signer })
  await ledger.submit({ type: 'OpenLedger', config: testConfig })
  return { ledger, store }
}

/** The largest that anybody may have journalled, for nothing: sixteen in a link. */
function links(count: number): readonly LedgerCommand[] {
  const wallet = new Actor(1)
  const delegate = new Actor(2)
  const counterparties = Array.from({ length: 32 }, (_, index) => new Actor(100 + index).address)
  const grant = (nonce: number): LedgerCommand => ({
    type: 'GrantPermission',
    permission: permissionOf(wallet, delegate, { nonce: BigInt(nonce), counterparties }),
  })
  return Array.from({ length: count }, (_, link) => ({
    type: 'Link',
    commands: Array.from({ length: 16 }, (_, member) => grant(1 + link * 16 + member)),
  }))
}

describe('the writes of a ledger', () => {
  it('stay within what every store takes, however large is what queues up', { timeout: 120_000 }, async () => {
    const { ledger, store } = await openLedger()
    const { promise, resolve } = Promise.withResolvers<void>()
    store.gate = promise
    const answers = links(40).map(link => ledger.submit(link))
    await new Promise(setImmediate)
    resolve()
    assert.deepEqual(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set(['accepted']))
    const written = store.sizes.reduce((sum, bytes) => sum + bytes, 0)
    assert.ok(written > storeBytesMax, `${written} bytes in all do not fit one write`)
  })

  it('leave no command without an answer that queued behind more refusals than one write takes', async () => {
    const { ledger } = await openLedger()
    const unknown: LedgerCommand = { type: 'ReleaseHold', orderDigest: testConfig.genesisHash }
    const answers = await Promise.all(Array.from({ length: 2_500 }, () => ledger.submit(unknown)))
    assert.ok(answers.every(({ status }) => status === 'refused'))
  })
})
