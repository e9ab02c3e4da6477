import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { formatExportedEvent, type Ledger, parseExportEnd, parseExportHeader, zeroHash } from '@deparrow/ledger'
import { wholeLedger } from '@deparrow/ledger/testing'
import fastify, { type FastifyInstance } from 'fastify'
import { type Gateway, startGateway } from '../gateway.spec.fixture.ts'
import { registerJournalExport } from './journal-export.ts'

const whole = wholeLedger()

/** A journal that is there as a whole, as the route sees a ledger. */
function ledgerOf(stored: typeof whole.stored): Ledger {
  const { position, hash } = stored.at(-1) ?? { position: 0, hash: zeroHash }
  const ledger: Partial<Ledger> = {
    head: () => ({ position, hash }),
    config: () => whole.state.config as ReturnType<Ledger['config']>,
    storedEvents: async (afterPosition, limit) => stored.slice(afterPosition, afterPosition + limit),
  }
  return ledger as Ledger
}

async function serve(
  stored: typeof whole.stored,
  limits: { readonly pages?: number; readonly events?: number; readonly stallMs?: number } = {},
): Promise<FastifyInstance> {
  const { pages = 1_000, events = 10, stallMs = 30_000 } = limits
  const server = fastify()
  const config = { journalPagesPerMinuteMax: pages, journalPageEventsMax: events }
  registerJournalExport(server, { ledger: ledgerOf(stored), config, stallMs })
  return server
}

async function lines(server: Pick<FastifyInstance, 'inject'>, url: string): Promise<readonly string[]> {
  const response = await server.inject({ method: 'GET', url })
  assert.equal(response.statusCode, 200)
  assert.match(String(response.headers['content-type']), /application\/x-ndjson/)
  return response.body.trimEnd().split('\n')
}

describe('the journal of a gateway', () => {
  let gateway: Gateway
  before(async () => {
    gateway = await startGateway({ journalPagesPerMinuteMax: 3 })
  })
  after(() => gateway.close())

  it('is given to anybody, whole, with the hashes under which it is stored', async () => {
    const stored = await gateway.ledger.storedEvents(0, 1_000)
    const [header, ...rest] = await lines(gateway.app, '/ledger/journal')
    assert.deepEqual(parseExportHeader(header ?? '')?.after, { position: 0, hash: zeroHash })
    assert.deepEqual(
      rest.slice(0, -1),
      stored.map(formatExportedEvent).map(line => line.trimEnd()),
    )
    assert.deepEqual(parseExportEnd(rest.at(-1) ?? ''), { end: gateway.ledger.head(), isComplete: true })
  })

  it('is refused to an address that asks for too many pages a minute, which is told when to come again', async () => {
    const statuses = []
    for (let page = 0; page < 4; page++) {
      const response = await gateway.app.inject({ method: 'GET', url: '/ledger/journal' })
      statuses.push(response.statusCode)
      if (response.statusCode !== 429) continue
      assert.equal(response.json().code, 'RATE_LIMITED')
      assert.ok(Number(response.headers['retry-after']) >= 1)
    }
    assert.ok(statuses.includes(429))
  })
})

describe('a page of the journal', () => {
  it('is refused for what is no position, and beyond the end', async () => {
    const server = await serve(whole.stored)
    for (const query of ['after=-1', 'after=1.5', 'after=01', 'after=x', 'after=1&after=2', 'limit=0', 'limit=ten']) {
      const response = await server.inject({ method: 'GET', url: `/ledger/journal?${query}` })
      assert.equal(response.statusCode, 400, query)
      assert.equal(response.json().code, 'MALFORMED')
    }
    const beyond = await server.inject({ method: 'GET', url: `/ledger/journal?after=${whole.stored.length + 1}` })
    assert.equal(beyond.statusCode, 404)
  })

  it('holds no more than it may, says that there is more, and the next one goes on', async () => {
    const server = await serve(whole.stored, { events: 10 })
    const first = await lines(server, '/ledger/journal?limit=1000000')
    assert.equal(first.length, 12)
    const { end, isComplete } = parseExportEnd(first.at(-1) ?? '') ?? assert.fail()
    assert.deepEqual([end.position, end.hash, isComplete], [10, whole.stored[9]?.hash, false])
    const next = await lines(server, '/ledger/journal?after=10&limit=1')
    assert.deepEqual(parseExportHeader(next[0] ?? '')?.after, end)
    assert.equal(next[1], formatExportedEvent(whole.stored[10] ?? assert.fail()).trimEnd())
  })

  it('is empty and complete at the end of the journal', async () => {
    const server = await serve(whole.stored)
    const page = await lines(server, `/ledger/journal?after=${whole.stored.length}`)
    assert.equal(page.length, 2)
    assert.equal(parseExportEnd(page[1] ?? '')?.isComplete, true)
  })

  it('breaks off without its end when the store has less than the ledger has seen', async () => {
    const server = await serve(whole.stored)
    const { storedEvents } = ledgerOf(whole.stored.slice(0, 5))
    const broken = fastify()
    const ledger = { ...ledgerOf(whole.stored), storedEvents }
    registerJournalExport(broken, {
      ledger: ledger as Ledger,
      config: { journalPagesPerMinuteMax: 9, journalPageEventsMax: 50 },
    })
    const address = await broken.listen({ host: '127.0.0.1', port: 0 })
    await assert.rejects(fetch(`${address}/ledger/journal`).then(response => response.text()))
    await broken.close()
    await server.close()
  })

  it('is refused to an address that reads as many as it may at once, and given to another', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const ledger = ledgerOf(whole.stored)
    const server = fastify()
    const slow = {
      ...ledger,
      storedEvents: (after: number, limit: number) => promise.then(() => ledger.storedEvents(after, limit)),
    }
    const config = { journalPagesPerMinuteMax: 99, journalPageEventsMax: 10 }
    registerJournalExport(server, { ledger: slow as Ledger, config })
    await server.ready()
    const page = async (remoteAddress: string) =>
      await server.inject({ method: 'GET', url: '/ledger/journal', remoteAddress })
    const first = Array.from({ length: 4 }, () => page('10.0.0.1'))
    const refused = await page('10.0.0.1')
    assert.deepEqual([refused.statusCode, refused.json().code], [429, 'RATE_LIMITED'])
    const other = page('10.0.0.2')
    resolve()
    for (const answer of await Promise.all([...first, other])) assert.equal(answer.statusCode, 200)
    assert.equal((await page('10.0.0.1')).statusCode, 200)
  })

  it('is not read on for a reader that takes nothing, who is cut off', { timeout: 20_000 }, async () => {
    const long = Array.from({ length: 20_000 }, (_, index) => ({
      ...(whole.stored[0] ?? assert.fail()),
      position: index + 1,
    }))
    const server = await serve(long, { events: 20_000, stallMs: 200 })
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET /ledger/journal HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    await once(socket, 'readable')
    await new Promise<void>(resolve => {
      const poll = setInterval(() => {
        server.server.getConnections((_error, count) => {
          if (count > 0) return
          clearInterval(poll)
          resolve()
        })
      }, 20)
    })
    socket.destroy()
    await server.close()
  })
})
