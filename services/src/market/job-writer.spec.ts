import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Actor, digestOfOrder } from '@deparrow/ledger/testing'
import { newJob } from './job.ts'
import type { JobBatch } from './job-store.port.ts'
import { JobWriter } from './job-writer.ts'
import { wasmSpec } from './market.spec.fixture.ts'

it('a job that comes back before its removal could be written is kept', async () => {
  const batches: JobBatch[] = []
  let isDiskFull = true
  const write = async (batch: JobBatch) => {
    if (isDiskFull) throw new Error('the disk is full')
    batches.push(batch)
  }
  const writer = new JobWriter({ write })
  const order = new Actor(0xa1).order({ nonce: 1n })
  const job = newJob(digestOfOrder(order), order, wasmSpec(), 0)
  await assert.rejects(writer.remove(job.id), /disk is full/)
  isDiskFull = false
  await writer.save(job)
  assert.deepEqual(
    batches.map(({ jobs, removed }) => ({ jobs, removed })),
    [{ jobs: [job], removed: [] }],
  )
})
