import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { typedDataDigest, usageReceiptType, zeroHash } from '@deparrow/ledger'
import { ethersCrypto, testDomain } from '@deparrow/ledger/testing'
import { alice, bob } from '../settlement/testing/settlement-fixture.ts'
import { until } from '../settlement/testing/until.ts'
import type { SettlementLog } from '../settlement/token-chain.port.ts'
import { AuditScene } from './audit-scene.spec.fixture.ts'

type InboxLog = Extract<SettlementLog, { type: 'inboxItem' }>

const isDepositOf =
  (account: string) =>
  (log: SettlementLog): log is InboxLog =>
    log.type === 'inboxItem' && log.account === account

describe('the audit of the chain', () => {
  it('names what the contract lacks of what is owed, to the last wei', async t => {
    const scene = await AuditScene.open(t)
    scene.missingWei = 1n
    scene.audit.start()
    const alarm = await scene.untilAlarm('chain')
    assert.deepEqual(
      [alarm.account, alarm.expected, alarm.found],
      ['reserve', '8000000000000000000 wei of DPC', '7999999999999999999 wei'],
    )
    scene.missingWei = 0n
    await scene.untilAgreed()
  })

  it('takes no offence at DPC that somebody sent to the contract', async t => {
    const scene = await AuditScene.open(t)
    scene.missingWei = -5n
    scene.audit.start()
    await scene.untilAgreed()
    assert.deepEqual(scene.raised, [])
  })

  it('names a deposit in the journal that is not on chain, and agrees when the chain shows it again', async t => {
    const scene = await AuditScene.open(t)
    scene.distortLogs = logs => logs.filter(log => !isDepositOf(bob.address)(log))
    scene.audit.start()
    const alarm = await scene.untilAlarm('chain')
    assert.equal(alarm.account, `wallet:${bob.address}`)
    assert.equal(alarm.expected, `inbox item 1: deposit of 5000000 µcr from ${bob.address}`)
    assert.match(alarm.found, /^nothing like it up to block \d+$/)
    scene.distortLogs = logs => logs
    await scene.untilAgreed()
  })

  it('names a deposit on chain that the journal has passed over', async t => {
    const scene = await AuditScene.open(t)
    const phantom = (log: InboxLog): SettlementLog => ({ ...log, index: 9, place: { ...log.place, logIndex: 7 } })
    scene.distortLogs = logs => [...logs, ...logs.filter(isDepositOf(alice.address)).map(phantom)]
    scene.audit.start()
    const alarm = await scene.untilAlarm('chain')
    assert.equal(alarm.found, `inbox item 9: deposit of 5000000 µcr from ${alice.address}`)
    await until(() => scene.leg('events').position === scene.head)
    assert.equal(scene.leg('chain').alarm, alarm, 'it stays while the chain shows it')
    scene.distortLogs = logs => logs
    await scene.untilAgreed()
  })

  it('names a deposit, a burn and a claim with another content than the journal’s', async t => {
    const cases: readonly [SettlementLog['type'], (log: SettlementLog) => SettlementLog, RegExp][] = [
      ['inboxItem', log => ({ ...log, amountMicrocredits: 4n }) as SettlementLog, /^inbox item 0: deposit of 4 µcr/],
      ['epochFinal', log => ({ ...log, burnMicrocredits: 3n }) as SettlementLog, /^epoch 1 final: 3 µcr burnt$/],
      ['claim', log => ({ ...log, paidMicrocredits: 2n }) as SettlementLog, /^claim of 2 µcr by /],
    ]
    for (const [type, change, found] of cases) {
      const scene = await AuditScene.open(t)
      scene.distortLogs = logs => logs.map(log => (log.type === type ? change(log) : log))
      scene.audit.start()
      const alarm = await scene.untilAlarm('chain')
      assert.match(alarm.found, found)
      assert.notEqual(alarm.expected, alarm.found)
      scene.distortLogs = logs => logs
      await scene.untilAgreed()
    }
  })

  it('holds what the inbox asks for against the journal, though it brings no DPC', async t => {
    const scene = await AuditScene.open(t)
    const account = bob.address
    const receipt = alice.receipt(zeroHash, {})
    const digest = typedDataDigest(ethersCrypto, testDomain, usageReceiptType, receipt.message)
    scene.fixture.chain.mine(({ inbox }) => {
      const index = inbox.push(0n, 0n, 0n) - 3
      return [
        { type: 'forcedWithdrawal', index, account, askedMicrocredits: 3n },
        { type: 'revocation', index: index + 1, wallet: account, delegate: alice.address, nonce: 9n },
        { type: 'pushedReceipt', index: index + 2, node: alice.address, digest, receipt },
      ]
    })
    await scene.life.follower.poll()
    await scene.project()
    scene.distortLogs = logs =>
      logs.map(log => (log.type === 'forcedWithdrawal' ? { ...log, askedMicrocredits: 4n } : log))
    scene.audit.start()
    const alarm = await scene.untilAlarm('chain')
    const item = `forcedWithdrawal of 0 µcr from ${account}, askedMicrocredits`
    assert.deepEqual([alarm.expected, alarm.found], [`inbox item 2: ${item} 3`, `inbox item 2: ${item} 4`])
    scene.distortLogs = logs => logs
    await scene.untilAgreed()
    assert.deepEqual(scene.raised, [alarm])
  })

  it('is late, and not wrong, while a deposit is on chain that the journal has not taken yet', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    scene.fixture.chain.arrive({ account: bob.address, amount: 4n })
    await until(() => scene.leg('chain').lagEvents === 1)
    assert.deepEqual(scene.raised, [])
    await scene.life.follower.poll()
    await scene.project()
    await scene.untilAgreed()
  })

  it('is late, and not wrong, while the chain does not answer', async t => {
    const scene = await AuditScene.open(t)
    scene.fixture.chain.failuresLeft = Number.POSITIVE_INFINITY
    scene.audit.start()
    await until(() => scene.leg('chain').error === 'ChainUnavailableError' && scene.leg('events').lagEvents === 0)
    assert.deepEqual(scene.raised, [])
    assert.equal(scene.leg('chain').lastOkAtMs, undefined)
    scene.fixture.chain.failuresLeft = 0
    await scene.untilAgreed()
  })

  it('says so when blocks that it has read are gone, and reads both sides again', async t => {
    const scene = await AuditScene.open(t)
    scene.audit.start()
    await scene.untilAgreed()
    const restore = scene.fixture.chain.reorg(2)
    const short = await scene.untilAlarm('chain')
    assert.match(short.found, /^a chain that ends at block \d+$/)
    restore()
    await scene.untilAgreed()
    scene.fixture.chain.reorg(1)
    scene.fixture.chain.mine()
    const other = await scene.untilAlarm('chain')
    assert.match(other.expected, /^block \d+, 0x/)
    assert.match(other.found, /^0x/)
  })

  it('agrees while DPC leaves by the exit, and names what is gone beyond that', async t => {
    const scene = await AuditScene.open(t)
    const { chain } = scene.fixture
    chain.startExit()
    chain.mine(() => [
      { type: 'exitTaken', amountMicrocredits: 3_000_000n },
      { type: 'exitTaken', amountMicrocredits: 1_000_000n },
    ])
    scene.missingWei = 4n * 10n ** 18n
    await scene.life.follower.poll()
    await scene.project()
    scene.audit.start()
    await scene.untilAgreed()
    assert.deepEqual(scene.raised, [])
    scene.missingWei += 1n
    const alarm = await scene.untilAlarm('chain')
    assert.deepEqual([alarm.expected, alarm.found], ['4000000000000000000 wei of DPC', '3999999999999999999 wei'])
  })
})
