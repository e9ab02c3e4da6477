import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { Registry } from 'prom-client'
import { z } from 'zod'
import { Secret } from '../config/secret.ts'
import { InternalServer } from './internal-server.ts'
import { clientTo, secret, serveInternally } from './rpc.spec.fixture.ts'
import type { RpcClient, RpcClientOptions } from './rpc-client.ts'
import { NotHereError, OutcomeUnknownError } from './rpc-errors.ts'
import { type RpcService, rpcCall } from './rpc-service.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function serve(...services: readonly RpcService[]) {
  const served = await serveInternally(...services)
  closers.push(() => served.close())
  return served
}

function clientOf(urls: readonly string[], options: Partial<RpcClientOptions> = {}): RpcClient {
  const client = clientTo('abacus', urls, options)
  closers.push(() => client.close())
  return client
}

function abacus(methods: RpcService['methods'] = {}): RpcService {
  const add = rpcCall(z.strictObject({ a: z.bigint(), b: z.bigint() }), ({ a, b }) => a + b)
  return { name: 'abacus', methods: { add, ...methods }, toldErrors: ['OverflowError'] }
}

const failing = (error: Error) => abacus({ fail: rpcCall(z.unknown(), () => Promise.reject(error)) })

/** A server that takes each connection and breaks it as soon as a request has come. */
async function breaking(): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requestCount = 0
  const server = createServer(socket =>
    socket.once('data', () => {
      requestCount++
      socket.destroy()
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, requests: () => requestCount }
}

/** A server that answers 3 to everything over connections that it keeps, and takes no more of them once they are broken. */
async function keeping(): Promise<{ readonly url: string; readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>()
  const body = '{"value":"3n"}'
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('data', () => socket.write(`${head}connection: keep-alive\r\n\r\n${body}`))
    socket.once('close', () => server.close())
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, sockets }
}

/** An address at which nobody listens. */
async function nobody(): Promise<string> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

describe('the internal side of a process', () => {
  it('refuses who does not have the secret, before it looks at what is asked', async () => {
    const { url } = await serve(abacus())
    for (const authorization of ['', 'Bearer', 'Bearer another', `Basic ${secret.reveal()}`, secret.reveal()]) {
      const response = await fetch(`${url}/rpc/abacus/add`, { method: 'POST', headers: { authorization }, body: '{' })
      assert.equal(response.status, 401)
    }
    const other = clientOf([url], { secret: new Secret('another secret') })
    await assert.rejects(other.call('add', { a: 1n, b: 1n }, { isRepeatable: true }), {
      name: 'RemoteCallError',
      remoteName: 'UnauthorizedError',
    })
  })

  it('refuses everybody when it has no secret itself', async () => {
    const metrics = new Registry()
    const server = await InternalServer.listen({
      host: '127.0.0.1',
      port: 0,
      secret: undefined,
      metrics,
      report: () => undefined,
    })
    closers.push(() => server.close())
    server.offer(abacus())
    for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
      const request = { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{}' }
      assert.equal((await fetch(`http://127.0.0.1:${server.port}/rpc/abacus/add`, request)).status, 401)
    }
  })

  it('does nothing that is not on its list, such as what every object can do', async () => {
    const { url } = await serve(abacus())
    for (const method of ['toString', 'constructor', '__proto__', 'subtract']) {
      const call = clientOf([url]).call(method, {}, { isRepeatable: false })
      await assert.rejects(call, { name: 'ServiceUnavailableError' })
    }
  })

  it('refuses input that is not what the method takes, and what is no JSON', async () => {
    const { url, problems } = await serve(abacus())
    for (const input of [{}, { a: 1, b: 2n }, { a: 1n, b: 2n, c: 3n }, { a: '1n', b: 2n }]) {
      await assert.rejects(clientOf([url]).call('add', input, { isRepeatable: true }), {
        name: 'RemoteCallError',
        remoteName: 'MalformedCallError',
      })
    }
    const headers = { authorization: `Bearer ${secret.reveal()}`, 'content-type': 'application/json' }
    assert.equal((await fetch(`${url}/rpc/abacus/add`, { method: 'POST', headers, body: '{"a":1n}' })).status, 400)
    assert.deepEqual(problems, [])
  })

  it('refuses a body that is larger than any that is needed', async () => {
    const { url } = await serve(abacus())
    const body = `{"a":"${'1'.repeat(5 * 2 ** 20)}n"}`
    const headers = { authorization: `Bearer ${secret.reveal()}`, 'content-type': 'application/json' }
    assert.equal((await fetch(`${url}/rpc/abacus/add`, { method: 'POST', headers, body })).status, 413)
  })

  it('tells nothing of an error that was not meant for callers but that there was one; its own log says which', async () => {
    const { url, problems } = await serve(failing(new Error('password is 12345')))
    const error = await clientOf([url])
      .call('fail', {}, { isRepeatable: false })
      .then(
        () => undefined,
        (reason: Error & { remoteName?: string }) => reason,
      )
    assert.equal(error?.remoteName, 'InternalError')
    assert.ok(!`${error?.message}`.includes('12345'))
    assert.deepEqual(problems, ['abacus.fail failed: Error: password is 12345'])
  })

  it('tells the errors that callers are meant to know, by name', async () => {
    const { url } = await serve(failing(Object.assign(new Error('too large'), { name: 'OverflowError' })))
    await assert.rejects(clientOf([url]).call('fail', {}, { isRepeatable: false }), {
      name: 'RemoteCallError',
      remoteName: 'OverflowError',
      message: 'the abacus service answers OverflowError: too large',
    })
  })

  it('says whether it is ready, and shows its figures', async () => {
    const { server, url } = await serve(abacus())
    let isWell = false
    server.expect({ name: 'store', isRequired: true, isHealthy: () => isWell })
    assert.equal((await fetch(`${url}/health/live`)).status, 200)
    assert.equal((await fetch(`${url}/health/ready`)).status, 503)
    isWell = true
    const ready = await fetch(`${url}/health/ready`)
    assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ok', store: true }])
    await clientOf([url]).call('add', { a: 1n, b: 2n }, { isRepeatable: true })
    const figures = await (await fetch(`${url}/metrics`)).text()
    assert.match(figures, /deparrow_rpc_duration_seconds_count\{service="abacus",method="add",status="200"\} 1/)
  })
})

