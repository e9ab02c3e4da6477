import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as passRealTime } from 'node:timers/promises'
import { StoreDamagedError, UnknownOutcomeError } from '@deparrow/ledger'
import { describeEventStore, sampleBatch, sampleEvents } from '@deparrow/ledger/testing'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { KurrentEventStore, type KurrentOptions } from './kurrent-event-store.ts'
import { AppendTooLargeError } from './kurrent-streams.ts'
import { KurrentStandIn } from './testing/kurrent-stand-in.ts'
import { appendThroughFailures, followThroughFailures } from './through-failures.spec.fixture.ts'

const serverUrl = process.env['KURRENTDB_URL']

describeEventStore('the KurrentDB event store, on a stand-in', async () => {
  const standIn = await KurrentStandIn.start()
  return {
    open: () => KurrentEventStore.open(standIn.url),
    leaseMs: 600_000,
    passTime: async ms => {
      standIn.nowMs += ms
    },
    remove: () => standIn.stop(),
  }
})

if (serverUrl !== undefined && serverUrl !== '') {
  describeEventStore('the KurrentDB event store, on a server', async () => {
    const streamPrefix = `test_${randomBytes(6).toString('hex')}`
    return {
      open: () => KurrentEventStore.open(serverUrl, { streamPrefix }),
      leaseMs: 4_000,
      passTime: ms => passRealTime(ms),
      remove: async () => {
        const client = KurrentDBClient.connectionString(serverUrl)
        for (const shard of ['a', 'b', 'nobody']) {
          for (const kind of ['journal', 'lease'])
            await client.deleteStream(`${streamPrefix}-${kind}-${shard}`).catch(() => undefined)
        }
        await client.dispose()
      },
    }
  })
}

async function createScene(t: TestContext, options: KurrentOptions = {}, appendBytesMax?: number) {
  const standIn = await KurrentStandIn.start(appendBytesMax)
  const opened: KurrentEventStore[] = []
  const open = async () => {
    const store = await KurrentEventStore.open(standIn.url, options)
    opened.push(store)
    return store
  }
  t.after(async () => {
    for (const store of opened) await store.close()
    await standIn.stop()
  })
  return { standIn, open }
}

describe('the KurrentDB event store, when things break', () => {
  for (const [fault, isWritten] of [
    ['cutBefore', false],
    ['cutAfter', true],
    ['silentBefore', false],
    ['silentAfter', true],
  ] as const) {
    it(`does not say whether a batch was written that met ${fault}, and keeps it once when it comes again`, async t => {
      const { standIn, open } = await createScene(t, { appendTimeoutMs: 500 })
      const store = await open()
      const { leaseEpoch } = await store.acquire('a', 1_000)
      await store.append(sampleBatch('a', leaseEpoch, 0, 2))
      standIn.faults.push(fault)
      await assert.rejects(store.append(sampleBatch('a', leaseEpoch, 2, 3)), UnknownOutcomeError)
      assert.equal((await store.head('a')).position, isWritten ? 5 : 2)
      assert.equal(await appendThroughFailures(store, sampleBatch('a', leaseEpoch, 2, 3)), 0)
      assert.equal(await store.append(sampleBatch('a', leaseEpoch, 5, 1)), 'appended', 'the store goes on working')
      assert.deepEqual(await store.read('a', 0, 100), sampleEvents(0, 6))
    })
  }

  it('reads on when its connections were cut, between reads and during one', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    await store.append(sampleBatch('a', leaseEpoch, 0, 2))
    for (let round = 0; round < 10; round++) {
      const reading = store.read('a', 0, 9)
      standIn.cut()
      assert.deepEqual(await reading, sampleEvents(0, 2))
      standIn.cut()
      assert.equal((await store.head('a')).position, 2)
    }
  })

  it('lets a batch that comes late, behind a take-over, write nothing', async t => {
    const { standIn, open } = await createScene(t, { appendTimeoutMs: 500 })
    const [store, other] = [await open(), await open()]
    const former = await store.acquire('a', 1_000)
    await store.append(sampleBatch('a', former.leaseEpoch, 0, 2))
    standIn.faults.push('late')
    await assert.rejects(store.append(sampleBatch('a', former.leaseEpoch, 2, 3)), UnknownOutcomeError)
    const present = await other.acquire('a', 1_000)
    assert.equal(present.head.position, 2)
    assert.deepEqual(standIn.arrive(), ['wrongRevision'])
    assert.equal(await other.append(sampleBatch('a', present.leaseEpoch, 2, 1, 1)), 'appended')
    assert.deepEqual(await other.read('a', 0, 100), [...sampleEvents(0, 2), ...sampleEvents(2, 1, 1)])
  })

  it('keeps each batch once, and its followers see each once, while all connections are cut again and again', async t => {
    const { standIn, open } = await createScene(t)
    const [writer, reader] = [await open(), await open()]
    const { leaseEpoch } = await writer.acquire('a', 1_000)
    const following = followThroughFailures(reader, 'a', 90)
    let lost = 0
    for (let after = 0; after < 90; after += 3) {
      if (after % 15 === 0) standIn.faults.push(after % 2 === 0 ? 'cutBefore' : 'cutAfter')
      lost += await appendThroughFailures(writer, sampleBatch('a', leaseEpoch, after, 3))
    }
    assert.deepEqual(await following, sampleEvents(0, 90))
    assert.ok(lost >= 6, 'an append lost its connection at each cut')
  })

  it('writes nothing of a batch that is larger than the server takes, and says what to do', async t => {
    const { open } = await createScene(t, {}, 2 ** 20)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    const events = sampleEvents(0, 20).map(event => ({ ...event, payload: JSON.stringify({ n: 'x'.repeat(60_000) }) }))
    const appending = store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events })
    await assert.rejects(appending, (error: unknown) => {
      return error instanceof AppendTooLargeError && /MaxAppendSize/.test(error.message)
    })
    assert.equal((await store.head('a')).position, 0)
    assert.equal(await store.append(sampleBatch('a', leaseEpoch, 0, 1)), 'appended')
  })

  it('fails to open where nobody listens', async () => {
    const standIn = await KurrentStandIn.start()
    const { url } = standIn
    await standIn.stop()
    await assert.rejects(KurrentEventStore.open(url))
  })

  it('refuses a prefix that could hold more than a name', async () => {
    for (const streamPrefix of ['', '$', 'a-b', 'A', '1a', 'a b', 'x'.repeat(64)]) {
      await assert.rejects(KurrentEventStore.open('kurrentdb://127.0.0.1:1?tls=false', { streamPrefix }), TypeError)
    }
  })
})

