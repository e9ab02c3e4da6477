import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alice, bob } from '../settlement/testing/settlement-fixture.ts'
import { until } from '../settlement/testing/until.ts'
import { AuditScene } from './audit-scene.spec.fixture.ts'
import type { AuditSources } from './ledger-audit.ts'

const legs = ['events', 'readModel', 'bus', 'chain'] as const

describe('the four-way audit', () => {
  it('finds that journal, projections, bus and chain agree, up to the last event', async t => {
    const scene = await AuditScene.open(t)
    assert.ok(scene.head >= 10, `${scene.head} events`)
    scene.audit.start()
    await scene.untilAgreed()
    for (const leg of legs) assert.equal(scene.leg(leg).lastOkAtMs, scene.fixture.clock.ms)
    assert.deepEqual(scene.raised, [])
  })

  it('goes on with what comes', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    for (let round = 0; round < 3; round++) {
      await scene.transfer()
      await scene.project()
      await scene.untilAgreed()
    }
    assert.deepEqual(scene.raised, [])
  })

  it('raises no alarm while everything moves at once, whatever is ahead of what and however little is remembered', async t => {
    for (const own of [
      {},
      { windowEventsMax: 3, pageEvents: 2 },
      { windowEventsMax: 20, pageEvents: 7, loadShareMax: 0.5 },
    ]) {
      const scene = await AuditScene.open(t, undefined, own)
      scene.audit.start()
      let projecting = Promise.resolve()
      for (let round = 0; round < 30; round++) {
        await Promise.all([scene.transfer(1n), scene.transfer(2n)])
        if (round % 3 === 0) projecting = projecting.then(() => scene.project())
        if (round % 10 === 3) await scene.relay.stop()
        if (round % 10 === 7) scene.relay.start()
      }
      scene.relay.start()
      await projecting
      await scene.project()
      await scene.untilAgreed()
      assert.deepEqual(scene.raised, [])
    }
  })

  it('says which legs are not configured, and compares the others', async t => {
    const scene = await AuditScene.open(t, ({ store, journals, chain }: AuditSources) => ({
      store,
      journals,
      ...(chain && { chain }),
    }))
    scene.audit.start()
    await scene.untilAgreed()
    assert.deepEqual(
      scene.audit.report().legs.map(({ leg, isConfigured }) => [leg, isConfigured]),
      [
        ['events', true],
        ['readModel', false],
        ['bus', false],
        ['chain', true],
      ],
    )
  })

  it('raises an alarm once, keeps it while it holds, and tells of its end once', async t => {
    const scene = await AuditScene.open(t)
    scene.missingWei = 1n
    scene.audit.start()
    const alarm = await scene.untilAlarm('chain')
    for (let round = 0; round < 3; round++) {
      await scene.transfer()
      await scene.project()
      await until(() => scene.leg('readModel').position === scene.head)
    }
    assert.deepEqual(scene.raised, [alarm])
    assert.equal(scene.audit.report().isOk, false)
    scene.missingWei = 0n
    await scene.untilAgreed()
    assert.deepEqual(scene.resolved, [alarm])
  })

  it('tells of several legs that are wrong at the same time, each by itself', async t => {
    const scene = await AuditScene.open(t)
    scene.missingWei = 1n
    scene.distortBus = events => events.filter(({ position }) => position !== 4)
    scene.alterProjections(`UPDATE wallet_balance SET available_microcredits = 1 WHERE wallet = '${bob.address}'`)
    scene.audit.start()
    await until(() => scene.audit.report().alarms.length === 3)
    assert.deepEqual(
      scene.audit.report().alarms.map(({ leg }) => leg),
      ['readModel', 'bus', 'chain'],
    )
    assert.equal(scene.leg('events').alarm, undefined)
  })

  it('ends while it waits for a leg that never answers', { timeout: 20_000 }, async t => {
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      bus: {
        async *follow(_shard, _cursor, signal) {
          await new Promise(resolve => signal.addEventListener('abort', resolve))
        },
      },
    }))
    scene.audit.start()
    await until(() => scene.leg('readModel').position === scene.head)
    await scene.audit.stop()
  })
})

