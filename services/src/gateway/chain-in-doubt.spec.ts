import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Actor } from '@deparrow/ledger/testing'
import { SettlementService } from '../settlement/settlement.service.ts'
import { until } from '../settlement/testing/until.ts'
import { fieldsOf, type Gateway, startGateway } from './gateway.spec.fixture.ts'

const credit = 1_000_000n
const alice = new Actor(0xa11ce)
const bob = new Actor(0xb0b)

const withdrawMutation = `mutation ($withdrawal: JSON!, $signature: Hex!) {
  withdraw(withdrawal: $withdrawal, signature: $signature) {
    __typename ... on Movement { wallet { payable } } ... on Refusal { code message }
  }
}`

const transferMutation = `mutation ($transfer: JSON!, $signature: Hex!) {
  transfer(transfer: $transfer, signature: $signature) { __typename ... on Refusal { code } }
}`

let gateway: Gateway

before(async () => {
  gateway = await startGateway({}, { pollIntervalMs: 1 })
  gateway.chain.arrive({ account: alice.address, amount: 5n * credit })
  gateway.chain.mine()
  await until(() => health().followedBlock === 2n)
})

after(() => gateway.close())

const health = () => gateway.app.get(SettlementService, { strict: false }).health()

async function withdraw(signed: ReturnType<Actor['withdrawal']>) {
  const variables = { withdrawal: fieldsOf(signed), signature: signed.signature }
  return (await gateway.ask(withdrawMutation, variables)).data.withdraw
}

describe('while the chain is not what was followed', { timeout: 20_000 }, () => {
  let bringBack: () => void
  const signed = alice.withdrawal({ amountMicrocredits: credit, nonce: 2n })

  it('no withdrawal is taken, movements within the ledger go on', async () => {
    assert.equal((await withdraw(alice.withdrawal({ amountMicrocredits: 1n, nonce: 1n }))).__typename, 'Movement')
    bringBack = gateway.chain.reorg(1)
    gateway.chain.mine()
    await until(() => health().chainAlarm !== undefined)
    const refused = await withdraw(signed)
    assert.deepEqual([refused.__typename, refused.code], ['Refused', 'CHAIN_IN_DOUBT'])
    assert.match(refused.message, /again/)
    assert.equal(gateway.ledger.balance(alice.address).payableMicrocredits, 1n)
    const transfer = alice.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: 1n, lane: 3 })
    const variables = { transfer: fieldsOf(transfer), signature: transfer.signature }
    assert.equal((await gateway.ask(transferMutation, variables)).data.transfer.__typename, 'Movement')
  })

  it('the same withdrawal is taken once the chain is again what was followed', async () => {
    bringBack()
    await until(() => health().chainAlarm === undefined)
    assert.equal((await withdraw(signed)).__typename, 'Movement')
    assert.equal(gateway.ledger.balance(alice.address).payableMicrocredits, credit + 1n)
  })
})
