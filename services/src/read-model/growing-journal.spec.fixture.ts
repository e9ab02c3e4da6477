import assert from 'node:assert/strict'
import { decodeEvent, type EventStore, type JournalReads, type LedgerEvent, type StoredEvent } from '@deparrow/ledger'
import { agents, Replay } from './random-economy.spec.fixture.ts'
import type { ReadModel } from './read-model.port.ts'

/** A journal of one shard that gets longer while it is being read. */
export class GrowingJournal implements Pick<JournalReads, 'events'> {
  private position = 0

  constructor(
    private readonly store: EventStore,
    private readonly shard: string,
    private readonly leaseEpoch: number,
    private readonly stored: readonly StoredEvent[],
  ) {}

  get isWhole(): boolean {
    return this.position === this.stored.length
  }

  /** Appends the next events and returns them. */
  async grow(count: number): Promise<readonly LedgerEvent[]> {
    const events = this.stored.slice(this.position, this.position + count)
    const { shard, leaseEpoch, position: expectedPosition } = this
    assert.equal(await this.store.append({ shard, leaseEpoch, expectedPosition, events }), 'appended')
    this.position += events.length
    return events.map(decodeEvent)
  }

  async events(afterPosition: number, limit: number): Promise<readonly LedgerEvent[]> {
    return (await this.store.read(this.shard, afterPosition, limit)).map(decodeEvent)
  }
}

/**
 * Reads on and on until the signal aborts: what is there must never be older than what was seen before, and must be what a replay says. Returns how
 * often it has read.
 */
export async function readSteadily(
  model: ReadModel,
  events: readonly LedgerEvent[],
  signal: AbortSignal,
): Promise<number> {
  const replays = new Map<number, Replay>()
  let readCount = 0
  let seen = 0
  while (!signal.aborted) {
    const position = await model.position()
    assert.ok(position >= seen, `went back from ${seen} to ${position}`)
    seen = position
    const agent = agents[readCount % agents.length] as (typeof agents)[number]
    const replay = replays.get(position) ?? new Replay(events.slice(0, position))
    replays.set(position, replay)
    const { places: _, ...balance } = await model.balanceAsOf(agent.address, { position })
    assert.deepEqual(balance, replay.wallet(agent.address))
    const holds = await model.holdsAsOf(agent.address, { position }, { first: 1_000 })
    assert.deepEqual(
      holds.items.map(({ id, amountMicrocredits }) => ({ id, amountMicrocredits })),
      replay.openHolds(agent.address),
    )
    const newest = (await model.statement(agent.address, { first: 1 })).entries[0]
    const own = events
      .slice(0, seen)
      .findLast(event => event.entries.some(entry => entry.account === `wallet:${agent.address}`))
    assert.ok((newest?.position ?? 0) >= (own?.position ?? 0), 'an entry that was there is missing')
    readCount += 1
    await new Promise(resolve => setImmediate(resolve))
  }
  return readCount
}

/** What any two read models of the same journal must agree about. */
export async function contentsOf(model: ReadModel, shard = 0) {
  const wallets = agents.map(async ({ address }) => ({
    balance: await model.balance(address),
    statement: await model.statement(address, { first: 1_000 }),
    holds: await model.holdsAsOf(address, { position: await model.position(shard), shard }, { first: 1_000 }),
    permissions: await model.permissions(address, { first: 100 }),
    owed: await model.ious({ wallet: address, role: 'debtor', status: 'open', first: 100 }),
    rewards: await model.rewards(address, { first: 100 }),
  }))
  return {
    position: await model.position(shard),
    balances: await model.balances(shard),
    epochs: await model.epochs(100),
    wallets: await Promise.all(wallets),
  }
}
