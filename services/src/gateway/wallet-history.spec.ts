import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { digestOfEscrow, digestOfIou, digestOfPermission, permissionOf, testStartMs } from '@deparrow/ledger/testing'
import { credit, send } from './signed-commands.spec.fixture.ts'
import {
  alice,
  bob,
  captured,
  delegate,
  kept,
  permission,
  promise,
  startWithHistory,
  type WithHistory,
} from './wallet-history.spec.fixture.ts'

let gateway: WithHistory['gateway']
let tokens: WithHistory['tokens']
let at: WithHistory['at']
let done: WithHistory['done']
let ofAlice: WithHistory['ofAlice']

before(async () => {
  ;({ gateway, tokens, at, done, ofAlice } = await startWithHistory())
})

after(() => gateway.close())

describe('a moment', () => {
  it('is a position or a time, not both, not none', async () => {
    for (const asOf of [
      '{}',
      '{ position: "1", time: "2026-01-01T00:00:00Z" }',
      '{ position: null }',
      '{ position: 1 }',
    ]) {
      assert.equal((await ofAlice(`balance(asOf: ${asOf}) { held }`, tokens.alice)).code, 'BAD_REQUEST', asOf)
    }
  })

  it('that the journal has not reached is not answered, and the position that it has is told', async () => {
    const head = gateway.ledger.head().position
    const { errors } = await ofAlice(`balance(asOf: { position: "${head + 1}" }) { held }`, tokens.alice)
    assert.deepEqual(errors[0].extensions, { code: 'NOT_YET_VISIBLE', reachedPosition: String(head) })
    const absurd = await ofAlice('balance(asOf: { position: "99999999999999999999" }) { held }', tokens.alice)
    assert.equal(absurd.code, 'BAD_USER_INPUT')
    const before1970 = await ofAlice('holds(asOf: { time: "1969-01-01T00:00:00Z" }) { nextCursor }', tokens.alice)
    assert.equal(before1970.code, 'BAD_USER_INPUT')
  })

  it('shows balances with what was held then, by position and by time', async () => {
    const select = '{ available held payable places { shard position } }'
    const byPosition = `balance(asOf: { position: "${at.escrows}" }) ${select}`
    const escrows = { available: String(98n * credit), held: String(2n * credit), payable: '0' }
    const places = [{ shard: 0, position: String(at.escrows) }]
    assert.deepEqual((await ofAlice(byPosition, tokens.alice)).wallet.balance, { ...escrows, places })
    const time = new Date(testStartMs + 1_500).toISOString()
    const byTime = `balance(asOf: { time: "${time}" }) ${select}`
    assert.deepEqual((await ofAlice(byTime, tokens.alice)).wallet.balance, { ...escrows, places })
    const before = `balance(asOf: { position: "${at.deposit}" }) { available held }`
    const funded = { available: String(100n * credit), held: '0' }
    assert.deepEqual((await ofAlice(before, tokens.alice)).wallet.balance, funded)
  })

  it('shows the holds that were open then, and how they have ended since', async () => {
    const fields = `holds(asOf: { position: "${at.escrows}" }) { holds { id kind amount seller end { event released } } }`
    const { holds } = (await ofAlice(fields, tokens.alice)).wallet.holds
    assert.deepEqual(
      holds.map(({ id, end }: { id: string; end: object }) => [id, end]),
      [
        [digestOfEscrow(captured), { event: 'EscrowCaptured', released: '600000' }],
        [digestOfEscrow(kept), null],
      ],
    )
    const now = (await ofAlice('holds(kind: escrow) { holds { id seller } }', tokens.alice)).wallet.holds
    assert.equal(now.holds.length, 1)
    assert.equal(now.holds[0].seller.toLowerCase(), bob.address)
    assert.deepEqual((await ofAlice('holds(kind: job) { holds { id } }', tokens.alice)).wallet.holds.holds, [])
  })
})

describe('read your writes', () => {
  it('waits two seconds for a position that does not come, and then says how far it is', async () => {
    const head = gateway.ledger.head().position
    const query = 'query ($a: Address!, $p: BigInt) { wallet(address: $a, atLeastPosition: $p) { available } }'
    const { errors } = await gateway.ask(query, { a: alice.address, p: String(head + 10) })
    assert.deepEqual(errors[0].extensions, { code: 'NOT_YET_VISIBLE', reachedPosition: String(head) })
    const absurd = await gateway.ask(query, { a: alice.address, p: '99999999999999999999' })
    assert.equal(absurd.errors[0].extensions.code, 'BAD_USER_INPUT')
    assert.equal((await gateway.ask(query, { a: alice.address, p: '-1' })).status, 400)
  })

  it('sees an answered movement at once by its position', async () => {
    for (let nonce = 10n; nonce < 15n; nonce++) {
      const signed = alice.transfer({ to: bob.address, amountMicrocredits: 3n, nonce })
      const { position } = await send(gateway, 'transfer', signed)
      const query = `query ($a: Address!, $p: BigInt) {
        wallet(address: $a, atLeastPosition: $p) { statement(first: 1) { entries { position amount } } } }`
      const { data } = await gateway.ask(query, { a: alice.address, p: position })
      assert.deepEqual(data.wallet.statement.entries[0], { position, amount: '-3' })
    }
  })
})

