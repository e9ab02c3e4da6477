import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, zeroHash } from '../hex.ts'
import { chainHash, decodeEvent, encodeEvent } from '../journal/codec.ts'
import type { LedgerEvent } from '../journal/event.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { testConfig } from '../testing/actors.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import { TestLedger } from '../testing/test-ledger.ts'
import { actorAt, TestShards } from '../testing/test-shards.ts'
import { auditShards, ShardsAuditor } from './shards-auditor.ts'

const shardCount = 3
const ann = actorAt(1, shardCount)
const bob = actorAt(1, shardCount, 1)
const far = actorAt(2, shardCount)
const next = actorAt(2, shardCount, 1)

type Journals = readonly (readonly StoredEvent[])[]

/** Shard 0 counted Ann's deposit, shard 1 took it and sent a part of it to Far, shard 2 took that. */
function journals(): Journals {
  const shards = new TestShards(shardCount)
  shards.at(0).deposit(ann.address, 1_000n)
  shards.clear()
  const transfer = ann.transfer({ to: far.address, amountMicrocredits: 300n, nonce: 1n })
  shards.at(1).accept({ type: 'TransferCredits', transfer })
  shards.clear()
  return shards.shards.map(({ stored }) => stored)
}

/** One event of a shard's journal otherwise, the chain of hashes whole again: what an operator could write. */
function forged(shard: number, position: number, change: (event: LedgerEvent) => object): Journals {
  return journals().map((journal, number) => {
    if (number !== shard) return journal
    const events = journal.map(stored => decodeEvent(stored))
    return chained(events.map(event => (event.position === position ? { ...event, ...change(event) } : event)))
  })
}

function chained(events: readonly object[]): readonly StoredEvent[] {
  let hash: Hex = zeroHash
  return events.map((event, index) => {
    const payload = encodeEvent({ ...event, position: index + 1 } as LedgerEvent)
    hash = chainHash(ethersCrypto, hash, payload)
    return { position: index + 1, payload, hash }
  })
}

function assertFinding(found: ReturnType<typeof auditShards>, shard: number, position: number, problem: RegExp): void {
  assert.ok('problem' in found, 'the auditor finds nothing')
  assert.deepEqual([found.shard, found.position], [shard, position], found.problem)
  assert.match(found.problem, problem)
}

const audit = (found: Journals) => auditShards(ethersCrypto, found)
const credit = (account: string, amountMicrocredits: bigint) => ({ account, amountMicrocredits })

