import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { ContentStoreFullError } from '../market/content-store.port.ts'
import { contentIdOfBytes, payer } from '../market/market.spec.fixture.ts'
import { type Gateway, Person, startGateway } from './gateway.spec.fixture.ts'

let gateway: Gateway
let token: string

before(async () => {
  gateway = await startGateway({ contentBytesMax: 4_096, graphqlBodyBytesMax: 8_192 })
  token = await new Person(0xa1).token(gateway)
})

after(() => gateway.close())

const request = (options: {
  url: string
  method?: 'GET' | 'PUT'
  headers?: Record<string, string>
  payload?: Buffer
}) => gateway.app.inject({ method: 'GET', ...options })

describe('GraphQL requests', () => {
  it('that do not parse get 400 and the place of the mistake', async () => {
    const { status, errors } = await gateway.ask('{ network { chainId }')
    assert.equal(status, 400)
    assert.match(errors[0].message, /Syntax Error/)
    assert.deepEqual(errors[0].locations, [{ line: 1, column: 22 }])
  })

  it('that ask for unknown fields, give wrong scalars or lack a query get 400', async () => {
    assert.equal((await gateway.ask('{ secrets }')).status, 400)
    const wrong = await gateway.ask('query ($a: Address!) { wallet(address: $a) { held } }', { a: '0x12' })
    assert.equal(wrong.status, 400)
    assert.match(wrong.errors[0].message, /40 hexadecimal digits/)
    assert.equal((await gateway.post({})).statusCode, 400)
    assert.equal((await gateway.post('{"query":')).statusCode, 400)
  })

  it('in batches get 400', async () => {
    assert.equal((await gateway.post([{ query: '{ __typename }' }, { query: '{ __typename }' }])).statusCode, 400)
  })

  it('that are too large get 413', async () => {
    const response = await gateway.post({ query: `{ __typename } #${'x'.repeat(9_000)}` })
    assert.equal(response.statusCode, 413)
  })

  it('that nest too deep, alias too often, ask for too much or spread in circles get 400', async () => {
    const message = async (query: string) => {
      const { status, errors } = await gateway.ask(query)
      assert.equal(status, 400)
      return errors[0].message
    }
    const deep = `{ __schema { types { ${'ofType { '.repeat(13)} name ${'}'.repeat(13)} } } }`
    assert.match(await message(deep), /more than 15 levels/)
    assert.match(await message(`{ ${Array.from({ length: 21 }, (_, i) => `a${i}: __typename`).join(' ')} }`), /aliases/)
    assert.match(await message(`{ ${'__typename '.repeat(401)} }`), /fields/)
    assert.match(await message('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'), /itself/)
  })

  it('that would make one answer too large get an error in place of the rest', async t => {
    const { view } = gateway.settlement
    const rows = Array.from({ length: 1_000 }, (_, id) => {
      const [wallet, incrementMicrocredits, cumulativeMicrocredits] = [payer.address, 1n, 1n]
      return { id, wallet, incrementMicrocredits, cumulativeMicrocredits, previousEpoch: 0 }
    })
    const books = { epoch: 1, inboxCut: 0, journalPosition: 1, burnMicrocredits: 0n, leavesTotalMicrocredits: 0n, rows }
    const epoch = { books, status: 'final' } as unknown as Awaited<ReturnType<typeof view.epochs>>[number]
    t.mock.method(view, 'epochs', async () => Array.from({ length: 10 }, () => epoch))
    const fields = Array.from({ length: 3 }, (_, i) => `e${i}: epochs(first: 10) { rows { payeeId } }`)
    assert.deepEqual((await gateway.ask(`{ ${fields.slice(0, 2).join(' ')} }`)).errors, [])
    const { errors } = await gateway.ask(`{ ${fields.join(' ')} }`)
    assert.match(errors[0].message, /one answer may hold/)
    assert.equal(errors[0].extensions.code, 'BAD_USER_INPUT')
  })

  it('for the schema itself are answered', async () => {
    assert.equal((await gateway.ask(getIntrospectionQuery())).status, 200)
  })

  it('by GET may not change anything', async () => {
    const query = `mutation { challenge(address: "${payer.address}") { nonce } }`
    const response = await request({ url: `/graphql?query=${encodeURIComponent(query)}` })
    assert.equal(response.statusCode, 405)
  })

  it('that fail inside tell nothing of the inside', async () => {
    const { view } = gateway.settlement
    const { epochs } = view
    view.epochs = () => Promise.reject(new Error('password in /etc/secret'))
    const { errors } = await gateway.ask('{ epochs { epoch } }')
    view.epochs = epochs
    assert.equal(errors[0].extensions.code, 'INTERNAL')
    assert.doesNotMatch(JSON.stringify(errors), /password|secret|stack|\.js/)
  })
})

