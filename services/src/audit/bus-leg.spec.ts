import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chainHash, zeroHash } from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { BusUnavailableError, type DeliveredEvent } from '../relay/event-bus.port.ts'
import { until } from '../settlement/testing/until.ts'
import { AuditScene } from './audit-scene.spec.fixture.ts'

/** The same events with one of them changed, and all hashes computed anew: a history that is sound in itself. */
function otherHistory(events: readonly DeliveredEvent[]): readonly DeliveredEvent[] {
  let hash = zeroHash
  return events.map(event => {
    const payload = event.payload.replaceAll('"7n"', '"6n"').replaceAll('"-7n"', '"-6n"')
    hash = chainHash(ethersCrypto, hash, payload)
    return { ...event, payload, hash }
  })
}

describe('the audit of the bus', () => {
  it('names a record that was changed, and agrees when the bus is right again', async t => {
    const scene = await AuditScene.open(t)
    scene.distortBus = events =>
      events.map(event => (event.position === 4 ? { ...event, payload: event.payload.replace('{', '{ ') } : event))
    scene.audit.start()
    const alarm = await scene.untilAlarm('bus')
    assert.equal(alarm.position, 4)
    assert.match(alarm.found, /does not continue the events before it/)
    scene.distortBus = events => events
    await scene.untilAgreed()
    assert.deepEqual(scene.resolved, [alarm])
  })

  it('names the place of a record that is missing', async t => {
    const scene = await AuditScene.open(t)
    scene.distortBus = events => events.filter(({ position }) => position !== 6)
    scene.audit.start()
    const alarm = await scene.untilAlarm('bus')
    assert.equal(alarm.position, 6)
    assert.match(alarm.found, /after position 5 comes 7: events are missing/)
    scene.distortBus = events => events
    await scene.untilAgreed()
  })

  it('names a record that is repeated with other content', async t => {
    const scene = await AuditScene.open(t)
    scene.distortBus = events =>
      events.flatMap(event =>
        event.position === 2 ? [event, { ...event, hash: `0x${'ab'.repeat(32)}` as const }] : [event],
      )
    scene.audit.start()
    assert.equal((await scene.untilAlarm('bus')).position, 3)
  })

  it('finds that a history which is sound in itself is not this journal’s', async t => {
    const scene = await AuditScene.open(t)
    scene.distortBus = otherHistory
    scene.audit.start()
    const alarm = await scene.untilAlarm('bus')
    const [last] = await scene.life.ledger.events(scene.head - 1, 1)
    assert.equal(alarm.position, last?.position)
    assert.equal(alarm.expected, scene.life.ledger.head().hash)
    assert.notEqual(alarm.found, alarm.expected)
    scene.distortBus = events => events
    await scene.untilAgreed()
  })

  it('says so when it carries what the journal does not have', async t => {
    let isShort = true
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      store: {
        read: async (shard, after, limit) =>
          (await sources.store.read(shard, after, limit)).slice(0, isShort ? 5 - after : limit),
        async head(shard) {
          const [fifth] = await sources.store.read(shard, 4, 1)
          return isShort && fifth !== undefined ? fifth : sources.store.head(shard)
        },
      },
    }))
    scene.audit.start()
    const alarm = await scene.untilAlarm('bus')
    assert.deepEqual([alarm.position, alarm.expected, alarm.found], [5, 'no event after 5', `event ${scene.head}`])
    isShort = false
    await scene.untilAgreed()
  })

  it('is late, and not wrong, while nothing is published, and agrees when it is', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    await scene.relay.stop()
    await scene.transfer()
    await scene.transfer()
    await until(() => scene.leg('bus').lagEvents === 2)
    assert.deepEqual(scene.raised, [])
    scene.relay.start()
    await scene.project()
    await scene.untilAgreed()
  })

  it('is late, and not wrong, while the bus is away', async t => {
    let isAway = true
    const scene = await AuditScene.open(t, sources => ({
      ...sources,
      bus: {
        async *follow(shard, cursor, signal) {
          if (isAway) throw new BusUnavailableError({ reason: 'ECONNREFUSED' })
          yield* sources.bus?.follow(shard, cursor, signal) ?? []
        },
      },
    }))
    scene.audit.start()
    await until(() => scene.leg('bus').error === 'BusUnavailableError' && scene.leg('bus').lagEvents === scene.head)
    assert.deepEqual(scene.raised, [])
    isAway = false
    await scene.untilAgreed()
    assert.equal(scene.leg('bus').error, undefined)
  })
})
