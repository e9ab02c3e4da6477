import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { auditShards } from '../audit/shards-auditor.ts'
import { booksOf, isBalanced } from '../journal/books.ts'
import { decodeEvent } from '../journal/codec.ts'
import { evolve } from '../journal/evolve.ts'
import { remember } from '../journal/repetition.ts'
import { initialState } from '../journal/state.ts'
import { ethersCrypto } from '../testing/ethers-crypto.ts'
import type { TestShards } from '../testing/test-shards.ts'
import { ShardsDriver, type Step, step } from './shards-driver.spec.fixture.ts'

const steps = fc.array(step, { minLength: 60, maxLength: 120, size: 'max' })
const shardCount = fc.constantFrom(3, 4)

function driven(count: number, all: readonly Step[], afterEach: (driver: ShardsDriver) => void): ShardsDriver {
  const driver = new ShardsDriver(count)
  for (const next of all) {
    driver.run(next)
    afterEach(driver)
  }
  return driver
}

/** Whether every taking in a prefix of each journal has its sending there, found event by event without any auditor. */
function isConsistent({ shards }: TestShards, positions: readonly number[]): boolean {
  return shards.every(({ events }, shard) =>
    events.slice(0, positions[shard]).every(event => {
      if (event.type !== 'ClearingReceived') return true
      return event.data.fromPosition <= (positions[event.data.fromShard] ?? 0)
    }),
  )
}

describe('any commands to several shards, and any fate of what is between them', () => {
  it('keep Σ reserve = Σ of all the others + what is in flight, after every step', () => {
    let inFlightSeen = 0
    fc.assert(
      fc.property(shardCount, steps, (count, all) => {
        const driver = driven(count, all, ({ shards, expectedReserve }) => {
          const cut = shards.cut()
          assert.equal(cut.reserveMicrocredits, expectedReserve)
          assert.equal(cut.owedMicrocredits + cut.inFlightMicrocredits, expectedReserve)
          assert.ok(cut.inFlightMicrocredits >= 0n)
          if (cut.inFlightMicrocredits > 0n) inFlightSeen += 1
          for (const { state } of shards.shards) assert.ok(isBalanced(booksOf(state)))
        })
        driver.shards.clear()
        assert.equal(driver.shards.cut().inFlightMicrocredits, 0n, 'all that was sent arrives')
      }),
      { numRuns: 12, seed: 20_261_123 },
    )
    assert.ok(inFlightSeen > 100, `the steps had something in flight ${inFlightSeen} times`)
  })

  it('let each epoch close: all that came in is in a leaf, a payout or burnt', () => {
    let epochs = 0
    fc.assert(
      fc.property(shardCount, steps, (count, all) => {
        const { shards } = driven(count, all, () => {})
        let inbox = 0n
        let paidOut = 0n
        for (const event of shards.at(0).events) {
          if (event.type === 'InboxItemRecorded') inbox += event.data.amountMicrocredits
          if (event.type !== 'EpochClosed') continue
          const { rows, burnMicrocredits, leavesTotalMicrocredits } = event.data
          paidOut += rows.reduce((total, row) => total + row.incrementMicrocredits, burnMicrocredits)
          assert.equal(inbox, leavesTotalMicrocredits + paidOut)
          epochs += 1
        }
      }),
      { numRuns: 6, seed: 20_261_124 },
    )
    assert.ok(epochs > 6, `${epochs} epochs were closed`)
  })

  it('are found inconsistent at exactly the cuts that hold a taking without its sending', () => {
    const seen = { consistent: 0, inconsistent: 0 }
    const parts = fc.array(fc.noBias(fc.nat(1_000)), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(shardCount, steps, fc.array(parts, { minLength: 6, maxLength: 6 }), (count, all, cuts) => {
        const { shards } = driven(count, all, () => {})
        for (const cut of cuts) {
          const positions = shards.shards.map(({ events }, shard) =>
            Math.round((events.length * (cut[shard] ?? 0)) / 1_000),
          )
          const journals = shards.shards.map(({ stored }, shard) => stored.slice(0, positions[shard]))
          const found = auditShards(ethersCrypto, journals)
          if (isConsistent(shards, positions)) {
            assert.ok(
              !('problem' in found),
              JSON.stringify(found, (_, value) => String(value)),
            )
            assert.equal(found.reserveMicrocredits, found.owedMicrocredits + found.inFlightMicrocredits)
            seen.consistent += 1
          } else {
            assert.ok('problem' in found && /does not hold$/.test(found.problem))
            seen.inconsistent += 1
          }
        }
      }),
      { numRuns: 6, seed: 20_261_125 },
    )
    assert.ok(seen.consistent > 5 && seen.inconsistent > 5, JSON.stringify(seen))
  })

  it('replay from the stored bytes of each shard to the same state', () => {
    fc.assert(
      fc.property(shardCount, steps, (count, all) => {
        const { shards } = driven(count, all, () => {})
        for (const ledger of shards.shards) {
          const replayed = initialState()
          for (const stored of ledger.stored) {
            const event = decodeEvent(stored)
            evolve(replayed, event, stored.hash, ethersCrypto)
            remember(replayed, event)
          }
          const { expiries: _, forgets: __, ...live } = ledger.state
          const { expiries: ___, forgets: ____, ...again } = replayed
          assert.deepEqual(again, live)
        }
      }),
      { numRuns: 3, seed: 20_261_126 },
    )
  })
})
