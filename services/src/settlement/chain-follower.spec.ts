import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WrongChainError } from './chain-identity.ts'
import { accept, alice, bob, SettlementFixture, withdraw } from './testing/settlement-fixture.ts'

const credit = 1_000_000n

async function withDeposits() {
  const fixture = new SettlementFixture()
  fixture.chain.arrive(
    { kind: 'genesisTreasury', amount: 5n * credit },
    { kind: 'genesisRewards', amount: 10n * credit },
  )
  fixture.chain.arrive({ account: alice.address, amount: 3n * credit })
  fixture.chain.arrive({ account: bob.address, amount: 2n * credit })
  fixture.chain.mine()
  return { fixture, life: await fixture.start() }
}

describe('the chain follower', () => {
  it('refuses a chain with another id, another genesis or no settlement contract', async () => {
    const differences = [
      { change: { chainId: 1 }, code: 'CHAIN_ID' },
      { change: { genesisHash: `0x${'00'.repeat(32)}` }, code: 'GENESIS' },
      { change: { hasSettlement: false }, code: 'SETTLEMENT_CODE' },
    ] as const
    for (const { change, code } of differences) {
      const { fixture, life } = await withDeposits()
      fixture.chain.chain = { ...fixture.chain.chain, ...change }
      await assert.rejects(
        life.follower.poll(),
        (error: unknown) => error instanceof WrongChainError && error.mismatch.code === code,
      )
      assert.equal(life.ledger.books().reserve, 0n, code)
    }
  })

  it('takes in genesis amounts and deposits and keeps the books in balance', async () => {
    const { life } = await withDeposits()
    await life.follower.poll()
    const { reserve, wallets, treasury, rewards } = life.ledger.books()
    assert.deepEqual(
      { reserve, wallets, treasury, rewards },
      { reserve: 20n * credit, wallets: 5n * credit, treasury: 5n * credit, rewards: 10n * credit },
    )
    assert.equal(life.follower.chainAlarm, undefined)
  })

  it('counts nothing twice when polled again, restarted, or given the same logs twice', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.distortLogs = logs => [...logs, ...logs]
    await life.follower.poll()
    await life.follower.poll()
    const again = await fixture.start()
    await again.follower.poll()
    assert.equal(again.ledger.books().reserve, 20n * credit)
    assert.equal(again.ledger.head().position, life.ledger.head().position)
  })

  it('takes logs in the order of the chain when the provider answers them backwards', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.distortLogs = logs => [...logs].reverse()
    await life.follower.poll()
    assert.equal(life.ledger.balance(alice.address).availableMicrocredits, 3n * credit)
    assert.equal(life.ledger.balance(bob.address).availableMicrocredits, 2n * credit)
  })

  it('never goes on past a log that the provider left out, and catches up once it is there', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.distortLogs = logs => logs.filter(log => log.type !== 'inboxItem' || log.index !== 2)
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'REFUSED')
    assert.equal(life.ledger.balance(bob.address).availableMicrocredits, 0n)
    fixture.chain.distortLogs = logs => logs
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
    assert.equal(life.ledger.books().wallets, 5n * credit)
  })

  it('takes the newest log, which the provider left out, as soon as the provider has it', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.distortLogs = logs => logs.filter(log => log.type !== 'inboxItem' || log.index !== 3)
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
    assert.equal(life.ledger.balance(bob.address).availableMicrocredits, 0n)
    fixture.chain.distortLogs = logs => logs
    fixture.chain.mine()
    await life.follower.poll()
    assert.equal(life.ledger.balance(bob.address).availableMicrocredits, 2n * credit)
  })

  it('goes on where it stopped when the chain stops answering at any request', async () => {
    for (let answers = 0; answers < 8; answers++) {
      const { fixture, life } = await withDeposits()
      let left = answers
      fixture.chain.distortLogs = logs => {
        if (left-- === 0) fixture.chain.failuresLeft = 1
        return logs
      }
      await life.follower.poll().catch(error => assert.equal(error.name, 'ChainUnavailableError'))
      fixture.chain.failuresLeft = 2
      await assert.rejects(life.follower.poll(), { name: 'ChainUnavailableError' })
      fixture.chain.failuresLeft = 0
      await life.follower.poll()
      assert.equal(life.ledger.books().reserve, 20n * credit)
    }
  })

  it('counts a deposit only with its confirmations, so that a reorg above them changes nothing', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.confirmations = 3
    await life.follower.poll()
    assert.equal(life.ledger.balance(bob.address).availableMicrocredits, 0n)
    fixture.chain.reorg(2)
    fixture.chain.mine()
    fixture.chain.mine()
    fixture.chain.mine()
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
    assert.equal(life.ledger.books().wallets, 3n * credit)
  })

  it('raises an alarm on a deeper reorg; while it lasts no epoch is posted and nothing paid by instruction', async () => {
    const { fixture, life } = await withDeposits()
    await life.follower.poll()
    await withdraw(life.ledger, alice, credit)
    await accept(life.ledger, { type: 'InstructPayouts', instruction: bob.instruction() })
    fixture.chain.reorg(2)
    for (let block = 0; block < 4; block++) fixture.chain.mine()
    await fixture.run(life, 3)
    assert.equal(life.follower.chainAlarm?.code, 'REORG')
    assert.equal(life.index.lastEpoch, 0)
    assert.deepEqual(fixture.chain.mined, [])
    assert.equal(life.ledger.balance(bob.address).payableMicrocredits, 0n)
  })

  it('raises an alarm while the chain is shorter than what was followed, and drops it when the same chain is back', async () => {
    const { fixture, life } = await withDeposits()
    await life.follower.poll()
    fixture.chain.confirmations = 2
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'CHAIN_SHORT')
    fixture.chain.confirmations = 1
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm, undefined)
  })

  it('raises an alarm after a restart when what the journal recorded last is on chain no more', async () => {
    const { fixture, life } = await withDeposits()
    await life.follower.poll()
    fixture.chain.reorg(2)
    const short = await fixture.start()
    await short.follower.poll()
    assert.equal(short.follower.chainAlarm?.code, 'CHAIN_SHORT')
    fixture.chain.mine()
    const moved = await fixture.start()
    await moved.follower.poll()
    assert.equal(moved.follower.chainAlarm?.code, 'TRANSACTION_MOVED')
  })

  it('stops with an alarm when the contract pays a claim that the journal does not owe', async () => {
    const { fixture, life } = await withDeposits()
    fixture.chain.mine(state => {
      state.claimed.set(bob.address, credit)
      return [{ type: 'claim', account: bob.address, paidMicrocredits: credit, cumulativeMicrocredits: credit }]
    })
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'REFUSED')
    assert.equal(life.ledger.books().reserve, 20n * credit)
  })

  it('tells the ledger at each poll up to when receipts that count are journalled, and nothing while what it knows is in doubt', async () => {
    const { fixture, life } = await withDeposits()
    const heard: number[] = []
    life.ledger.inboxImported = async untilMs => {
      assert.ok(life.ledger.books().reserve > 0n, 'after what it tells of')
      heard.push(untilMs)
    }
    await life.follower.poll()
    await life.follower.poll()
    const untilMs = (Number(life.follower.followed?.timeSeconds) + 300) * 1_000
    assert.deepEqual(heard, [untilMs, untilMs])
    fixture.chain.mine(() => [
      { type: 'claim', account: bob.address, paidMicrocredits: 1n, cumulativeMicrocredits: 1n },
    ])
    await life.follower.poll()
    assert.equal(life.follower.chainAlarm?.code, 'REFUSED')
    assert.equal(heard.length, 2)
  })
})
