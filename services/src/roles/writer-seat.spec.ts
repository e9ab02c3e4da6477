import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type JournalLedger, leaseMs, StoreDamagedError } from '@deparrow/ledger'
import {
  ethersCrypto,
  InMemoryEventStore,
  InMemoryJournal,
  ledgerActor,
  testConfig,
  testStartMs,
  until,
} from '@deparrow/ledger/testing'
import { OtherLedgerError, openLedger } from '../ledger/open-ledger.ts'
import { WriterSeat } from './writer-seat.ts'

/** Two processes over one store under one clock; each tells when it serves and can be told to lose the shard. */
class Scene {
  nowMs = testStartMs
  readonly journal = new InMemoryJournal(() => this.nowMs)
  readonly stopping = new AbortController()
  readonly problems: string[] = []

  sit(serve: (ledger: JournalLedger) => Promise<void>, store = new InMemoryEventStore(this.journal)) {
    const clock = { nowMs: () => this.nowMs }
    const signer = ledgerActor.asLedgerSigner()
    const seat = new WriterSeat({
      ledger: { store, shard: 'main', crypto: ethersCrypto, clock, signer },
      wait: () => new Promise(resolve => setImmediate(resolve)),
      signal: this.stopping.signal,
      report: problem => void this.problems.push(problem),
      serve,
    })
    return { seat, running: seat.run() }
  }

  untilStopped(): Promise<void> {
    return new Promise(resolve => this.stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

describe('a process’s seat at a shard', () => {
  it('is a standby’s while another process renews its lease, and the writer’s when that one is gone', async () => {
    const scene = new Scene()
    const first = scene.sit(() => scene.untilStopped())
    await until(() => first.seat.writer() !== undefined)
    const second = scene.sit(() => scene.untilStopped())
    await until(() => second.seat.isFollowing())
    assert.equal(second.seat.writer(), undefined)
    await openLedger(first.seat.writer() as JournalLedger, {}, async () => testConfig)
    await until(() => second.seat.position === 1)
    scene.nowMs += leaseMs + 1
    await until(() => second.seat.writer() !== undefined)
    assert.equal(second.seat.position, 1)
    scene.stopping.abort()
    await Promise.all([first.running, second.running])
    assert.equal(second.seat.writer(), undefined)
  })

  it('is given up when the shard is lost, and taken again', async () => {
    const scene = new Scene()
    const losing = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let turn = 0
    const { seat, running } = scene.sit(() => losing[turn++]?.promise ?? scene.untilStopped())
    await until(() => turn === 1)
    const ledger = seat.writer()
    losing[0]?.resolve()
    await until(() => turn === 2)
    assert.notEqual(seat.writer(), ledger)
    await assert.rejects(async () => ledger?.submit({ type: 'OpenLedger', config: testConfig }), {
      name: 'LedgerClosedError',
    })
    scene.stopping.abort()
    losing[1]?.resolve()
    await running
  })

  it('is kept through failures of the store, which are told', async () => {
    const scene = new Scene()
    const store = new InMemoryEventStore(scene.journal)
    let failuresLeft = 3
    const acquireExpired = store.acquireExpired.bind(store)
    store.acquireExpired = async (shard, ms) => {
      if (failuresLeft-- > 0) throw new Error('connection refused')
      return acquireExpired(shard, ms)
    }
    const { seat, running } = scene.sit(() => scene.untilStopped(), store)
    await until(() => seat.writer() !== undefined)
    assert.deepEqual(scene.problems, Array(3).fill('the shard cannot be followed now: connection refused'))
    scene.stopping.abort()
    await running
  })

  it('is left for good when the journal is another network’s, or is damaged', async () => {
    for (const error of [new OtherLedgerError('settlement'), new StoreDamagedError('position 7 was changed')]) {
      const scene = new Scene()
      const { running, seat } = scene.sit(() => Promise.reject(error))
      await assert.rejects(running, error)
      assert.equal(seat.writer(), undefined)
    }
  })
})

describe('opening a ledger', () => {
  it('refuses the journal of another network, naming what differs, and asks for no parameters', async () => {
    const scene = new Scene()
    const { seat, running } = scene.sit(() => scene.untilStopped())
    await until(() => seat.writer() !== undefined)
    const ledger = seat.writer() as JournalLedger
    await openLedger(ledger, {}, async () => testConfig)
    const parameters = () => Promise.reject(new Error('the chain is away'))
    await openLedger(ledger, { settlement: testConfig.settlement, shard: 0, shardCount: 1 }, parameters)
    for (const other of [{ settlement: `0x${'99'.repeat(20)}` as const }, { shardCount: 2 }, { chainId: 1 }]) {
      const refusal = new RegExp(Object.keys(other)[0] ?? '')
      await assert.rejects(openLedger(ledger, other, parameters), error => {
        return error instanceof OtherLedgerError && refusal.test(error.message)
      })
    }
    assert.equal(ledger.head().position, 1)
    scene.stopping.abort()
    await running
  })
})