describe('a statement', () => {
  it('refuses a filter of too many events, of unknown accounts and of no times', async () => {
    const names = JSON.stringify(Array.from({ length: 33 }, (_, index) => `Event${index}`))
    assert.equal(
      (await ofAlice(`statement(filter: { events: ${names} }) { next }`, tokens.alice)).code,
      'BAD_USER_INPUT',
    )
    for (const filter of ['accounts: [treasury]', 'from: "yesterday"', 'counterparty: "0x12"', 'secret: 1']) {
      assert.equal((await ofAlice(`statement(filter: { ${filter} }) { next }`, tokens.alice)).code, 'BAD_REQUEST')
    }
  })

  it('keeps to its filter, and tells subject, counterparty and the wallet after each entry', async () => {
    const entries = 'entries { event account amount subject { kind id } counterparty availableAfter heldAfter }'
    const about = `statement(filter: { subject: "${digestOfEscrow(captured)}", accounts: [hold] }) { ${entries} }`
    const found = (await ofAlice(about, tokens.alice)).wallet.statement.entries
    const id = digestOfEscrow(captured)
    assert.deepEqual(
      found.map((entry: { event: string; amount: string; heldAfter: string }) => [
        entry.event,
        entry.amount,
        entry.heldAfter,
      ]),
      [
        ['EscrowCaptured', String(-credit), String(credit)],
        ['EscrowOpened', String(credit), String(2n * credit)],
      ],
    )
    assert.deepEqual(found[0].subject, { kind: 'escrow', id })
    assert.equal(found[0].counterparty.toLowerCase(), bob.address)
    const none = 'statement(filter: { events: ["NoSuchEvent"] }) { entries { event } nextCursor }'
    assert.deepEqual((await ofAlice(none, tokens.alice)).wallet.statement, { entries: [], nextCursor: null })
    const until = `statement(filter: { until: "${new Date(testStartMs + 1_000).toISOString()}" }) { entries { event } }`
    assert.deepEqual((await ofAlice(until, tokens.alice)).wallet.statement.entries, [{ event: 'InboxItemRecorded' }])
  })
})

describe('a permission', () => {
  it('shows its caps, what counts against them now, and each spend', async () => {
    const fields = `permissions { permissions { id stands jobMax spent spendCount used { hour day total }
      spends { spends { event amount hour total spent counterparty } } } }`
    const [shown] = (await ofAlice(fields, tokens.alice)).wallet.permissions.permissions
    const { spends, ...rest } = shown
    assert.deepEqual(rest, {
      ...{ id: digestOfPermission(permission), stands: true, jobMax: String(credit), spent: '7', spendCount: 1 },
      used: { hour: '7', day: '7', total: '7' },
    })
    const [spend] = spends.spends
    assert.deepEqual([spend.event, spend.amount, spend.hour, spend.spent], ['CreditsTransferred', '7', '7', '7'])
    const lane = `lastNonce(signer: "${delegate.address}") own: lastNonce`
    const { wallet } = await ofAlice(lane)
    assert.equal(wallet.lastNonce, '1')
    assert.notEqual(wallet.own, '1')
  })

  it('that another has taken the place of stands no longer and counts nothing', async () => {
    const first = permissionOf(alice, bob, { nonce: 1n })
    const second = permissionOf(alice, bob, { nonce: 2n })
    await done('grantPermission', first)
    await done('grantPermission', second)
    const position = String(gateway.ledger.head().position)
    await gateway.ask(`{ wallet(address: "${alice.address}", atLeastPosition: "${position}") { address } }`)
    const shown = async (id: string) =>
      (await gateway.ask(`{ permission(id: "${id}") { stands used { hour } } }`, {}, tokens.alice)).data.permission
    assert.deepEqual(await shown(digestOfPermission(first)), { stands: false, used: null })
    assert.deepEqual(await shown(digestOfPermission(second)), { stands: true, used: { hour: '0' } })
  })

  it('and an IOU say what is left of them', async () => {
    const fields = 'ious(role: debtor) { ious { id amount outstanding dueAt paidAt } }'
    const [shown] = (await ofAlice(fields, tokens.alice)).wallet.ious.ious
    assert.deepEqual(shown, {
      ...{ id: digestOfIou(promise), amount: String(credit), outstanding: String(credit - 1n) },
      ...{ dueAt: String(promise.message.dueAt), paidAt: null },
    })
    assert.deepEqual((await ofAlice('ious(role: creditor) { ious { id } }', tokens.alice)).wallet.ious.ious, [])
    assert.deepEqual(
      (await ofAlice('ious(role: debtor, status: paid) { ious { id } }', tokens.alice)).wallet.ious.ious,
      [],
    )
  })
})
