import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type Hex,
  instructionKey,
  iouRedemptionType,
  iouType,
  type LedgerEvent,
  payoutInstructionType,
  transferType,
  withdrawalType,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import {
  holdBy,
  payoutToThief,
  transferBy,
  underOtherKey,
  withCredit,
  withLastEntries,
  withoutEntry,
} from './forgeries.spec.fixture.ts'
import { entriesOf, type Forged } from './watched-journal.spec.fixture.ts'
import { agents, type Outcome, WatchedNetwork, watchedPeriods } from './watched-network.spec.fixture.ts'

const cancelled = 4
const { alice, bob, carol, thief } = agents

let network: WatchedNetwork
let nonce = 10n

/** The ledger takes a transfer of alice's to bob. */
function pays(amountMicrocredits = 1_000_000n) {
  const message = {
    from: alice.address,
    to: bob.address,
    amountMicrocredits,
    lane: 0,
    nonce: ++nonce,
    deadline: network.deadline,
  }
  network.ledger.accept({ type: 'TransferCredits', transfer: network.sign(alice, transferType, message) })
  return { message, key: network.digest(transferType, message) }
}

function assertCancelled({ status, gainedWei, called, refused }: Outcome): void {
  assert.equal(status, cancelled, `called ${called.join()}, the poster could not answer ${refused.join()}`)
  assert.ok(gainedWei > 0n, `gained ${gainedWei} wei by ${called.join()}`)
}

before(async () => {
  network = await WatchedNetwork.start()
  const { ledger } = network
  pays(5_000_000n)
  const withdrawal = { wallet: carol.address, amountMicrocredits: 1_000_000n, lane: 0, nonce: 1n }
  await network.register('carol')
  ledger.accept({
    type: 'WithdrawCredits',
    withdrawal: network.sign(carol, withdrawalType, { ...withdrawal, deadline: network.deadline }),
  })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  await network.post(ledger.events.slice(0, -1))
  await network.settle(1)
})

after(() => network.close())

