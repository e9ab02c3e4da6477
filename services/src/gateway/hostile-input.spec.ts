import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Actor, grantOf } from '@deparrow/ledger/testing'
import { fieldsOf, type Gateway, startGateway } from './gateway.spec.fixture.ts'
import { sendRaw } from './signed-commands.spec.fixture.ts'

const alice = new Actor(0xa11ce)
const signature = `0x${'11'.repeat(65)}`

let gateway: Gateway

before(async () => {
  gateway = await startGateway()
})

after(() => gateway.close())

/** A request whose variables are written by hand, as no library would write them. */
async function post(
  variables: string,
  query = 'mutation ($m: JSON!, $s: Hex!) { transfer(transfer: $m, signature: $s) { __typename ... on Malformed { field } } }',
) {
  const response = await gateway.post(`{"query":${JSON.stringify(query)},"variables":${variables}}`)
  assert.doesNotMatch(response.body, /"stack"|node_modules|\.ts:|\.js:/)
  return { status: response.statusCode, ...response.json() }
}

describe('a message from somebody hostile', () => {
  it('that is nested a hundred thousand times is malformed', async () => {
    const depth = 100_000
    const { data } = await post(`{"s":"${signature}","m":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    assert.equal(data.transfer.__typename, 'Malformed')
  })

  it('that is nested within the query itself is refused before it is read', async () => {
    const depth = 2_000
    const query = `mutation { transfer(transfer: ${'['.repeat(depth)}${']'.repeat(depth)}, signature: "0x") { __typename } }`
    const { data, errors } = await post('{}', query)
    assert.deepEqual([data, errors[0].extensions.code], [null, 'BAD_USER_INPUT'])
    assert.match(errors[0].message, /nests more than 64 brackets/)
  })

  it('that names a prototype is refused', async () => {
    const { status } = await post(`{"s":"${signature}","m":{"__proto__":{"from":"x"}}}`)
    assert.equal(status, 400)
    const { data } = await post(`{"s":"${signature}","m":{"constructor":"x"}}`)
    assert.deepEqual(data.transfer, { __typename: 'Malformed', field: 'constructor' })
    assert.equal(({} as Record<string, unknown>)['from'], undefined)
  })

  it('with tens of thousands of fields, or a field name without end, is malformed, and the name is cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`f${index}`, '1']))
    assert.equal((await sendRaw(gateway, 'transfer', many, signature)).__typename, 'Malformed')
    const long = await sendRaw(gateway, 'transfer', { ['x'.repeat(500_000)]: '1' }, signature)
    assert.equal(long.field.length, 64)
  })

  it('with numbers that are none, too large or not whole is malformed', async () => {
    const transfer = alice.transfer({ to: alice.address, amountMicrocredits: 1n, nonce: 1n })
    for (const amountMicrocredits of [
      '1e3',
      '0x1',
      '01',
      ' 1',
      '1.5',
      -1,
      1.5,
      '18446744073709551616',
      '9'.repeat(10_000),
      null,
      true,
      {},
    ]) {
      const answer = await sendRaw(gateway, 'transfer', { ...fieldsOf(transfer), amountMicrocredits }, signature)
      assert.deepEqual([answer.__typename, answer.field], ['Malformed', 'amountMicrocredits'])
    }
  })

  it('with text or lists beyond their bounds is malformed', async () => {
    const grant = fieldsOf(grantOf(alice.address, { nonce: 1n }))
    const answer = await sendRaw(gateway, 'grantCredits', { ...grant, reason: 'x'.repeat(257) }, signature)
    assert.deepEqual([answer.__typename, answer.field], ['Malformed', 'reason'])
    const permission = { counterparties: Array(33).fill(alice.address), engines: [] }
    const fields = { wallet: alice.address, delegate: alice.address, jobMicrocreditsMax: '1', hourMicrocreditsMax: '1' }
    const rest = { dayMicrocreditsMax: '1', expires: '1', nonce: '1' }
    const listed = await sendRaw(gateway, 'grantPermission', { ...fields, ...rest, ...permission }, signature)
    assert.deepEqual([listed.__typename, listed.field], ['Malformed', 'counterparties'])
  })

  it('is not seen at all beyond the size of a request', async () => {
    const response = await gateway.post({ query: '{ __typename }', variables: { m: 'x'.repeat(2 ** 20) } })
    assert.equal(response.statusCode, 413)
  })
})

describe('a query from somebody hostile', () => {
  const ask = async (query: string) => {
    const { status, errors } = await gateway.ask(query)
    assert.equal('stack' in (errors[0] ?? {}), false)
    return { status, message: errors[0]?.message }
  }
  const wallet = (fields: string) => `{ wallet(address: "${alice.address}") { ${fields} } }`

  it('cannot ask for the same proof a hundred times under other names', async () => {
    const aliases = Array.from({ length: 100 }, (_, index) => `p${index}: inclusion { root }`)
    assert.match((await ask(wallet(aliases.join(' ')))).message, /aliases/)
    const acceptances = Array.from({ length: 21 }, (_, i) => `a${i}: acceptance(commandId: "0x") { digest }`)
    assert.match((await ask(`{ ledger { ${acceptances.join(' ')} } }`)).message, /aliases/)
  })

  it('cannot hide them in fragments, nor let fragments spread each other', async () => {
    const spread = `${wallet('...A ...A ...A')} fragment A on Wallet { ${Array.from({ length: 10 }, (_, i) => `a${i}: inclusion { root }`).join(' ')} }`
    assert.match((await ask(spread)).message, /aliases/)
    const circle = `${wallet('...A')} fragment A on Wallet { permissions { permissions { ...B } } } fragment B on Permission { spends { spends { amount } } ...B }`
    assert.match((await ask(circle)).message, /itself/)
    const bomb = Array.from({ length: 30 }, (_, i) => `fragment F${i} on Wallet { ...F${i + 1} ...F${i + 1} }`).join(
      ' ',
    )
    assert.match((await ask(`${wallet('...F0')} ${bomb} fragment F30 on Wallet { held }`)).message, /fields/)
  })

  it('pays once for a field that it repeats', async () => {
    assert.equal((await ask(wallet('held '.repeat(390)))).message, undefined)
    assert.match((await ask(wallet('held '.repeat(401)))).message, /fields/)
    const differing = 'permissions(first: 1) { nextCursor } permissions(first: 2) { nextCursor }'
    assert.match((await ask(wallet(differing))).message, /conflict/)
  })

  it('cannot go deeper than the schema needs', async () => {
    const deep = `mutation { transfer(transfer: {}, signature: "0x") { ... on Movement { ${'wallet { '.repeat(1)} inclusion { leaf { nonces { nonce } } } ${'} '.repeat(1)} } } }`
    assert.equal((await ask(deep)).status, 200)
    const types = `{ __schema { types { ${'ofType { '.repeat(13)} name ${'}'.repeat(13)} } } }`
    assert.match((await ask(types)).message, /15 levels/)
  })
})
