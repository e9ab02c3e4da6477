import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Logger } from '@nestjs/common'
import { Registry } from 'prom-client'
import { WrongChainError } from './chain-identity.ts'
import { JournalArchive } from './journal-archive.ts'
import { SettlementService } from './settlement.service.ts'
import { SettlementMetrics } from './settlement-metrics.ts'
import { settlementOptionsLocal } from './settlement-options.ts'
import { alicePlace, asked } from './testing/demands.spec.fixture.ts'
import { alice, type Life, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'
import { until } from './testing/until.ts'
import { ChainUnavailableError } from './token-chain.port.ts'

const credit = 1_000_000n

async function funded() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive({ account: alice.address, amount: 5n * credit })
  return { fixture, life: await fixture.start() }
}

function serviceOf(fixture: SettlementFixture, { ledger }: Life): SettlementService {
  // The test's clock stands still, so payouts gather no longer than an instant.
  const options = { ...settlementOptionsLocal, pollIntervalMs: 1, gatherMs: 0 }
  return new SettlementService(ledger, fixture.chain, fixture.clock, options)
}

describe('the settlement service', { timeout: 10_000 }, () => {
  it('does not start on a journal that belongs to another chain', async () => {
    const { fixture, life } = await funded()
    fixture.chain.chain = { ...fixture.chain.chain, chainId: 5 }
    const service = serviceOf(fixture, life)
    await assert.rejects(service.onModuleInit(), WrongChainError)
    assert.equal(service.health().isReady, false)
    await service.onApplicationShutdown()
  })

  it('starts without the chain, is not ready, and becomes so when the chain answers', async () => {
    const { fixture, life } = await funded()
    fixture.chain.failuresLeft = 3
    const service = serviceOf(fixture, life)
    await service.onModuleInit()
    assert.equal(service.health().isReady, false)
    await until(() => service.health().isReady)
    assert.equal(life.ledger.balance(alice.address).availableMicrocredits, 5n * credit)
    await service.onApplicationShutdown()
  })

  it('is not ready while the chain has changed below what was followed', async () => {
    const { fixture, life } = await funded()
    const service = serviceOf(fixture, life)
    await service.onModuleInit()
    await until(() => service.health().isReady)
    fixture.chain.reorg(1)
    fixture.chain.mine()
    await until(() => !service.health().isReady)
    assert.equal(service.health().chainAlarm?.code, 'REORG')
    await service.onApplicationShutdown()
  })

  it('shows an epoch as closed, posted and final with its transactions, also after a restart', async () => {
    const { fixture, life } = await funded()
    const service = serviceOf(fixture, life)
    await service.onModuleInit()
    await until(() => service.health().isReady)
    await withdraw(life.ledger, alice, credit)
    await until(
      () => service.health().lastFinalEpoch === 1,
      () => {
        if (service.health().followedBlock === fixture.chain.latest.number) fixture.chain.mine()
      },
    )
    const [epoch] = await service.view.epochs(10)
    assert.equal(epoch?.status, 'final')
    assert.match(epoch?.postedTx ?? '', /^0xaa/)
    assert.notEqual(epoch?.postedTx, epoch?.finalTx)
    await service.onApplicationShutdown()

    const again = serviceOf(fixture, await fixture.start())
    await again.onModuleInit()
    assert.deepEqual(await again.view.epochs(10), [epoch])
    assert.equal(again.view.claimFor(alice.address)?.unclaimedMicrocredits, credit)
    await again.onApplicationShutdown()
  })

  it('asks for the contract’s balance at most once a second, and again after a failure', async () => {
    const { fixture, life } = await funded()
    const { view } = serviceOf(fixture, life)
    fixture.chain.failuresLeft = 1
    await assert.rejects(view.contractWei(), { name: 'ChainUnavailableError' })
    assert.equal(await view.contractWei(), 5n * 10n ** 18n)
    fixture.chain.arrive({ amount: credit })
    assert.equal(await view.contractWei(), 5n * 10n ** 18n)
    fixture.clock.ms += 1_000
    assert.equal(await view.contractWei(), 6n * 10n ** 18n)
  })

  it('says once in its log, in its health and in its figures that a demand has no answer', async t => {
    const errors = t.mock.method(Logger.prototype, 'error', () => undefined)
    const { fixture, life } = await asked({ kind: 'credit', place: alicePlace, value: 1n })
    const service = serviceOf(fixture, life)
    const registry = new Registry()
    new SettlementMetrics(registry, service)
    await service.onModuleInit()
    await until(() => service.health().demandAlarms.length > 0)
    const ticks = fixture.chain.latest.number
    await until(() => service.health().followedBlock === ticks)
    assert.equal(service.health().isReady, false)
    const { problem } = service.view.status()
    assert.equal(problem, 'DEMAND_UNANSWERED')
    assert.deepEqual(
      errors.mock.calls.map(call =>
        String(call.arguments[0])
          .replace(/0x\w+/, 'ID')
          .replace(/at \S+:/, 'at T:'),
      ),
      ['the demand ID is not answered and due at T: CREDIT_TOO_SMALL'],
    )
    const figures = await registry.metrics()
    assert.match(figures, /^deparrow_demands_open 1$/m)
    assert.match(figures, /^deparrow_demands_unanswered 1$/m)
    assert.match(figures, new RegExp(`^deparrow_demand_deadline_timestamp_seconds ${deadlineOf(service)}$`, 'm'))
    await service.onApplicationShutdown()
  })

  for (const [what, code, figure, line] of [
    [
      'an epoch cannot be shown',
      'EPOCH_UNPROVABLE',
      'deparrow_epoch_unprovable',
      /^epoch 1 is not posted, .*: NO_LEAVES$/,
    ],
    ['the poster has too little coin', 'POSTER_COIN_LOW', 'deparrow_poster_coin_low', /^the poster’s account has too /],
  ] as const) {
    it(`says once in its log, in its health and in its figures that ${what}`, async t => {
      const errors = t.mock.method(Logger.prototype, 'error', () => undefined)
      const { fixture, life } = await funded()
      if (code === 'POSTER_COIN_LOW') fixture.chain.coinWei = 0n
      else t.mock.method(JournalArchive.prototype, 'unprovable', () => 'NO_LEAVES')
      const service = serviceOf(fixture, life)
      const registry = new Registry()
      new SettlementMetrics(registry, service)
      await service.onModuleInit()
      await until(() => service.health().followedBlock === fixture.chain.latest.number)
      await withdraw(life.ledger, alice, credit)
      await until(() => service.health().posterAlarm?.code === code)
      const { followedBlock } = service.health()
      fixture.chain.mine()
      await until(() => service.health().followedBlock !== followedBlock)
      assert.deepEqual([service.view.status().isReady, service.view.status().problem], [false, code])
      assert.match(await registry.metrics(), new RegExp(`^${figure} 1$`, 'm'))
      await service.onApplicationShutdown()
      assert.equal(errors.mock.callCount(), 1)
      assert.match(String(errors.mock.calls[0]?.arguments[0]), line)
    })
  }

  it('is not ready while the poster cannot read the contract, although the chain is followed', async t => {
    const { fixture, life } = await funded()
    const away = t.mock.method(fixture.chain, 'posterView', async () => {
      throw new ChainUnavailableError('posterView', { cause: 'missing trie node' })
    })
    const service = serviceOf(fixture, life)
    await service.onModuleInit()
    await until(() => service.health().isReady)
    await withdraw(life.ledger, alice, credit)
    await until(() => service.health().posterError === 'ChainUnavailableError')
    assert.deepEqual([service.health().isReady, service.health().followerError], [false, undefined])
    away.mock.restore()
    await until(() => service.health().isReady)
    await service.onApplicationShutdown()
  })

  it('says that the exit has started, and is not ready any more', async t => {
    const errors = t.mock.method(Logger.prototype, 'error', () => undefined)
    const { fixture, life } = await funded()
    fixture.chain.startExit()
    const service = serviceOf(fixture, life)
    await service.onModuleInit()
    await until(() => errors.mock.callCount() > 0)
    assert.match(String(errors.mock.calls[0]?.arguments[0]), /^the exit has started/)
    const { isReady, isExitStarted } = service.view.status()
    assert.deepEqual([isReady, isExitStarted], [false, true])
    await service.onApplicationShutdown()
    assert.equal(errors.mock.callCount(), 1)
  })
})

const deadlineOf = (service: SettlementService) => String(service.health().demandDeadlineSeconds)
