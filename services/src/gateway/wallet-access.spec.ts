import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Actor, digestOfEscrow, digestOfIou, digestOfPermission, permissionOf } from '@deparrow/ledger/testing'
import {
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
let ofAlice: WithHistory['ofAlice']

before(async () => {
  ;({ gateway, tokens, at, ofAlice } = await startWithHistory())
})

after(() => gateway.close())

const ownFields = {
  balance: 'balance(asOf: { position: "1" }) { available }',
  holds: 'holds { nextCursor }',
  'statement with a filter': 'statement(filter: {}) { next }',
  permissions: 'permissions { nextCursor }',
  permission: `permission(delegate: "${delegate.address}") { id }`,
  ious: 'ious(role: debtor) { nextCursor }',
  rewards: 'rewards { nextCursor }',
} as const

describe('what only its wallet may read', () => {
  for (const [name, fields] of Object.entries(ownFields)) {
    it(`${name}: nobody without a session, nor somebody else`, async () => {
      assert.equal((await ofAlice(fields)).code, 'UNAUTHENTICATED')
      assert.equal((await ofAlice(fields, 'no.such.token')).code, 'UNAUTHENTICATED')
      assert.equal((await ofAlice(fields, tokens.stranger)).code, 'FORBIDDEN')
      assert.equal((await ofAlice(fields, tokens.alice)).code, undefined)
    })
  }

  it('is a permission for its delegate too, and an escrow or IOU for the other side, but for nobody else', async () => {
    const queries = {
      permission: ['{ permission(id: "ID") { id } }', digestOfPermission(permission), tokens.delegate],
      escrow: ['{ escrow(id: "ID") { id } }', digestOfEscrow(kept), tokens.bob],
      iou: ['{ iou(id: "ID") { id } }', digestOfIou(promise), tokens.bob],
    } as const
    for (const [name, [query, id, other]] of Object.entries(queries)) {
      const ask = (token?: string) => gateway.ask(query.replace('ID', id), {}, token)
      assert.equal((await ask()).errors[0].extensions.code, 'UNAUTHENTICATED')
      assert.equal((await ask(tokens.stranger)).errors[0].extensions.code, 'FORBIDDEN')
      for (const token of [tokens.alice, other]) assert.deepEqual((await ask(token)).data[name], { id })
    }
    assert.equal(
      (await ofAlice(ownFields.permission, tokens.delegate)).wallet.permission.id,
      digestOfPermission(permission),
    )
    assert.equal((await ofAlice(ownFields.permissions, tokens.delegate)).code, 'FORBIDDEN')
  })

  it('is null where there is nothing of the id', async () => {
    const none = `0x${'00'.repeat(32)}`
    const query = `{ permission(id: "${none}") { id } escrow(id: "${none}") { id } iou(id: "${none}") { id } }`
    assert.deepEqual((await gateway.ask(query)).data, { permission: null, escrow: null, iou: null })
    const never = `permission(delegate: "${bob.address}") { id }`
    assert.equal((await ofAlice(never, tokens.alice)).wallet.permission, null)
  })
})

describe('a list', () => {
  const lists = {
    'statement(first: N) { next }': 500,
    'holds(first: N) { nextCursor }': 200,
    'permissions(first: N) { nextCursor }': 100,
    'ious(role: creditor, first: N) { nextCursor }': 200,
    'rewards(first: N) { nextCursor }': 200,
    'permissions { permissions { spends(first: N) { nextCursor } } }': 200,
  }
  for (const [fields, most] of Object.entries(lists)) {
    it(`${fields} gives from 1 to ${most} at once`, async () => {
      for (const wrong of [0, -1, most + 1, 2 ** 31 - 1]) {
        assert.equal((await ofAlice(fields.replace('N', String(wrong)), tokens.alice)).code, 'BAD_USER_INPUT')
      }
      assert.equal((await ofAlice(fields.replace('N', String(most)), tokens.alice)).code, undefined)
    })
  }

  it('refuses a cursor that is none, and one of another list', async () => {
    for (const cursor of ['x', '1', '', '9'.repeat(400), '-1.0.0', "'; drop table hold"]) {
      const fields = `holds(cursor: ${JSON.stringify(cursor)}) { nextCursor }`
      const { code, errors } = await ofAlice(fields, tokens.alice)
      assert.equal(code, 'BAD_USER_INPUT', cursor)
      assert.equal('stack' in errors[0], false)
    }
  })

  it('within lists may not make one answer ask too often', async () => {
    for (let number = 1; number <= 60; number++) {
      const to = new Actor(0xd000 + number)
      await gateway.ledger.submit({ type: 'GrantPermission', permission: permissionOf(bob, to) })
    }
    const spends = (count: number) => Array.from({ length: count }, (_, i) => `s${i}: spends(first: 1) { nextCursor }`)
    const query = (count: number) => `query ($a: Address!, $p: BigInt) { wallet(address: $a, atLeastPosition: $p) {
      permissions(first: 100) { permissions { ${spends(count).join(' ')} } } } }`
    const variables = { a: bob.address, p: String(gateway.ledger.head().position) }
    assert.deepEqual((await gateway.ask(query(8), variables, tokens.bob)).errors, [])
    const { errors } = await gateway.ask(query(9), variables, tokens.bob)
    assert.match(errors[0].message, /500 lookups/)
    assert.equal(errors[0].extensions.code, 'BAD_USER_INPUT')
  })

  it('goes on where its page ended', async () => {
    const fields = (cursor?: string) =>
      `holds(first: 1, asOf: { position: "${at.escrows}" }${cursor ? `, cursor: "${cursor}"` : ''}) { holds { id } nextCursor }`
    const first = (await ofAlice(fields(), tokens.alice)).wallet.holds
    const second = (await ofAlice(fields(first.nextCursor), tokens.alice)).wallet.holds
    assert.deepEqual(
      [first.holds[0].id, second.holds[0].id, second.nextCursor],
      [digestOfEscrow(captured), digestOfEscrow(kept), null],
    )
  })
})