describe('requests from elsewhere', () => {
  it('with a foreign host name or origin get 403', async () => {
    assert.equal((await gateway.post({ query: '{ __typename }' }, { host: 'evil.example' })).statusCode, 403)
    assert.equal((await gateway.post({ query: '{ __typename }' }, { origin: 'https://evil.example' })).statusCode, 403)
    assert.equal((await gateway.post({ query: '{ __typename }' }, { origin: 'http://localhost:9999' })).statusCode, 403)
    assert.equal((await gateway.post({ query: '{ __typename }' }, { origin: 'null' })).statusCode, 403)
  })

  it('beyond the rate get 429', async () => {
    const slow = await startGateway({ requestsPerMinuteMax: 2 })
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await slow.post({ query: '{ __typename }' })).statusCode)
    await slow.close()
    assert.deepEqual(statuses, [200, 200, 429])
  })
})

describe('content', () => {
  const bytes = Buffer.from([0, 1, 2, 255])
  const signedIn = () => ({ authorization: `Bearer ${token}` })

  it('is neither taken from nor given to anybody who is not signed in', async () => {
    assert.equal((await request({ method: 'PUT', url: '/content', payload: bytes })).statusCode, 401)
    assert.equal((await request({ url: `/content/${contentIdOfBytes(bytes)}` })).statusCode, 401)
    assert.equal((await request({ url: '/content/x', headers: { authorization: 'Bearer x.y.z' } })).statusCode, 401)
  })

  it('comes back as it was sent, whatever its type, to be cached for ever', async () => {
    const headers = { ...signedIn(), 'content-type': 'application/json' }
    const put = await request({ method: 'PUT', url: '/content', payload: bytes, headers })
    assert.equal(put.statusCode, 201)
    const { cid } = put.json<{ cid: string }>()
    assert.equal(cid, contentIdOfBytes(bytes))
    const got = await request({ url: `/content/${cid}`, headers: signedIn() })
    assert.deepEqual(got.rawPayload, bytes)
    assert.match(String(got.headers['cache-control']), /immutable/)
  })

  it('of one wallet is bounded for each day, whatever others send', async t => {
    const small = await startGateway({ contentBytesMax: 4_096, contentBytesPerDayMax: 5_000 })
    t.after(() => small.close())
    const put = async (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/octet-stream' }
      const options = { method: 'PUT', url: '/content', payload: Buffer.alloc(4_000), headers } as const
      const response = await small.app.inject(options)
      return response.statusCode === 201 ? 'STORED' : response.json<{ code: string }>().code
    }
    const [one, other] = [await new Person(0xa1).token(small), await new Person(0xa2).token(small)]
    assert.deepEqual([await put(one), await put(one), await put(other)], ['STORED', 'CONTENT_QUOTA_USED', 'STORED'])
    small.fixture.clock.ms += 24 * 3_600_000
    assert.equal(await put(await new Person(0xa1).token(small)), 'STORED')
  })

  it('is refused with 507 when the disk has no room to spare for it', async t => {
    const full = await startGateway()
    t.after(() => full.close())
    full.fixture.content.put = () => Promise.reject(new ContentStoreFullError())
    const headers = { authorization: `Bearer ${await new Person(0xa1).token(full)}` }
    const response = await full.app.inject({ method: 'PUT', url: '/content', payload: bytes, headers })
    assert.equal(response.statusCode, 507)
    assert.equal(response.json<{ code: string }>().code, 'CONTENT_STORE_FULL')
  })

  it('is refused when it is too large, and not found under a CID that is none or unknown', async () => {
    const large = await request({
      method: 'PUT',
      url: '/content',
      payload: Buffer.alloc(4_097),
      headers: { ...signedIn(), 'content-type': 'application/octet-stream' },
    })
    assert.equal(large.statusCode, 413)
    for (const cid of ['..%2f..%2fetc%2fpasswd', contentIdOfBytes(Buffer.from('never stored'))]) {
      assert.equal((await request({ url: `/content/${cid}`, headers: signedIn() })).statusCode, 404)
    }
  })
})

describe('pages and figures', () => {
  it('show browsers an explorer whose parts all come from here', async () => {
    const page = await request({ url: '/graphql', headers: { accept: 'text/html' } })
    assert.equal(page.statusCode, 200)
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
    const parts = [...page.body.matchAll(/(?:src|href|from)\s*=?\s*"([^"]+)"/g)].map(match => String(match[1]))
    assert.ok(parts.length > 1)
    for (const part of parts) {
      assert.match(part, /^\/explorer\/assets\//)
      assert.equal((await request({ url: part })).statusCode, 200)
    }
    assert.doesNotMatch(page.body, /<script(?! nonce=)/)
  })

  it('give no source maps and no files from elsewhere', async () => {
    for (const name of ['ruru.js.map', '..%2f..%2fpackage.json', '__proto__', 'constructor']) {
      assert.equal((await request({ url: `/explorer/assets/${name}` })).statusCode, 404)
    }
  })

  it('tell operators that all is well, and the figures', async () => {
    assert.deepEqual((await request({ url: '/health/live' })).json(), { status: 'ok' })
    assert.equal((await request({ url: '/health/ready' })).statusCode, 200)
    const figures = (await request({ url: '/metrics' })).body
    for (const name of [
      'deparrow_jobs{status="pending"} 0',
      'deparrow_journal_position 1',
      'deparrow_job_submit_to_running_seconds_bucket',
      'deparrow_job_receipt_to_minted_seconds_bucket',
      'http_request_duration_seconds_count',
    ]) {
      assert.ok(figures.includes(name), name)
    }
  })
})
