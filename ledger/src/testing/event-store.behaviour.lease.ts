import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Bench } from './event-store.behaviour.bench.ts'
import { sampleBatch, sampleEvents } from './sample-events.ts'

export function describeFencing(bench: Bench): void {
  it('gives each writer a higher lease than the one before', async () => {
    const other = await bench.openAnother()
    const leases: number[] = []
    for (const store of [bench.store, other, bench.store])
      leases.push((await store.acquire('a', bench.leaseMs)).leaseEpoch)
    assert.ok(leases.every((lease, index) => index === 0 || lease > (leases[index - 1] ?? 0)))
  })

  it('gives writers that come at the same time different leases, of which the highest writes', async () => {
    const stores = [bench.store, await bench.openAnother(), await bench.openAnother()]
    const leases = await Promise.all([...stores, ...stores].map(store => store.acquire('a', bench.leaseMs)))
    const epochs = leases.map(lease => lease.leaseEpoch)
    assert.equal(new Set(epochs).size, epochs.length)
    const highest = Math.max(...epochs)
    for (const epoch of epochs.filter(other => other !== highest))
      assert.equal(await bench.store.append(sampleBatch('a', epoch, 0, 1)), 'fenced')
    assert.equal(await bench.store.append(sampleBatch('a', highest, 0, 1)), 'appended')
  })

  it('lets a former writer commit nothing once another has acquired the shard', async () => {
    const other = await bench.openAnother()
    const former = await bench.acquireAndAppend(bench.store, 'a', 1)
    const present = await other.acquire('a', bench.leaseMs)
    assert.deepEqual(present.head, { position: 1, hash: sampleEvents(0, 1)[0]?.hash })
    assert.equal(await bench.store.append(sampleBatch('a', former.leaseEpoch, 1, 1)), 'fenced')
    assert.equal(await other.append(sampleBatch('a', present.leaseEpoch, 1, 2)), 'appended')
    assert.equal(await bench.store.append(sampleBatch('a', former.leaseEpoch, 3, 1)), 'fenced')
    assert.deepEqual(await bench.store.read('a', 0, 100), sampleEvents(0, 3))
  })

  it('lets one of three batches at the same head through', async () => {
    const other = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    const results = await Promise.all([
      bench.store.append(sampleBatch('a', leaseEpoch, 0, 50, 1)),
      other.append(sampleBatch('a', leaseEpoch, 0, 3, 2)),
      bench.store.append(sampleBatch('a', leaseEpoch, 0, 7, 3)),
    ])
    assert.deepEqual([...results].sort(), ['appended', 'fenced', 'fenced'])
    const written = [50, 3, 7][results.indexOf('appended')]
    assert.equal((await other.read('a', 0, 100)).length, written)
  })
}