describe('the audit of the events', () => {
  it('names an event that was changed, compares nothing with such a journal, and begins again when it is restored', async t => {
    const scene = await AuditScene.open(t)
    const target = (await scene.life.ledger.events(0, 100)).find(({ type }) => type === 'CreditsTransferred')
    const position = target?.position ?? 0
    scene.distortStore = events =>
      events.map(event =>
        event.position === position ? { ...event, payload: event.payload.replaceAll('"7n"', '"8n"') } : event,
      )
    scene.audit.start()
    const alarm = await scene.untilAlarm('events')
    assert.equal(alarm.position, position)
    assert.match(alarm.found, /its hash does not continue the chain/)
    await until(() => scene.leg('readModel').error === 'AuditHaltedError')
    for (const leg of ['readModel', 'bus'] as const) assert.equal(scene.leg(leg).alarm, undefined)
    scene.distortStore = events => events
    await scene.untilAgreed()
    assert.deepEqual(scene.resolved, [alarm])
  })

  it('names an event that is missing, and one that is no event', async t => {
    for (const distortion of ['missing', 'strange'] as const) {
      const scene = await AuditScene.open(t)
      scene.distortStore = events =>
        distortion === 'missing'
          ? events.filter(({ position }) => position !== 5)
          : events.map(event => (event.position === 5 ? { ...event, payload: '{"type":"Gift"}' } : event))
      scene.audit.start()
      const alarm = await scene.untilAlarm('events')
      assert.equal(alarm.position, distortion === 'missing' ? 6 : 5)
      assert.match(alarm.found, distortion === 'missing' ? /says that it stands at 6/ : /unknown type "Gift"/)
    }
  })

  it('names the end of a journal that has become shorter', async t => {
    let isCut = false
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      store: {
        ...sources.store,
        async head(shard) {
          const head = await sources.store.head(shard)
          const [before] = await sources.store.read(shard, head.position - 2, 1)
          return isCut && before !== undefined ? { position: before.position, hash: before.hash } : head
        },
      },
    }))
    scene.audit.start()
    await scene.untilAgreed()
    isCut = true
    const alarm = await scene.untilAlarm('events')
    assert.equal(alarm.position, scene.head - 1)
    assert.match(alarm.found, new RegExp(`is the last one, ${scene.head} events were audited`))
  })

  it('is late, and not wrong, while the store does not answer', async t => {
    let isAway = true
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      store: {
        ...sources.store,
        head: shard => (isAway ? Promise.reject(new TypeError('connection refused')) : sources.store.head(shard)),
      },
    }))
    scene.audit.start()
    await until(() => scene.leg('events').error === 'TypeError')
    assert.deepEqual(scene.raised, [])
    assert.equal(scene.leg('events').lastOkAtMs, undefined)
    isAway = false
    await scene.untilAgreed()
    assert.equal(scene.leg('events').error, undefined)
  })
})

describe('the audit of the projections', () => {
  it('names a balance that is not the journal’s, and agrees when it is right again', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    const setTo = (amount: string) =>
      scene.alterProjections(
        `UPDATE wallet_balance SET available_microcredits = ${amount} WHERE wallet = '${bob.address}'`,
      )
    setTo('available_microcredits + 3')
    const alarm = await scene.untilAlarm('readModel')
    assert.deepEqual(
      [alarm.account, alarm.position, alarm.expected, alarm.found],
      [`wallet:${bob.address}`, scene.head, '4000007 µcr', '4000010 µcr'],
    )
    setTo('available_microcredits - 3')
    await scene.untilAgreed()
  })

  it('names a hold that is lost, a row too many, and an account of the network', async t => {
    const cases = [
      ['UPDATE hold SET ended_position = 1', /^hold:0x/, '1000000 µcr', '0 µcr'],
      [`INSERT INTO wallet_balance VALUES ('0x${'77'.repeat(20)}', 0, 9, 0, 0, 0)`, /^wallet:0x7777/, '0 µcr', '9 µcr'],
      [
        `UPDATE network_balance SET amount_microcredits = 0 WHERE account = 'reserve'`,
        /^reserve$/,
        '8000000 µcr',
        '0 µcr',
      ],
    ] as const
    for (const [sql, account, expected, found] of cases) {
      const scene = await AuditScene.open(t)
      scene.alterProjections(sql)
      scene.audit.start()
      const alarm = await scene.untilAlarm('readModel')
      assert.match(alarm.account ?? '', account)
      assert.deepEqual([alarm.expected, alarm.found], [expected, found])
    }
  })

  it('names a wallet whose history is not the journal’s', async t => {
    const scene = await AuditScene.open(t)
    scene.alterProjections(
      `UPDATE statement_entry SET available_after_microcredits = 1 WHERE wallet = '${alice.address}'`,
    )
    scene.audit.start()
    const alarm = await scene.untilAlarm('readModel')
    assert.deepEqual([alarm.account, alarm.expected, alarm.found], [`wallet:${alice.address}`, '2999993 µcr', '1 µcr'])
  })

  it('says so when they know of events that the journal does not have', async t => {
    const scene = await AuditScene.open(t)
    scene.alterProjections('UPDATE read_checkpoint SET position = position + 10')
    scene.audit.start()
    const alarm = await scene.untilAlarm('readModel')
    assert.deepEqual([alarm.position, alarm.found], [scene.head, `projections of events up to ${scene.head + 10}`])
  })

  it('is late, and not wrong, while they are behind, and agrees when they have come', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    await scene.transfer()
    await scene.transfer()
    await until(() => scene.leg('readModel').lagEvents === 2)
    scene.fixture.clock.ms += 1_000
    await until(() => scene.leg('events').lastOkAtMs === scene.fixture.clock.ms)
    assert.equal(scene.leg('readModel').lastOkAtMs, scene.fixture.clock.ms - 1_000)
    assert.deepEqual(scene.raised, [])
    await scene.project()
    await scene.untilAgreed()
  })

  it('is late, and not wrong, while they do not answer', async t => {
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      readModel: {
        position: () => Promise.reject(new RangeError('closed')),
        balances: async () => [],
        balanceAsOf: () => Promise.reject(new RangeError('closed')),
      },
    }))
    scene.audit.start()
    await until(() => scene.leg('readModel').error === 'RangeError' && scene.leg('events').lagEvents === 0)
    assert.deepEqual(scene.raised, [])
  })
})
