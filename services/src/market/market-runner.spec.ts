import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MarketRunner } from './market.module.ts'
import type { MarketService } from './market.service.ts'

it('ticks do not pile up behind one that waits for a silent node', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const silence = Promise.withResolvers<void>()
  let tickCount = 0
  const tick = () => {
    tickCount++
    return silence.promise
  }
  const market = { start: async () => {}, stop: async () => {}, tick } as unknown as MarketService
  const runner = new MarketRunner(market)
  await runner.onApplicationBootstrap()
  for (let second = 0; second < 60; second++) t.mock.timers.tick(1_000)
  silence.resolve()
  await runner.onApplicationShutdown()
  assert.equal(tickCount, 1)
})
