import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HealthCheck, readinessOf } from './health-check.ts'

const check = (name: string, isRequired: boolean, isHealthy: HealthCheck['isHealthy']): HealthCheck => ({
  name,
  isRequired,
  isHealthy,
})

describe('readiness', () => {
  it('is an error when something that is required is not well', async () => {
    const answer = await readinessOf([check('ledger', true, () => false), check('market', true, () => true)])
    assert.deepEqual(answer, { status: 'error', ledger: false, market: true })
  })

  it('takes a check that throws or rejects for one that is not well', async () => {
    const thrown = check('one', true, () => {
      throw new Error('closed')
    })
    const rejected = check('two', true, () => Promise.reject(new Error('gone')))
    assert.deepEqual(await readinessOf([thrown, rejected]), { status: 'error', one: false, two: false })
  })

  it('waits two seconds for a check that does not answer, and no longer', { timeout: 20_000 }, async () => {
    const silent = check('store', true, () => new Promise<boolean>(() => undefined))
    assert.deepEqual(await readinessOf([silent]), { status: 'error', store: false })
  })

  it('is told of what is not required, which does not count', async () => {
    const answer = await readinessOf([check('ledger', true, () => true), check('settlement', false, () => false)])
    assert.deepEqual(answer, { status: 'ok', ledger: true, settlement: false })
  })
})