describe('asking a service that runs apart', () => {
  it('brings amounts both ways, and nothing for nothing', async () => {
    const { url } = await serve(abacus({ nothing: rpcCall(z.unknown(), () => undefined) }))
    assert.equal(await clientOf([url]).call('add', { a: 2n ** 70n, b: 1n }, { isRepeatable: true }), 2n ** 70n + 1n)
    assert.equal(await clientOf([url]).call('nothing', {}, { isRepeatable: true }), undefined)
  })

  it('brings bytes both ways as they are', async () => {
    const flip = rpcCall(z.instanceof(Uint8Array), bytes => Uint8Array.from(bytes.toReversed()))
    const { url } = await serve(abacus({ flip }))
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
    assert.deepEqual(await clientOf([url]).call('flip', bytes, { isRepeatable: true }), bytes.toReversed())
  })

  it('gives up when nobody takes a connection, and says that nothing has happened', async () => {
    const client = clientOf([await nobody(), await nobody()])
    await assert.rejects(client.call('add', { a: 1n, b: 1n }, { isRepeatable: true }), {
      name: 'ServiceUnavailableError',
    })
  })

  it('goes on to the next address when one is not reached, and when one leaves it to another', async () => {
    const standby = await serve(failing(new NotHereError('a standby')))
    const writer = await serve(abacus({ fail: rpcCall(z.unknown(), () => 'done') }))
    const client = clientOf([await nobody(), standby.url, writer.url])
    assert.equal(await client.call('fail', {}, { isRepeatable: false }), 'done')
    assert.equal(await client.call('add', { a: 1n, b: 1n }, { isRepeatable: false }), 2n)
  })

  it('waits for one that takes over', async () => {
    const { server, url } = await serve()
    const client = clientOf([url], { patienceMs: 10_000, wait: async () => void server.offer(abacus()) })
    assert.equal(await client.call('add', { a: 1n, b: 1n }, { isRepeatable: false }), 2n)
  })

  it('never asks twice for what must not happen twice, when its answer was lost', async () => {
    const broken = await breaking()
    await assert.rejects(clientOf([broken.url]).call('add', {}, { isRepeatable: false }), { name: 'AnswerLostError' })
    assert.equal(broken.requests(), 1)
  })

  it('asks three times more for what may be asked again, when its answer was lost, and then says that it was', async () => {
    const broken = await breaking()
    await assert.rejects(clientOf([broken.url]).call('add', {}, { isRepeatable: true }), { name: 'AnswerLostError' })
    assert.equal(broken.requests(), 4)
  })

  it('does not lose an answer twice to connections that it kept to a process that has died', async () => {
    const { url, sockets } = await keeping()
    const writer = await serve(abacus())
    const client = clientOf([url, writer.url])
    const isRepeatable = true
    const calls = Array.from({ length: 3 }, () => client.call('add', { a: 1n, b: 1n }, { isRepeatable }))
    assert.deepEqual(await Promise.all(calls), [3n, 3n, 3n])
    const answer = client.call('add', { a: 1n, b: 1n }, { isRepeatable })
    for (const socket of sockets) socket.resetAndDestroy()
    assert.equal(await answer, 2n)
  })

  it('takes a service that does not know what became of it for a lost answer', async () => {
    let askedCount = 0
    const fail = rpcCall(z.unknown(), () => {
      askedCount++
      throw new OutcomeUnknownError('the disk is gone')
    })
    const { url } = await serve(abacus({ fail }))
    await assert.rejects(clientOf([url]).call('fail', {}, { isRepeatable: true }), { name: 'AnswerLostError' })
    assert.equal(askedCount, 4)
  })

  it('does not wait for ever for an answer', async () => {
    const { url } = await serve(abacus({ ponder: rpcCall(z.unknown(), () => new Promise(() => undefined)) }))
    const client = clientOf([url], { answerTimeoutMs: 100 })
    await assert.rejects(client.call('ponder', {}, { isRepeatable: false }), { name: 'AnswerLostError' })
  })
})
