import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { CheckThreadError, CheckThreads } from './check-threads.ts'

/** Resolves to how the threads that `act` starts have ended. */
async function exitCodesOf(act: () => Promise<void>): Promise<readonly number[]> {
  const codes: number[] = []
  const listen = (worker: Worker) => worker.once('exit', code => codes.push(code))
  process.on('worker', listen)
  await act()
  process.off('worker', listen)
  return codes
}

const notEvents = () => ({ lines: new Uint8Array(1), previousHash: new Uint8Array(32), domain: undefined })

describe('threads that check a journal', () => {
  it('end by themselves when they are closed, also while they load', async () => {
    const codes = await exitCodesOf(async () => {
      const threads = new CheckThreads(2)
      await threads.close()
      await threads.close()
    })
    assert.deepEqual(codes, [0, 0])
  })

  it('answer what is open before they end, and nothing after', async () => {
    const threads = new CheckThreads(1)
    const open = [threads.check(notEvents()), threads.check(notEvents())]
    await threads.close()
    assert.equal((await Promise.all(open)).length, 2)
    await assert.rejects(threads.check(notEvents()), CheckThreadError)
  })
})