export function describeLeases(bench: Bench): void {
  it('gives a standby no lease while the writer holds it, and one when its time is over', async () => {
    const standby = await bench.openAnother()
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 2)
    assert.equal(await standby.acquireExpired('a', bench.leaseMs), undefined)
    await bench.passTime(bench.leaseMs / 2)
    assert.equal(await standby.acquireExpired('a', bench.leaseMs), undefined)
    await bench.passTime(bench.leaseMs / 2)
    const taken = await standby.acquireExpired('a', bench.leaseMs)
    assert.deepEqual(taken?.head, { position: 2, hash: sampleEvents(1, 1)[0]?.hash })
    assert.ok((taken?.leaseEpoch ?? 0) > leaseEpoch)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 2, 1)), 'fenced')
    assert.equal(await standby.append(sampleBatch('a', taken?.leaseEpoch ?? 0, 2, 1)), 'appended')
  })

  it('gives a standby the lease of a shard that nobody ever had', async () => {
    const taken = await bench.store.acquireExpired('a', bench.leaseMs)
    assert.equal(taken?.head.position, 0)
    assert.equal(await bench.store.acquireExpired('a', bench.leaseMs), undefined)
    assert.ok(await bench.store.acquireExpired('b', bench.leaseMs), 'the lease of another shard is another lease')
  })

  it('gives the lease to one of many standbys that try at once', async () => {
    const stores = [bench.store, await bench.openAnother(), await bench.openAnother()]
    await bench.store.acquire('a', bench.leaseMs)
    await bench.passTime(bench.leaseMs)
    const tries = [...stores, ...stores, ...stores].map(store => store.acquireExpired('a', bench.leaseMs))
    const taken = (await Promise.all(tries)).filter(lease => lease !== undefined)
    assert.equal(taken.length, 1)
    assert.equal(await bench.store.append(sampleBatch('a', taken[0]?.leaseEpoch ?? 0, 0, 1)), 'appended')
  })

  it('gives a writer that asks for it a lease that is held: acquire waits for nobody', async () => {
    const other = await bench.openAnother()
    const former = await bench.store.acquire('a', bench.leaseMs)
    const present = await other.acquire('a', bench.leaseMs)
    assert.ok(present.leaseEpoch > former.leaseEpoch)
    await bench.passTime(bench.leaseMs / 2)
    assert.equal(await other.acquireExpired('a', bench.leaseMs), undefined, 'the time of the new lease counts')
  })

  it('prolongs a lease from the time of the renewal', async () => {
    const standby = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    for (let round = 0; round < 3; round++) {
      await bench.passTime(bench.leaseMs / 2)
      assert.equal(await bench.store.renew('a', leaseEpoch, bench.leaseMs), true)
    }
    await bench.passTime(bench.leaseMs / 2)
    assert.equal(await standby.acquireExpired('a', bench.leaseMs), undefined)
    await bench.passTime(bench.leaseMs / 2)
    assert.ok(await standby.acquireExpired('a', bench.leaseMs))
  })

  it('renews a lease whose time is over if nobody has taken it, and never one that somebody has', async () => {
    const standby = await bench.openAnother()
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    await bench.passTime(2 * bench.leaseMs)
    assert.equal(await bench.store.renew('a', leaseEpoch, bench.leaseMs), true)
    assert.equal(await standby.acquireExpired('a', bench.leaseMs), undefined)
    await bench.passTime(bench.leaseMs)
    const taken = await standby.acquireExpired('a', bench.leaseMs)
    assert.equal(await bench.store.renew('a', leaseEpoch, bench.leaseMs), false)
    await bench.passTime(bench.leaseMs / 2)
    assert.equal(await bench.store.renew('a', leaseEpoch, bench.leaseMs), false)
    assert.equal(await standby.renew('a', taken?.leaseEpoch ?? 0, bench.leaseMs), true)
  })

  it('renews no lease that was never given', async () => {
    assert.equal(await bench.store.renew('nobody', 1, bench.leaseMs), false)
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    assert.equal(await bench.store.renew('a', leaseEpoch + 1, bench.leaseMs), false)
    assert.equal(await bench.store.renew('a', 0, bench.leaseMs), false)
  })

  it('lets the writer append after the time of its lease as long as nobody has taken it', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    await bench.passTime(2 * bench.leaseMs)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 0, 1)), 'appended')
  })

  it('gives a released lease to a standby at once', async () => {
    const standby = await bench.openAnother()
    const { leaseEpoch } = await bench.acquireAndAppend(bench.store, 'a', 1)
    await bench.store.renew('a', leaseEpoch, bench.leaseMs)
    await bench.store.release('a', leaseEpoch)
    const taken = await standby.acquireExpired('a', bench.leaseMs)
    assert.equal(taken?.head.position, 1)
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 1, 1)), 'fenced')
  })

  it('lets nobody release the lease of another', async () => {
    const standby = await bench.openAnother()
    const former = await bench.store.acquire('a', bench.leaseMs)
    const present = await standby.acquire('a', bench.leaseMs)
    await bench.store.release('a', former.leaseEpoch)
    await bench.store.release('a', present.leaseEpoch + 1)
    await bench.store.release('nobody', 1)
    assert.equal(await bench.store.acquireExpired('a', bench.leaseMs), undefined)
    assert.equal(await standby.append(sampleBatch('a', present.leaseEpoch, 0, 1)), 'appended')
  })

  it('refuses times of a lease that are none', async () => {
    const { leaseEpoch } = await bench.store.acquire('a', bench.leaseMs)
    for (const leaseMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 86_400_001]) {
      await assert.rejects(bench.store.acquire('a', leaseMs), RangeError)
      await assert.rejects(bench.store.acquireExpired('a', leaseMs), RangeError)
      await assert.rejects(bench.store.renew('a', leaseEpoch, leaseMs), RangeError)
    }
    assert.equal(await bench.store.append(sampleBatch('a', leaseEpoch, 0, 1)), 'appended')
  })
}
