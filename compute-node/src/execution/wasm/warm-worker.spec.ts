import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { startWorker } from './warm-worker.ts'
import { WasmEngine } from './wasm-engine.ts'

test('a warm worker that breaks while it waits does not take the process with it', async () => {
  const { worker, ready } = startWorker()
  await ready
  assert.doesNotThrow(() => worker.emit('error', new Error('broken')))
  await worker.terminate()
})

test('a warm worker that has ended says so, so that no job is given to it', async () => {
  const started = startWorker()
  await started.ready
  assert.equal(started.isGone(), false)
  const gone = once(started.worker, 'exit')
  await started.worker.terminate()
  await gone
  assert.equal(started.isGone(), true)
})

test('an engine closes while its first worker is still starting', async () => {
  await new WasmEngine().close()
})