describe('a watcher with the public journal', () => {
  it('asks nothing about an epoch that is what the journal gives', async () => {
    pays()
    const { events } = network.ledger
    const books = await network.post(events)
    const outcome = await network.play(books, await network.own())
    assert.deepEqual(outcome.called, [])
    assert.equal(outcome.plans.at(-1)?.verdict, 'right')
    const judged = await network.play(books, await network.own(events, { isSound: false }))
    assert.deepEqual(judged.called, [])
    await network.cancelByGuardian()
  })

  it('cancels an epoch with a balance that somebody stole', async () => {
    const books = await network.post(network.withForged(transferBy(network, thief, {})))
    assertCancelled(await network.play(books, await network.own()))
  })

  it('cancels an epoch whose leaves nobody shows', async () => {
    const books = await network.post(network.withForged(transferBy(network, thief, {})))
    const outcome = await network.play(books, await network.own(), false)
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['demandReveal', 'expire'])
  })

  it('cancels an epoch that pays a row for which nothing was debited', async () => {
    await network.register('thief')
    const message = { wallet: thief.address, amountMicrocredits: 2_000_000n, lane: 0, nonce: 1n }
    const withdrawal = network.sign(thief, withdrawalType, { ...message, deadline: network.deadline })
    const data = { wallet: thief.address, amountMicrocredits: 2_000_000n, withdrawal }
    const books = await network.post(network.withForged(payoutToThief(2_000_000n, data)))
    assertCancelled(await network.play(books, await network.own()))
  })

  it('cancels an epoch in which a transfer counts twice', async () => {
    pays()
    const { events } = network.ledger
    const again = events.at(-1) as Extract<LedgerEvent, { type: 'CreditsTransferred' }>
    const books = await network.post(network.withForged(again))
    assertCancelled(await network.play(books, await network.own()))
  })

  it('cancels an epoch that counts a transfer of an earlier one again', async () => {
    const { events } = network.ledger
    const old = events.find(({ type }) => type === 'CreditsTransferred')
    const books = await network.post(network.withForged(old as Extract<LedgerEvent, { type: 'CreditsTransferred' }>))
    assertCancelled(await network.play(books, await network.own()))
  })

  it('cancels an epoch that debits a transfer and credits another with it', async () => {
    const { key, message } = pays()
    const entries = entriesOf(`wallet:${alice.address}`, `wallet:${thief.address}`, message.amountMicrocredits)
    const books = await network.post(withLastEntries(network.ledger.events, entries))
    const outcome = await network.play(withoutEntry(books, bob.address, key), await network.own())
    assertCancelled(outcome)
    assert.ok(outcome.called.includes('demandCounterpart'))
  })

  it('cancels an epoch that debits what pays an IOU and credits another with it', async () => {
    const promise = { debtor: alice.address, creditor: bob.address, amountMicrocredits: 700_000n, lane: 0 }
    const { deadline } = network
    const iou = { ...promise, nonce: ++nonce, dueAt: deadline, reference: zeroHash, deadline }
    network.ledger.accept({ type: 'IssueIou', iou: network.sign(alice, iouType, iou) })
    const redemption = {
      iou: network.digest(iouType, iou),
      debtor: alice.address,
      amountMicrocredits: 700_000n,
      lane: 0,
      nonce: ++nonce,
      deadline,
    }
    network.ledger.accept({ type: 'RedeemIou', redemption: network.sign(alice, iouRedemptionType, redemption) })
    const entries = entriesOf(`wallet:${alice.address}`, `wallet:${thief.address}`, 700_000n)
    const books = await network.post(withLastEntries(network.ledger.events, entries))
    const key = network.digest(iouRedemptionType, redemption)
    const outcome = await network.play(withoutEntry(books, bob.address, key), await network.own())
    assertCancelled(outcome)
    assert.ok(outcome.called.includes('demandCounterpart'))
  })

  it('cancels an epoch that debits by an instruction, at a position that the journal does not have, and credits another', async () => {
    const instruction = { wallet: bob.address, minimumMicrocredits: 1n, intervalSeconds: 3_600, nonce: 1n }
    const message = { ...instruction, expires: network.deadline }
    network.ledger.accept({ type: 'InstructPayouts', instruction: network.sign(bob, payoutInstructionType, message) })
    const instructionDigest = network.digest(payoutInstructionType, message)
    const forged = network.withForged({
      type: 'PayoutScheduled',
      data: { wallet: bob.address, amountMicrocredits: 3_000_000n, instructionDigest },
      commandId: `0x${'78'.repeat(32)}`,
      entries: entriesOf(`wallet:${bob.address}`, `wallet:${thief.address}`, 3_000_000n),
    } as Forged)
    const books = await network.post(forged)
    const key = instructionKey(ledgerCrypto, instructionDigest, forged.length)
    const stated = withCredit(withoutEntry(books, `payable:${bob.address}`, key), thief.address, 3_000_000n)
    const outcome = await network.play(stated, await network.own())
    assertCancelled(outcome)
    assert.ok(outcome.called.includes('demandCounterpart'))
  })

  it('cancels an epoch that sets a lane back', async () => {
    const back = transferBy(network, thief, { amountMicrocredits: 0n, nonce: 1n })
    const books = await network.post(network.withForged(back))
    const outcome = await network.play(books, await network.own())
    assertCancelled(outcome)
    assert.ok(outcome.called.includes('demandLane'))
  })

  it('cancels an epoch with a hold that its payer has not signed', async () => {
    const books = await network.post(network.withForged(holdBy(network, thief)))
    const outcome = await network.play(books, await network.own())
    assertCancelled(outcome)
    assert.ok(outcome.called.includes('demandHold'))
  })

  it('cancels an epoch by a payee who waits for a row in vain', async () => {
    await network.register('bob')
    const message = { wallet: bob.address, amountMicrocredits: 500_000n, lane: 0, nonce: ++nonce }
    const withdrawal = network.sign(bob, withdrawalType, { ...message, deadline: network.deadline })
    network.ledger.accept({ type: 'WithdrawCredits', withdrawal })
    await network.deposit('bob')
    const unknown = network.ledger.events
      .filter(event => event.type !== 'PayeeRegistered' || event.data.wallet !== bob.address)
      .map((event, index) => ({ ...event, position: index + 1 }))
    const books = await network.post(unknown)
    const outcome = await network.play(books, await network.own())
    assertCancelled(outcome)
    assert.equal(outcome.called.at(-1), 'cancelUnpaid')
  })

  it('cancels an epoch whose row does not continue the payee’s last one', async () => {
    const { events } = network.ledger
    const message = { wallet: carol.address, amountMicrocredits: 500_000n, lane: 0, nonce: ++nonce }
    const withdrawal = network.sign(carol, withdrawalType, { ...message, deadline: network.deadline })
    network.ledger.accept({ type: 'WithdrawCredits', withdrawal })
    const archive = await network.archiveOf(events)
    const books = archive.asked?.books
    assert.ok(books)
    const rows = books.rows.map(row => ({
      ...row,
      previousEpoch: 0,
      cumulativeMicrocredits: row.incrementMicrocredits,
    }))
    assert.ok(rows.length > 0)
    await network.postBooks({ ...books, rows })
    const outcome = await network.play(archive, await network.own())
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['cancelWrongRow'])
  })
})