describe('the auditor of several shards', () => {
  it('finds nothing in honest journals, whole or cut where nothing is taken before it is sent', () => {
    const all = journals()
    const sums = { reserveMicrocredits: 1_000n, owedMicrocredits: 1_000n, inFlightMicrocredits: 0n }
    assert.deepEqual(audit(all), { positions: [2, 3, 2], ...sums })
    const cut = audit([all[0] ?? [], (all[1] ?? []).slice(0, 1), (all[2] ?? []).slice(0, 1)])
    const flying = { owedMicrocredits: 0n, inFlightMicrocredits: 1_000n }
    assert.deepEqual(cut, { positions: [2, 1, 1], ...sums, ...flying })
  })

  it('does not take a cut for consistent that holds a taking without its sending', () => {
    const all = journals()
    const cut = [all[0] ?? [], (all[1] ?? []).slice(0, 2), all[2] ?? []]
    assertFinding(audit(cut), 2, 2, /takes sending 1 of shard 1, which that shard’s journal does not hold/)
  })

  it('finds a sending that is taken twice', () => {
    const all = journals()
    const events = (all[2] ?? []).map(stored => decodeEvent(stored))
    const twice = [all[0] ?? [], all[1] ?? [], chained([...events, events[1] as LedgerEvent])]
    assertFinding(audit(twice), 2, 3, /takes sending 1 of shard 1 after 1/)
  })

  it('finds a taking of more than was sent, or for somebody else', () => {
    const of = (account: string, amount: bigint) => (event: LedgerEvent) => ({
      data: { ...event.data, credits: [credit(account, amount)] },
      entries: [credit(account, amount), credit('clearing:1', -amount)],
    })
    assertFinding(audit(forged(2, 2, of(`wallet:${far.address}`, 301n))), 2, 2, /takes otherwise than shard 1 sent/)
    assertFinding(audit(forged(2, 2, of(`wallet:${next.address}`, 300n))), 2, 2, /takes otherwise than shard 1 sent/)
    assertFinding(audit(forged(2, 2, of(`wallet:${ann.address}`, 300n))), 2, 2, /does not keep/)
  })

  it('finds a taking that credits otherwise than it says', () => {
    const skimmed = { entries: [credit(`wallet:${next.address}`, 300n), credit('clearing:1', -300n)] }
    assertFinding(audit(forged(2, 2, () => skimmed)), 2, 2, /moves .* the signature allows/)
  })

  it('finds a sender’s journal that was rewritten after another shard had taken from it', () => {
    const rewritten = forged(1, 3, event => ({ atMs: event.atMs + 1 }))
    assertFinding(audit(rewritten), 2, 2, /takes otherwise than shard 1 sent/)
    const receiverFirst = new ShardsAuditor(ethersCrypto, shardCount)
    const found = [2, 1, 0].flatMap(shard =>
      (rewritten[shard] ?? []).map(stored =>
        receiverFirst.follow(shard, decodeEvent(stored), stored.payload, stored.hash),
      ),
    )
    const problem = 'sends otherwise than shard 2 took it'
    assert.deepEqual(found.filter(Boolean), [{ shard: 1, position: 3, problem }])
  })

  it('finds a sending for another account than the signature names', () => {
    const clearing = [{ toShard: 2, sequence: 1, credits: [credit(`wallet:${next.address}`, 300n)] }]
    assertFinding(audit(forged(1, 3, () => ({ clearing }))), 1, 3, /the signature allows/)
  })

  it('finds a sending that says nobody, another amount, or the wrong shard', () => {
    const credits = [credit(`wallet:${far.address}`, 300n)]
    const cases: readonly [object, RegExp][] = [
      [{ clearing: undefined }, /moves clearing:2 and does not say for whom/],
      [{ clearing: [{ toShard: 2, sequence: 1, credits: [credit(`wallet:${far.address}`, 299n)] }] }, /sends 299 µcr/],
      [{ clearing: [{ toShard: 2, sequence: 1, credits: [] }] }, /sends 0 µcr/],
      [{ clearing: [{ toShard: 0, sequence: 1, credits }] }, /does not say for whom/],
      [{ clearing: [{ toShard: 1, sequence: 1, credits }] }, /does not say for whom/],
      [{ clearing: [{ toShard: 2, sequence: 2, credits }] }, /is sending 2 to shard 2 after 0/],
    ]
    for (const [change, problem] of cases) assertFinding(audit(forged(1, 3, () => change)), 1, 3, problem)
  })

  it('finds an event that moves what another shard keeps', () => {
    const entries = [credit(`wallet:${ann.address}`, -300n), credit(`wallet:${far.address}`, 300n)]
    const kept = forged(1, 3, () => ({ entries, clearing: undefined }))
    assertFinding(audit(kept), 1, 3, /moves wallet:.* which this shard does not keep/)
    const deposited = forged(0, 2, () => ({
      entries: [credit('reserve', 1_000n), credit(`wallet:${ann.address}`, 1_000n)],
      clearing: undefined,
    }))
    assertFinding(audit(deposited), 0, 2, /does not keep/)
    const printed = forged(1, 2, event => ({
      type: 'InboxItemRecorded',
      data: { index: 0, kind: 'deposit', account: bob.address, amountMicrocredits: 9n, place: { ...event.data } },
      entries: [credit('reserve', 9n), credit(`wallet:${bob.address}`, 9n)],
    }))
    assertFinding(audit(printed), 1, 2, /moves reserve, which this shard does not keep/)
  })

  it('finds that the other shards return more than they ever got', () => {
    const account = `wallet:${actorAt(0, shardCount).address}`
    const all = journals()
    const data = { fromShard: 2, toShard: 0, fromPosition: 9, fromHash: zeroHash, sequence: 1 }
    const taking = {
      type: 'ClearingReceived',
      atMs: decodeEvent(all[0]?.[1] as StoredEvent).atMs,
      commandId: 'clearing:2:1',
      data: { ...data, credits: [credit(account, 1_001n)] },
      entries: [credit(account, 1_001n), credit('clearing:2', -1_001n)],
    }
    const events = (all[0] ?? []).map(stored => decodeEvent(stored))
    const robbed = [chained([...events, taking]), all[1] ?? [], all[2] ?? []]
    assertFinding(audit(robbed), 0, 3, /takes 1 µcr more than the other shards ever got/)
  })

  it('finds journals in another order, or of another ledger', () => {
    const [zero = [], one = [], two = []] = journals()
    assertFinding(audit([zero, two, one]), 1, 1, /opens shard 2 of 3, expected 1 of 3/)
    assertFinding(audit([zero, one]), 0, 1, /opens shard 0 of 3, expected 0 of 2/)
    const config = { ...testConfig, chainId: 5, shard: 2, shardCount }
    assertFinding(audit([zero, one, new TestLedger(config).stored]), 2, 1, /its chainId differs/)
  })

  it('finds a clearing account in a ledger of one shard', () => {
    const ledger = new TestLedger()
    ledger.deposit(ann.address, 5n)
    const events = ledger.stored.map(stored => decodeEvent(stored))
    const entries = [credit('reserve', 5n), credit('clearing:1', 5n)]
    const clearing = [{ toShard: 1, sequence: 1, credits: [credit(`wallet:${ann.address}`, 5n)] }]
    const sent = chained([events[0] as LedgerEvent, { ...events[1], entries, clearing }])
    assertFinding(audit([sent]), 0, 2, /shard 1, which is not another one/)
  })

  it('knows how far it has followed each shard, and what each account has there', () => {
    const auditor = new ShardsAuditor(ethersCrypto, shardCount)
    for (const [shard, journal] of journals().entries()) {
      for (const stored of journal) {
        assert.equal(auditor.follow(shard, decodeEvent(stored), stored.payload, stored.hash), undefined)
      }
      assert.deepEqual(auditor.head(shard), { position: journal.length, hash: journal.at(-1)?.hash })
    }
    const wallet = `wallet:${ann.address}`
    const [reserve, sent, received] = [
      { reserve: 1_000n, 'clearing:1': 1_000n },
      { [wallet]: 700n, 'clearing:0': -1_000n, 'clearing:2': 300n },
      { [`wallet:${far.address}`]: 300n, 'clearing:1': -300n },
    ]
    for (const [shard, balances] of [reserve, sent, received].entries()) {
      assert.deepEqual(auditor.balances(shard), new Map(Object.entries(balances ?? {})))
    }
    assert.equal(auditor.balance(1, wallet), 700n)
    assert.equal(auditor.balance(0, wallet), 0n)
  })

  it('knows nothing of a shard that does not exist, and refuses its events', () => {
    const auditor = new ShardsAuditor(ethersCrypto, shardCount)
    const [stored] = journals()[1] ?? []
    assert.ok(stored)
    const found = auditor.follow(shardCount, decodeEvent(stored), stored.payload, stored.hash)
    assert.deepEqual(found, { shard: shardCount, position: 1, problem: 'is of a shard that does not exist' })
    assert.deepEqual(auditor.head(shardCount), { position: 0, hash: zeroHash })
    assert.deepEqual(auditor.balances(shardCount), new Map())
    assert.equal(auditor.balance(shardCount, 'reserve'), 0n)
  })

  it('never takes a cut for consistent after a taking of more than was sent', () => {
    const wallet = `wallet:${far.address}`
    const more = { credits: [credit(wallet, 301n)] }
    const robbed = forged(2, 2, ({ data }) => ({
      data: { ...data, ...more },
      entries: [credit(wallet, 301n), credit('clearing:1', -301n)],
    }))
    const auditor = new ShardsAuditor(ethersCrypto, shardCount)
    const found = robbed.flatMap((journal, shard) =>
      journal.map(stored => auditor.follow(shard, decodeEvent(stored), stored.payload, stored.hash)),
    )
    const otherwise = { shard: 2, position: 2, problem: 'takes otherwise than shard 1 sent it' }
    assert.deepEqual(found.filter(Boolean), [otherwise])
    const problem = 'reserve 1000 µcr, owed 1001 µcr, clearing -1 µcr, in flight 300 µcr'
    assert.deepEqual(auditor.cut(), { shard: 0, position: 2, problem })
  })
})
