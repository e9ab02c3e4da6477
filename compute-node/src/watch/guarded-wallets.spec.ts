import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { purchaseType, transferType, zeroHash } from '@deparrow/ledger'
import { type AcceptedCredit, transferMessage } from '@deparrow/sdk/watcher'
import { acceptedCreditsIn, MessageUnrelatedError } from './accepted-credits.ts'
import { withCredit, withLastEntries, withoutEntry } from './forgeries.spec.fixture.ts'
import { entriesOf } from './watched-journal.spec.fixture.ts'
import { agents, type Outcome, WatchedNetwork } from './watched-network.spec.fixture.ts'

const cancelled = 4
const { alice, bob, carol, thief } = agents

let network: WatchedNetwork
let nonce = 0n

/** The ledger takes a transfer of alice's to bob; answers what bob has of it. */
async function pays() {
  const message = { from: alice.address, to: bob.address, amountMicrocredits: 900_000n, lane: 0, nonce: ++nonce }
  const transfer = network.sign(alice, transferType, { ...message, deadline: network.deadline })
  network.ledger.accept({ type: 'TransferCredits', transfer })
  const key = network.digest(transferType, transfer.message)
  const { events, nowMs } = network.ledger
  const acceptance = await network.accepted(key, events.length, nowMs)
  const credit: AcceptedCredit = {
    wallet: bob.address,
    key,
    amountMicrocredits: transfer.message.amountMicrocredits,
    message: transferMessage(transfer.message),
  }
  return { key, acceptance, credit, message: transfer.message }
}

const withoutLast = () => network.ledger.events.slice(0, -1)

function assertCancelled({ status, gainedWei, called, refused }: Outcome): void {
  assert.equal(status, cancelled, `called ${called.join()}, the poster could not answer ${refused.join()}`)
  assert.ok(gainedWei > 0n, `gained ${gainedWei} wei by ${called.join()}`)
  assert.ok(called.includes('demandAccepted'), called.join())
}

before(async () => {
  network = await WatchedNetwork.start()
  await pays()
  network.ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  await network.post(network.ledger.events.slice(0, -1))
  await network.settle(1)
})

after(() => network.close())

