import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Hex } from '@deparrow/ledger'
import type { AgentWallet, WalletEvent } from '@deparrow/sdk'
import { accepted, gatewayUrlOf, newAgent, refusalOf } from '../support/agents.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'

const credit = 1_000_000n
const folder = temporaryFolder()

let network: NetworkProcess
let url: string
let alice: AgentWallet
let bob: AgentWallet
let worker: AgentWallet

before(async () => {
  network = new NetworkProcess(folder.path)
  url = await gatewayUrlOf(network)
  ;[alice, bob, worker] = await Promise.all([newAgent(url, 20n * credit), newAgent(url), newAgent(url)])
})

after(async () => {
  await network.stop()
  folder.remove()
})

/** Asks again until there is an answer, for half a minute at most. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpAtMs = Date.now() + 30_000
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > giveUpAtMs) throw new Error('it did not come within half a minute')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

describe('an escrow between agents', () => {
  it('is refused beyond what the payer has, and nothing is set aside', async () => {
    const refusal = refusalOf(await alice.escrows.open({ seller: bob.address, amountMicrocredits: 10n ** 12n }))
    assert.equal(refusal.code, 'INSUFFICIENT_CREDITS')
    assert.equal(refusal.requiredMicrocredits, 10n ** 12n)
    assert.equal((await alice.balance()).heldMicrocredits, 0n)
  })

  it('is seen by payer and seller alone, and pays what the payer captures', async () => {
    const opened = accepted(await alice.escrows.open({ seller: bob.address, amountMicrocredits: credit }))
    await alice.statement({ first: 1, atLeastPosition: opened.position })
    await assert.rejects(worker.escrows.get(opened.commandId), { code: 'GATEWAY_ERROR', serverCode: 'FORBIDDEN' })
    assert.equal((await bob.escrows.get(opened.commandId))?.amountMicrocredits, credit)
    const tooMuch = refusalOf(
      await alice.escrows.capture({ escrow: opened.commandId, amountMicrocredits: 2n * credit }),
    )
    assert.deepEqual([tooMuch.code, tooMuch.heldMicrocredits], ['ESCROW_EXCEEDED', credit])
    assert.equal(
      refusalOf(await bob.escrows.capture({ escrow: opened.commandId, amountMicrocredits: 1n })).code,
      'INVALID_SIGNATURE',
    )
    const captured = accepted(await alice.escrows.capture({ escrow: opened.commandId, amountMicrocredits: 400_000n }))
    const { entries } = await bob.statement({ first: 1, atLeastPosition: captured.position })
    assert.deepEqual([entries[0]?.amountMicrocredits, entries[0]?.subject?.id], [400_000n, opened.commandId])
    assert.equal(refusalOf(await bob.escrows.release({ escrow: opened.commandId })).code, 'ESCROW_ENDED')
  })
})

describe('a delegate', () => {
  it('spends within the caps of its permission, until it is revoked', async () => {
    const pay = (amountMicrocredits: bigint) =>
      worker.transfer({ wallet: alice.address, to: bob.address, amountMicrocredits })
    assert.equal(refusalOf(await pay(1n)).code, 'INVALID_SIGNATURE')
    const caps = { jobMicrocreditsMax: 300_000n, hourMicrocreditsMax: 500_000n, dayMicrocreditsMax: 500_000n }
    accepted(await alice.permissions.grant({ delegate: worker.address, ...caps }))
    accepted(await pay(300_000n))
    const capped = refusalOf(await pay(300_000n))
    assert.deepEqual([capped.code, capped.cap, capped.usedMicrocredits], ['CAP_EXCEEDED', 'hour', 300_000n])
    const spent = accepted(await pay(200_000n))
    await alice.statement({ first: 1, atLeastPosition: spent.position })
    const permission = await worker.permissions.get({ wallet: alice.address })
    assert.deepEqual([permission?.used?.dayMicrocredits, permission?.spendCount], [500_000n, 2])
    const { spends } = await alice.permissions.spends(permission?.id as Hex)
    assert.deepEqual(
      spends.map(spend => spend.amountMicrocredits),
      [200_000n, 300_000n],
    )
    await assert.rejects(bob.permissions.spends(permission?.id as Hex), { serverCode: 'FORBIDDEN' })
    accepted(await alice.permissions.revoke({ delegate: worker.address }))
    assert.equal(refusalOf(await pay(1n)).code, 'PERMISSION_EXPIRED')
  })
})

describe('linked commands', () => {
  it('of two agents happen together or not at all', async () => {
    const before = (await alice.balance()).availableMicrocredits
    const theirs = accepted(await bob.sign('transfer', { to: worker.address, amountMicrocredits: 3n * credit }))
    const failed = refusalOf(
      await alice.linked([{ transfer: { to: bob.address, amountMicrocredits: credit } }, { signed: theirs.signed }]),
    )
    assert.deepEqual([failed.code, failed.index, failed.reason?.code], ['LINK_FAILED', 1, 'INSUFFICIENT_CREDITS'])
    assert.equal((await alice.balance()).availableMicrocredits, before)
    const again = accepted(await bob.sign('transfer', { to: worker.address, amountMicrocredits: 2n * credit }))
    const done = accepted(
      await alice.linked([
        { transfer: { to: bob.address, amountMicrocredits: 2n * credit } },
        { signed: again.signed },
      ]),
    )
    assert.equal(done.commandIds.length, 2)
    assert.equal((await worker.balance()).availableMicrocredits, 2n * credit)
    assert.equal((await bob.acceptance(done.commandIds[1] as Hex))?.digest, done.commandIds[1])
  })
})

describe('a wallet', () => {
  it('that hands the same signature in twice pays once', async () => {
    const { signed } = accepted(await alice.sign('transfer', { to: bob.address, amountMicrocredits: 11n }))
    const first = accepted(await alice.handIn(signed))
    const second = accepted(await worker.handIn(JSON.parse(JSON.stringify(signed))))
    assert.deepEqual([second.position, second.repeated], [first.position, true])
  })

  it('follows what moves in it over interruptions, each event once, in order', async () => {
    const { entries } = await alice.statement({ first: 1 })
    let after = entries[0]?.position ?? 0n
    const seen: WalletEvent[] = []
    for (const round of [1n, 2n, 3n]) {
      const stop = new AbortController()
      const following = alice.follow({
        after,
        signal: stop.signal,
        onEvent: event => {
          seen.push(event)
          after = event.position
          if (seen.length === Number(round) * 2) stop.abort()
        },
      })
      for (const amountMicrocredits of [10n * round, 10n * round + 1n]) {
        accepted(await alice.transfer({ to: bob.address, amountMicrocredits }))
      }
      await following
    }
    assert.deepEqual(
      seen.map(({ entries: [entry] }) => entry?.amountMicrocredits),
      [-10n, -11n, -20n, -21n, -30n, -31n],
    )
  })

  it('knows what it had at any position and time, with what was held', async () => {
    const opened = accepted(await alice.escrows.open({ seller: bob.address, amountMicrocredits: credit }))
    const { availableMicrocredits } = opened.balance
    accepted(await bob.escrows.release({ escrow: opened.commandId }))
    const { position } = accepted(await alice.transfer({ to: bob.address, amountMicrocredits: 1n }))
    await alice.statement({ first: 1, atLeastPosition: position })
    const then = await alice.balanceAsOf({ position: opened.position })
    assert.deepEqual([then.availableMicrocredits, then.heldMicrocredits], [availableMicrocredits, credit])
    const { holds } = await alice.holds({ asOf: { position: opened.position }, kind: 'escrow' })
    assert.deepEqual(
      holds.map(({ id, end }) => [id, end?.event]),
      [[opened.commandId, 'EscrowReleased']],
    )
    assert.equal((await alice.balanceAsOf({ time: new Date(0) })).availableMicrocredits, 0n)
    const ahead = alice.balanceAsOf({ position: position + 1_000_000n })
    await assert.rejects(ahead, { code: 'GATEWAY_ERROR', serverCode: 'NOT_YET_VISIBLE' })
  })

  it('has the ledger’s signature for what it did, and proof under a root that is on chain for what it has', async () => {
    const { commandId, position } = accepted(await alice.withdraw({ amountMicrocredits: credit }))
    const acceptance = await alice.acceptance(commandId)
    assert.ok(acceptance !== undefined && acceptance.position === position)
    assert.equal(await alice.acceptance(`0x${'12'.repeat(32)}`), undefined)
    const proven = await eventually(async () => {
      const inclusion = await alice.inclusion()
      return inclusion !== undefined && (await alice.isRootOnChain(inclusion)) ? inclusion : undefined
    })
    assert.ok(proven.availableMicrocredits > 0n)
    assert.equal(await alice.isRootOnChain({ ...proven, epoch: proven.epoch + 1_000n }), false)
    const nobody = await alice.inclusion(`0x${'0b'.repeat(20)}`)
    assert.equal(nobody?.availableMicrocredits, 0n)
  })
})
