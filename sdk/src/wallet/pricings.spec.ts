import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { fetchPricings } from './pricings.ts'

test('the pricings of a network are the one that counts and the one that is announced', async t => {
  const gateway = await startFakeGateway()
  t.after(() => gateway.close())
  const pricing = {
    cpuCoreHour: '1',
    gpuHour: '2',
    memoryGibHour: '3',
    storageGibHour: '4',
    egressGib: '5',
    fuelCoreHour: '6',
    feeBasisPoints: 7,
    burnBasisPoints: 8,
  }
  const answer = (config: object) => {
    gateway.hijack = (_request, _body, response) => response.end(JSON.stringify({ data: { ledger: { config } } }))
    return fetchPricings(gateway.url)
  }
  const [only, ...others] = await answer({ pricing, pending: null })
  assert.deepEqual(others, [])
  assert.deepEqual(only, {
    rates: {
      cpuCoreHourMicrocredits: 1n,
      gpuHourMicrocredits: 2n,
      memoryGibHourMicrocredits: 3n,
      storageGibHourMicrocredits: 4n,
      egressGibMicrocredits: 5n,
      fuelCoreHourMicrocredits: 6n,
    },
    feeBasisPoints: 7,
    burnBasisPoints: 8,
  })
  const announced = await answer({ pricing, pending: { pricing: { ...pricing, feeBasisPoints: 9 } } })
  assert.deepEqual([announced.length, announced[1]?.feeBasisPoints], [2, 9])
  await assert.rejects(answer({ pricing: { ...pricing, gpuHour: 2 } }), { code: 'ANSWER_INVALID' })
})
