import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { transferType } from '@deparrow/ledger'
import { agents, entriesOf, type Forged, WatchedNetwork } from './watched-network.spec.fixture.ts'

const cancelled = 4
const { alice, bob, carol, thief } = agents

let network: WatchedNetwork

before(async () => {
  network = await WatchedNetwork.start()
  const { ledger } = network
  const transfer = network.sign(alice, transferType, {
    from: alice.address,
    to: bob.address,
    amountMicrocredits: 5_000_000n,
    lane: 0,
    nonce: 7n,
    deadline: network.deadline,
  })
  ledger.accept({ type: 'TransferCredits', transfer })
  ledger.accept({ type: 'CloseEpoch', epoch: 1 })
  await network.post(ledger.events)
  await network.settle(1)
})

after(() => network.close())

function stolen(amountMicrocredits: bigint): Forged {
  const message = {
    from: alice.address,
    to: thief.address,
    amountMicrocredits,
    lane: 0,
    nonce: 9n,
    deadline: network.deadline,
  }
  return {
    type: 'CreditsTransferred',
    data: { transfer: network.sign(thief, transferType, message) },
    commandId: network.digest(transferType, message),
    entries: entriesOf(`wallet:${alice.address}`, `wallet:${thief.address}`, amountMicrocredits),
  }
}

describe('a watcher with the public journal', () => {
  it('cancels an epoch with a balance that somebody stole, and gains', async () => {
    const books = await network.post(network.withForged(stolen(3_000_000n)))
    const outcome = await network.play(books, await network.own())
    console.log(outcome.called, outcome.refused, outcome.status, outcome.gainedWei, outcome.plans[0]?.findings)
    assert.equal(outcome.status, cancelled)
    assert.ok(outcome.gainedWei > 0n)
  })
  void bob
  void carol
})
