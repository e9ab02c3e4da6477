import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Message, Signed } from '@deparrow/ledger'
import { Actor, digestOfEscrow, escrowOrder, escrowRelease } from '@deparrow/ledger/testing'
import { fieldsOf, type Gateway, startGateway } from './gateway.spec.fixture.ts'
import { type CommandName, credit, inboxOf, send } from './signed-commands.spec.fixture.ts'

const alice = new Actor(0xa11ce)
const bob = new Actor(0xb0b)
const carol = new Actor(0xca401)

const linkedMutation = `mutation ($commands: [LinkedCommand!]!) {
  linked(commands: $commands) {
    ... on LinkedMovement { linkId commandIds firstPosition position repeated acceptances { digest position root { shard } } }
    ... on LinkFailed { index refusal { code message __typename ... on InsufficientCredits { required available } } }
    __typename ... on Refusal { code message } ... on Malformed { field }
  }
}`

let gateway: Gateway
let nonce = 0n

before(async () => {
  gateway = await startGateway()
  await inboxOf(gateway)('deposit', alice.address, 10n * credit)
})

after(() => gateway.close())

const pay = (from: Actor, to: Actor, amountMicrocredits: bigint) =>
  member('transfer', from.transfer({ to: to.address, amountMicrocredits, nonce: ++nonce }))

function member(name: CommandName, signed: Signed<Message>) {
  return { [name]: { message: fieldsOf(signed), signature: signed.signature } }
}

async function link(...commands: readonly object[]) {
  const { data, errors } = await gateway.ask(linkedMutation, { commands })
  return data?.linked ?? { errors }
}

const available = (actor: Actor) => gateway.ledger.balance(actor.address).availableMicrocredits

describe('linked commands', () => {
  it('are refused when one of them fails, with its place and its refusal, and none of them happens', async () => {
    const before = available(alice)
    const answer = await link(pay(alice, bob, credit), pay(bob, carol, credit), pay(bob, carol, 1n))
    assert.deepEqual([answer.__typename, answer.code, answer.index], ['LinkFailed', 'LINK_FAILED', 2])
    assert.deepEqual(answer.refusal, {
      ...{ code: 'INSUFFICIENT_CREDITS', message: answer.refusal.message, __typename: 'InsufficientCredits' },
      ...{ required: '1', available: '0' },
    })
    assert.deepEqual([available(alice), available(bob), available(carol)], [before, 0n, 0n])
  })

  it('name the command and the field that is malformed, by variable and written into the query', async () => {
    const good = pay(alice, bob, 1n)
    const transfer = alice.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: ++nonce })
    const bad = { transfer: { message: { ...fieldsOf(transfer), nonce: '-1' }, signature: transfer.signature } }
    const answer = await link(good, bad)
    assert.deepEqual([answer.__typename, answer.field], ['Malformed', 'commands.1.transfer.message.nonce'])
    const unsigned = await link(good, { transfer: { message: fieldsOf(transfer), signature: '0x00' } })
    assert.equal(unsigned.field, 'commands.1.transfer.signature')
    const written = await gateway.ask(
      'mutation { linked(commands: [{ transfer: { message: {}, signature: "0x" } }]) { ... on Malformed { field } } }',
    )
    assert.equal(written.data.linked.field, 'commands.0.transfer.message.from')
  })

  it('are refused by the schema when a member names no command, two, or one that does not exist', async () => {
    const { transfer } = pay(alice, bob, 1n)
    for (const member of [{}, { transfer, buyService: transfer }, { transfer: null }, { openHold: transfer }]) {
      const { errors } = await link(member, pay(alice, bob, 1n))
      assert.equal(errors[0].extensions.code, 'BAD_REQUEST')
      assert.equal('stack' in errors[0], false)
    }
    const written = await gateway.ask('mutation { linked(commands: [{}]) { __typename } }')
    assert.equal(written.status, 400)
  })

  it('are 2 to 16, none of them twice', async () => {
    assert.equal((await link()).code, 'MALFORMED')
    assert.equal((await link(pay(alice, bob, 1n))).code, 'MALFORMED')
    const twice = pay(alice, bob, 1n)
    assert.equal((await link(twice, twice)).code, 'MALFORMED')
    const many = Array.from({ length: 2_000 }, () => twice)
    const answer = await link(...many)
    assert.deepEqual([answer.__typename, answer.field], ['Malformed', 'commands'])
  })

  it('are refused when one of them was decided alone before', async () => {
    const alone = alice.transfer({ to: bob.address, amountMicrocredits: 1n, nonce: ++nonce, lane: 5 })
    await send(gateway, 'transfer', alone)
    const answer = await link(member('transfer', alone), pay(alice, bob, 1n))
    assert.deepEqual([answer.__typename, answer.index, answer.refusal.code], ['LinkFailed', 0, 'COMMAND_CONFLICT'])
  })

  it('are refused as one of them, a withdrawal, waits for the chain', async t => {
    t.mock.method(gateway.settlement.view, 'isChainInDoubt', () => true)
    const withdrawal = alice.withdrawal({ amountMicrocredits: 1n, nonce: ++nonce })
    const answer = await link(pay(alice, bob, 1n), member('withdraw', withdrawal))
    assert.deepEqual([answer.__typename, answer.code], ['Refused', 'CHAIN_IN_DOUBT'])
  })

  it('of several wallets happen together, each on what the ones before it left, and once', async () => {
    const paid = [pay(alice, carol, credit), pay(carol, bob, credit)]
    const order = escrowOrder(alice, { seller: bob.address, nonce: ++nonce })
    const release = escrowRelease(bob, digestOfEscrow(order))
    const commands = [...paid, member('openEscrow', order), member('releaseEscrow', release)]
    const answer = await link(...commands)
    assert.equal(answer.__typename, 'LinkedMovement')
    assert.match(answer.linkId, /^link:0x/)
    assert.deepEqual([answer.commandIds.length, answer.commandIds[2]], [4, digestOfEscrow(order)])
    assert.deepEqual(
      answer.acceptances.map(({ digest }: { digest: string }) => digest),
      answer.commandIds,
    )
    assert.equal(BigInt(answer.position) - BigInt(answer.firstPosition), 4n)
    const again = await link(...commands)
    assert.deepEqual([again.position, again.repeated, again.commandIds], [answer.position, true, answer.commandIds])
    assert.equal(available(carol), 0n)
  })
})
