import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Hex } from '@deparrow/ledger'
import { JobLogs } from './job-logs.ts'
import { JobWriter } from './job-writer.ts'

const id: Hex = `0x${'1d'.repeat(32)}`

it('readers who come to a silent log at the same moment all hear it, and its end', async () => {
  const store = { log: async () => undefined, write: async () => {} }
  const logs = new JobLogs(store, new JobWriter(store))
  const readers = await Promise.all([logs.follow(id, false), logs.follow(id, false)])
  logs.append(id, new TextEncoder().encode('line'))
  logs.end(id)
  for (const reader of readers) {
    assert.equal((await reader.next()).value, 'line')
    assert.equal((await reader.next()).done, true)
  }
})