describe('a journal in KurrentDB', () => {
  it('is of JSON events under the ledger’s types where the bytes allow it, and of plain bytes elsewhere', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    const payloads = ['{"a":1,"position":1,"type":"HoldOpened"}', '{"a":1.0,"position":2,"type":"HoldOpened"}', '7']
    const events = sampleEvents(0, 3).map((event, index) => ({ ...event, payload: payloads[index] ?? '' }))
    await store.append({ shard: 'a', leaseEpoch, expectedPosition: 0, events })
    const [marker, ...records] = standIn.records('deparrow-journal-a')
    assert.equal(marker?.type, 'WriterLeased')
    assert.deepEqual(
      records.map(({ type, contentType, data }) => [type, contentType, Buffer.from(data).toString('utf8')]),
      [
        ['HoldOpened', 'application/json', payloads[0]],
        ['HoldOpened', 'application/octet-stream', payloads[1]],
        ['JournalEvent', 'application/octet-stream', payloads[2]],
      ],
    )
    assert.equal(new Set(records.map(record => record.id)).size, 3)
    assert.deepEqual(await store.read('a', 0, 9), events)
  })

  it('is not lengthened by renewals, of which the server keeps few', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    for (let round = 0; round < 50; round++) assert.equal(await store.renew('a', leaseEpoch, 1_000), true)
    assert.equal(standIn.records('deparrow-journal-a').length, 1)
    assert.equal(standIn.records('deparrow-lease-a').length, 20)
    for (let round = 0; round < 5; round++) assert.equal(await store.acquireExpired('a', 1_000), undefined)
    assert.equal(standIn.records('deparrow-clock').length, 1)
  })

  it('is found at any position by few reads, however often writers have changed', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    for (let turn = 0; turn < 40; turn++) {
      const { leaseEpoch, head } = await store.acquire('a', 1_000)
      await store.append(sampleBatch('a', leaseEpoch, head.position, 1 + (turn % 3)))
    }
    const { position } = await store.head('a')
    for (let after = position; after >= 0; after -= 7) {
      const fresh = await open()
      const before = standIn.readCount
      assert.deepEqual(await fresh.read('a', after, 1), sampleEvents(after, after === position ? 0 : 1))
      assert.ok(standIn.readCount - before <= 12, `${standIn.readCount - before} reads at ${after}`)
    }
  })

  it('is refused where the stream holds something else', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    await store.append(sampleBatch('a', leaseEpoch, 0, 3))
    standIn.write('deparrow-journal-a', { type: 'Stray', data: '{}', metadata: '{}' })
    assert.equal((await store.read('a', 0, 3)).length, 3)
    await assert.rejects(store.read('a', 0, 4), StoreDamagedError)
    await assert.rejects(store.head('a'), StoreDamagedError)
    await assert.rejects(store.acquire('a', 1_000), StoreDamagedError)
    await assert.rejects(store.append(sampleBatch('a', leaseEpoch, 3, 1)), StoreDamagedError)
  })

  it('is refused where records name another place than theirs', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    await store.acquire('a', 1_000)
    const metadata = JSON.stringify({ hash: `0x${'11'.repeat(32)}`, leaseEpoch: 2, leaseRevision: 0 })
    standIn.write('deparrow-journal-a', { type: 'HoldOpened', data: '{}', metadata })
    await assert.rejects(store.read('a', 0, 4), /no event at position 1/)
  })

  it('is not read where the server has thrown events away', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const { leaseEpoch } = await store.acquire('a', 1_000)
    await store.append(sampleBatch('a', leaseEpoch, 0, 9))
    standIn.write('$$deparrow-journal-a', { type: '$metadata', data: '{"$maxCount":4}', metadata: '{}' })
    await assert.rejects(store.read('a', 0, 9), /no event at position 1/)
    const fresh = await open()
    await assert.rejects(fresh.read('a', 2, 9), /no event at position 3/)
    assert.deepEqual(await fresh.read('a', 5, 9), sampleEvents(5, 4))
  })

  it('of one prefix is not that of another', async t => {
    const { standIn, open } = await createScene(t)
    const store = await open()
    const other = await KurrentEventStore.open(standIn.url, { streamPrefix: 'other' })
    t.after(() => other.close())
    const { leaseEpoch } = await store.acquire('a', 1_000)
    await store.append(sampleBatch('a', leaseEpoch, 0, 2))
    assert.equal((await other.acquireExpired('a', 1_000))?.head.position, 0)
    assert.equal(await store.append(sampleBatch('a', leaseEpoch, 2, 1)), 'appended')
  })
})
