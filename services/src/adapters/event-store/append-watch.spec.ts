import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it, type TestContext } from 'node:test'
import { AppendWatch, WatchClosedError } from './append-watch.ts'

/** A journal whose end is asked for, with a clock that only the test moves. */
function createScene(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const asked: string[] = []
  const ends = new Map<string, number>()
  let asking = 0
  let askingMax = 0
  let failure: Error | undefined
  const watch = new AppendWatch(async shard => {
    asked.push(shard)
    askingMax = Math.max(askingMax, ++asking)
    await settle()
    asking -= 1
    if (failure !== undefined) throw failure
    return ends.get(shard) ?? 0
  }, 20)
  return {
    watch,
    asked,
    ends,
    askingMax: () => askingMax,
    fail: (error: Error | undefined) => {
      failure = error
    },
    async tick(ms: number) {
      t.mock.timers.tick(ms)
      await settle()
      await settle()
    },
  }
}

/** Lets what can go on without time go on. */
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

const never = () => new AbortController().signal

describe('a watch for appends', () => {
  it('asks the store once at a time and once a shard, however many wait', async t => {
    const { watch, asked, askingMax, ends, tick } = createScene(t)
    const waits = Array.from({ length: 500 }, () => watch.beyond('a', 0, never()))
    for (let round = 0; round < 5; round++) await tick(20)
    assert.ok(asked.length >= 4 && asked.length <= 6, `asked ${asked.length} times`)
    assert.equal(askingMax(), 1)
    ends.set('a', 1)
    await tick(20)
    await Promise.all(waits)
  })

  it('asks nothing while nobody waits', async t => {
    const { watch, asked, ends, tick } = createScene(t)
    watch.reached('a', 1)
    await watch.beyond('a', 0, never())
    await tick(1_000)
    assert.deepEqual(asked, [])
    const wait = watch.beyond('a', 1, never())
    ends.set('a', 2)
    await tick(20)
    await wait
    const count = asked.length
    await tick(1_000)
    assert.equal(asked.length, count)
  })

  it('asks no more when the last of those who wait was told to stop, and again when another comes', async t => {
    const { watch, asked, tick } = createScene(t)
    const controller = new AbortController()
    const waits = [watch.beyond('a', 0, controller.signal), watch.beyond('a', 5, controller.signal)]
    await tick(20)
    controller.abort()
    await Promise.all(waits)
    const count = asked.length
    await tick(1_000)
    assert.equal(asked.length, count)
    const wait = watch.beyond('a', 0, never())
    await tick(20)
    assert.ok(asked.length > count)
    watch.reached('a', 1)
    await wait
  })

  it('does not take an end that was asked for before an append for the present one', async t => {
    const { watch, ends, tick } = createScene(t)
    const wait = watch.beyond('a', 6, never())
    watch.reached('a', 5)
    ends.set('a', 4)
    await tick(20)
    await watch.beyond('a', 4, never())
    watch.reached('a', 7)
    await wait
  })

  it('fails those who wait when the store fails, and serves those who come later', async t => {
    const { watch, ends, fail, tick } = createScene(t)
    fail(new RangeError('gone'))
    const waits = [1, 2].map(position => assert.rejects(watch.beyond('a', position, never()), RangeError))
    await tick(20)
    await Promise.all(waits)
    fail(undefined)
    ends.set('a', 3)
    const wait = watch.beyond('a', 2, never())
    await tick(20)
    await wait
  })

  it('fails those who wait when it is closed, and asks no more', async t => {
    const { watch, asked, tick } = createScene(t)
    const waits = ['a', 'b'].map(shard => assert.rejects(watch.beyond(shard, 0, never()), WatchClosedError))
    await tick(20)
    watch.close()
    await Promise.all(waits)
    const count = asked.length
    await tick(1_000)
    assert.equal(asked.length, count)
    await assert.rejects(watch.beyond('a', 0, never()), WatchClosedError)
  })

  it('keeps no process alive', () => {
    const module = new URL('./append-watch.js', import.meta.url).href
    const script = `import { AppendWatch } from ${JSON.stringify(module)}
      void new AppendWatch(async () => 0).beyond('a', 0, new AbortController().signal)`
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
    assert.equal(ended.status, 0)
  })
})
