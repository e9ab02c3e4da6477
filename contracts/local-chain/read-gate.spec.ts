import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadGate } from './read-gate.ts'

test('work waits for the reads that are under way; later reads wait for the work', async () => {
  const gate = new ReadGate()
  const happened: string[] = []
  const early = Promise.withResolvers<void>()
  const reads = [gate.read(async () => early.promise.then(() => happened.push('early read')))]
  const work = gate.runAlone(async () => {
    happened.push('work starts')
    await new Promise(setImmediate)
    happened.push('work ends')
  })
  reads.push(gate.read(async () => happened.push('late read')))
  early.resolve()
  await Promise.all([...reads, work])
  assert.deepEqual(happened, ['early read', 'work starts', 'work ends', 'late read'])
})

test('a failed read or failed work leaves the gate open', async () => {
  const gate = new ReadGate()
  const fail = async () => {
    throw new Error('no')
  }
  await assert.rejects(gate.read(fail))
  await assert.rejects(gate.runAlone(fail))
  assert.equal(await gate.runAlone(async () => 8), 8)
  assert.equal(await gate.read(async () => 9), 9)
})