describe('a watcher that guards a wallet', () => {
  it('asks nothing for what is credited, was refused, is of another epoch, or is another wallet’s', async () => {
    const { key, acceptance, credit } = await pays()
    const right = await network.post(network.ledger.events)
    const guarded = [bob.address]
    const own = await network.own()
    const { called } = await network.play(right, own, true, { guarded, acceptances: [acceptance], credits: [credit] })
    assert.deepEqual(called, [])
    await network.cancelByGuardian()
    const books = await network.post(withoutLast(), { journalPosition: network.ledger.events.length })
    const hidden = await network.own(withoutLast())
    const { position } = acceptance.acceptance
    const earlier = await network.accepted(key, 1, (await network.view()).parent.closedAt * 1_000 + 999)
    const refused = { ...acceptance, acceptance: { ...acceptance.acceptance, isAccepted: false } }
    for (const acceptances of [[], [earlier], [refused]]) {
      const outcome = await network.play(books, hidden, true, { guarded, acceptances, credits: [credit] })
      assert.deepEqual(outcome.called, [], `${acceptances.length} acceptances, ${position}`)
    }
    const others = { guarded: [carol.address], acceptances: [acceptance], credits: [] }
    assert.deepEqual((await network.play(books, hidden, true, others)).called, [])
    await network.cancelByGuardian()
  })

  it('cancels an epoch that leaves out what was accepted after its parent, whose position runs ahead', async () => {
    const { key, acceptance, credit } = await pays()
    const books = await network.post(withoutLast(), { journalPosition: network.ledger.events.length })
    const overtaken = await network.accepted(key, 1, Number(acceptance.acceptance.atMs))
    const more = { guarded: [bob.address], acceptances: [overtaken], credits: [credit] }
    const outcome = await network.play(books, await network.own(withoutLast()), true, more)
    assertCancelled(outcome)
  })

  it('cancels an epoch that leaves out a whole transfer of the journal', async () => {
    const { acceptance } = await pays()
    const books = await network.post(withoutLast(), { journalPosition: network.ledger.events.length })
    const more = { guarded: [bob.address], acceptances: [acceptance] }
    const outcome = await network.play(books, await network.own(), true, more)
    assertCancelled(outcome)
  })

  it('cancels an epoch whose journal hides a transfer that the ledger has signed to have taken', async () => {
    const { acceptance, credit } = await pays()
    const books = await network.post(withoutLast(), { journalPosition: network.ledger.events.length })
    const more = { guarded: [bob.address], acceptances: [acceptance], credits: [credit] }
    const outcome = await network.play(books, await network.own(withoutLast()), true, more)
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['demandAccepted', 'expire'])
  })

  it('asks for the credit of a transfer that the poster alone shows, when it answers for the sender’s debit', async () => {
    const { key, message } = await pays()
    const entries = entriesOf(`wallet:${alice.address}`, `wallet:${thief.address}`, message.amountMicrocredits)
    const stolen = withLastEntries(network.ledger.events, entries)
    const posted = await network.post(stolen)
    const stated = withoutEntry(posted, bob.address, key)
    const books = withCredit(stated, thief.address, message.amountMicrocredits)
    const hidden = await network.own(withoutLast())
    const unguarded = await network.play(books, hidden, true, { guarded: [carol.address] })
    assert.ok(unguarded.called.includes('demandEntry') && !unguarded.called.includes('demandCounterpart'))
    assert.notEqual(unguarded.status, cancelled)
    const outcome = await network.play(books, hidden, true, { guarded: [bob.address] })
    assert.equal(outcome.status, cancelled, outcome.called.join())
    assert.deepEqual(outcome.called, ['demandCounterpart', 'expire'])
  })

  it('asks for it without any journal once the journal is late', async () => {
    const { acceptance, credit } = await pays()
    const books = await network.post(withoutLast(), { journalPosition: network.ledger.events.length })
    const more = { guarded: [bob.address], acceptances: [acceptance], credits: [credit] }
    assert.deepEqual((await network.play(books, undefined, true, more)).called, [])
    assertCancelled(await network.play(books, undefined, true, { ...more, patienceSeconds: 0 }))
  })
})

describe('a message beside an acceptance', () => {
  const guarded = new Set([bob.address])
  const text = (value: unknown) =>
    JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? String(field) : field))
  const read = (value: unknown) => acceptedCreditsIn(text(value), network.domain, guarded)

  it('is refused when it cannot be read, or is not what was accepted', async () => {
    const { key, message } = await pays()
    for (const transfer of [1, {}, { ...message, more: 1 }, { ...message, nonce: 99n }]) {
      assert.throws(() => read({ digest: key, transfer }), MessageUnrelatedError)
    }
    assert.throws(() => read({ digest: `0x${'12'.repeat(32)}`, transfer: message }), MessageUnrelatedError)
    assert.throws(() => read({ transfer: message }), MessageUnrelatedError)
    assert.throws(() => read({ digest: key, purchase: message }), MessageUnrelatedError)
  })

  it('counts for its receiver when that is guarded', async () => {
    const { key, message, credit } = await pays()
    assert.deepEqual(read({ digest: key, transfer: message }), [credit])
    assert.deepEqual(read([{ digest: key }, { digest: key.toUpperCase().replace('0X', '0x'), transfer: message }]), [
      credit,
    ])
    const buys = { wallet: alice.address, seller: bob.address, amountMicrocredits: 7n, reference: zeroHash }
    const purchase = { ...buys, lane: 0, nonce: 1n, deadline: network.deadline }
    const digest = network.digest(purchaseType, purchase)
    const [bought] = read({ digest, purchase })
    assert.deepEqual([bought?.wallet, bought?.key, bought?.amountMicrocredits], [bob.address, digest, 7n])
    assert.deepEqual(acceptedCreditsIn(text({ digest, purchase }), network.domain, new Set([carol.address])), [])
  })
})