describe('a watcher with acceptances', () => {
  it('goes on when the contract will not take one', async () => {
    const books = await network.post(network.withForged(transferBy(network, thief, {})))
    const { journalPosition, closedAt } = (await network.view()).posted
    const own = await network.accepted(`0x${'ab'.repeat(32)}`, journalPosition + 5, closedAt * 1_000 - 5_000)
    const foreign = { ...own, signature: `0x${'12'.repeat(64)}1b` } as const
    const outcome = await network.play(books, await network.own(), true, { acceptances: [foreign] })
    assertCancelled(outcome)
    assert.equal(outcome.called.at(-1), 'expire')
  })

  it('cancels an epoch that closed without what the ledger had taken before', async () => {
    const books = await network.post(network.ledger.events)
    const { journalPosition, closedAt } = (await network.view()).posted
    const early = await network.accepted(`0x${'ab'.repeat(32)}`, journalPosition, closedAt * 1_000 - 5_000)
    const late = await network.accepted(`0x${'ab'.repeat(32)}`, journalPosition + 5, closedAt * 1_000 + 5_000)
    const right = await network.play(books, await network.own(), true, { acceptances: [early, late] })
    assert.deepEqual(right.called, [])
    const left = await network.accepted(`0x${'ab'.repeat(32)}`, journalPosition + 5, closedAt * 1_000 - 5_000)
    const outcome = await network.play(books, await network.own(), true, { acceptances: [left] })
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['cancelStale'])
  })
})

describe('a watcher of a journal that is itself not right', () => {
  it('asks at once for a debit that nobody signed', async () => {
    const forged = network.withForged(transferBy(network, thief, {}))
    const books = await network.post(forged, { journalPosition: forged.length })
    const outcome = await network.play(books, await network.own(forged, { isSound: false }))
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['demandEntry', 'expire'])
  })

  it('asks at once for a hold that nobody signed', async () => {
    const forged = network.withForged(holdBy(network, thief))
    const books = await network.post(forged, { journalPosition: forged.length })
    const outcome = await network.play(books, await network.own(forged, { isSound: false }))
    assertCancelled(outcome)
    assert.deepEqual(outcome.called, ['demandHold', 'expire'])
  })

  it('looks into the statement of a poster that says otherwise than its journal', async () => {
    const forged = network.withForged(transferBy(network, thief, {}))
    const { commandId } = forged.at(-1) as LedgerEvent
    const books = await network.post(forged, { journalPosition: forged.length })
    const other = underOtherKey(books, alice.address, commandId as Hex)
    const outcome = await network.play(other, await network.own(forged, { isSound: false }))
    assertCancelled(outcome)
    // Two keys that share their first four bits take a second reveal.
    const steps = outcome.called.filter((name, index, all) => name !== all[index - 1])
    assert.deepEqual(steps, ['demandEntry', 'demandReveal', 'demandEntry', 'expire'])
  })
})

describe('a watcher of a journal whose entries are not what was signed', () => {
  it('asks for the statement of who was not credited, and then for the credit', async () => {
    const { key, message } = pays()
    const entries = entriesOf(`wallet:${alice.address}`, `wallet:${thief.address}`, message.amountMicrocredits)
    const forged = withLastEntries(network.ledger.events, entries)
    const stated = withoutEntry(await network.post(forged), bob.address, key)
    const books = withCredit(stated, thief.address, message.amountMicrocredits)
    const outcome = await network.play(books, await network.own(forged, { isSound: false }))
    assertCancelled(outcome)
    assert.equal(outcome.called[0], 'demandStatement')
    assert.ok(outcome.called.includes('demandCounterpart'), outcome.called.join())
  })
})

describe('a watcher without the journal of an epoch', () => {
  it('waits at first, and says so', async () => {
    const books = await network.post(network.withForged(transferBy(network, thief, {})))
    const outcome = await network.play(books, undefined)
    assert.deepEqual(outcome.called, [])
    assert.equal(outcome.plans.at(-1)?.verdict, 'waiting')
    const early = await network.play(books, await network.own(network.ledger.events, { isComplete: false }))
    assert.equal(early.plans.at(-1)?.verdict, 'waiting')
    assert.deepEqual(early.called, [])
    await network.chain.pass(watchedPeriods.windowSeconds / 4n)
    const late = await network.play(books, await network.own(network.ledger.events, { isComplete: false }))
    assertCancelled(late)
  })
})

describe('a forced withdrawal', () => {
  it('that is not carried out cancels the epoch', async () => {
    await network.force('bob', 2_000_000n)
    const { ledger } = network
    ledger.accept({ type: 'CloseEpoch', epoch: ledger.state.lastEpochNumber + 1 })
    const paid = ledger.events.slice(0, -1)
    const unpaid = paid.filter(event => event.type !== 'PayoutScheduled' || event.data.inboxIndex === undefined)
    const books = await network.post(unpaid, { journalPosition: paid.length })
    const outcome = await network.play(books, await network.own(paid))
    assertCancelled(outcome)
  })
})
