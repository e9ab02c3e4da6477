import assert from 'node:assert/strict'
import { ShardsAuditor, type ShardsCut } from '../audit/shards-auditor.ts'
import type { ClearingDelivery } from '../clearing/clearing.ts'
import { deliveriesOf } from '../clearing/follow-clearing.ts'
import type { LedgerAnswer, LedgerCommand } from '../journal/command.ts'
import { homeShard } from '../journal/config.ts'
import type { StoredEvent } from '../ports/event-store.ts'
import { Actor, testConfig } from './actors.ts'
import { ethersCrypto } from './ethers-crypto.ts'
import { TestLedger } from './test-ledger.ts'

/** The pure ledger in several shards. After every event the auditor of all shards must agree, and after every step their sums. */
export class TestShards {
  readonly shards: readonly TestLedger[]
  private readonly auditor: ShardsAuditor

  constructor(readonly shardCount: number) {
    const numbers = Array.from({ length: shardCount }, (_, shard) => shard)
    this.shards = numbers.map(shard => new TestLedger({ ...testConfig, shard, shardCount }))
    this.auditor = new ShardsAuditor(ethersCrypto, shardCount)
    this.cut()
  }

  at(shard: number): TestLedger {
    const ledger = this.shards[shard]
    assert.ok(ledger, `there is no shard ${shard}`)
    return ledger
  }

  /** The shard that keeps somebody's wallet. */
  home(actor: Actor): TestLedger {
    return this.at(homeShard(actor.address, this.shardCount))
  }

  submit(shard: number, command: LedgerCommand): LedgerAnswer {
    const [answer] = this.at(shard).submit(command)
    assert.ok(answer)
    this.cut()
    return answer
  }

  /** What one shard has sent to another after a sequence, oldest first. */
  sendings(fromShard: number, toShard: number, afterSequence = 0): readonly ClearingDelivery[] {
    const all = deliveriesOf(this.at(fromShard).stored, fromShard, toShard)
    return all.filter(delivery => delivery.sequence > afterSequence)
  }

  /** Takes everything that is on its way, until nothing is. */
  clear(): void {
    for (const toShard of this.shards.keys()) {
      for (const fromShard of this.shards.keys()) this.take(fromShard, toShard, Number.MAX_SAFE_INTEGER)
    }
  }

  /** Takes at most so many of what one shard has sent to another. */
  take(fromShard: number, toShard: number, countMax: number): void {
    const last = this.at(toShard).state.clearingReceived.get(fromShard)?.sequence ?? 0
    for (const delivery of this.sendings(fromShard, toShard, last).slice(0, countMax)) {
      const answer = this.submit(toShard, { type: 'ReceiveClearing', ...delivery })
      assert.equal(answer.status, 'accepted')
    }
  }

  /** The sums over all shards as they stand; fails when they do not add up. */
  cut(): ShardsCut {
    for (const [shard, ledger] of this.shards.entries()) {
      const { position } = this.auditor.head(shard)
      for (const [index, event] of ledger.events.slice(position).entries()) {
        const { payload, hash } = ledger.stored[position + index] as StoredEvent
        const finding = this.auditor.follow(shard, event, payload, hash)
        assert.equal(finding, undefined, `the auditor refuses ${event.type} in shard ${shard}: ${finding?.problem}`)
      }
    }
    const cut = this.auditor.cut()
    assert.ok(!('problem' in cut), 'problem' in cut ? cut.problem : '')
    return cut
  }
}

/** Somebody whose wallet is at home in a shard; `nth` tells apart who is at home in the same one. */
export function actorAt(shard: number, shardCount: number, nth = 0): Actor {
  let found = 0
  for (let number = 1_001; ; number++) {
    const actor = new Actor(number)
    if (homeShard(actor.address, shardCount) === shard && found++ === nth) return actor
  }
}
