import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Route, startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { fetchNetwork } from '../wallet/network.ts'
import { endpointOf } from './graphql-client.ts'

async function askedOf(t: TestContext, route: Route, limits = {}) {
  const gateway = await startFakeGateway()
  t.after(() => gateway.close())
  gateway.hijack = route
  return fetchNetwork(gateway.url, { limits })
}

test('a gateway answers by the schema', async t => {
  const gateway = await startFakeGateway()
  t.after(() => gateway.close())
  assert.equal((await fetchNetwork(gateway.url)).chainId, 31337)
})

test('an address at which nobody listens is named', async () => {
  const asked = fetchNetwork('http://127.0.0.1:1')
  await assert.rejects(asked, { code: 'NETWORK_UNREACHABLE', url: 'http://127.0.0.1:1/graphql' })
})

test('a gateway that does not answer in time is given up', async t => {
  await assert.rejects(
    askedOf(t, () => undefined, { requestTimeoutMs: 50 }),
    { code: 'REQUEST_TIMEOUT' },
  )
})

test('an answer without end is given up at the limit', async t => {
  const endless: Route = (_request, _body, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  }
  await assert.rejects(askedOf(t, endless, { answerBytesMax: 1_000_000 }), { code: 'ANSWER_INVALID' })
})

for (const [what, text] of [
  ['is no JSON', '<html>'],
  ['is a number', '7'],
  ['has no data', '{"data":null}'],
  ['lacks a field', '{"data":{"network":{"chainId":1}}}'],
  ['has a field of another kind', '{"data":{"network":{"chainId":"1"}}}'],
] as const) {
  test(`an answer that ${what} is refused`, async t => {
    await assert.rejects(
      askedOf(t, (_request, _body, response) => void response.end(text)),
      { code: 'ANSWER_INVALID' },
    )
  })
}

test('an error of the gateway keeps its code', async t => {
  const text = '{"data":null,"errors":[{"message":"Sign in first","extensions":{"code":"UNAUTHENTICATED"}}]}'
  await assert.rejects(
    askedOf(t, (_request, _body, response) => void response.writeHead(401).end(text)),
    { code: 'GATEWAY_ERROR', serverCode: 'UNAUTHENTICATED' },
  )
})

test('a redirection is not followed, so that no token goes elsewhere', async t => {
  const away: Route = (_request, _body, response) =>
    void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()
  await assert.rejects(askedOf(t, away), { code: 'NETWORK_UNREACHABLE' })
})

for (const url of ['', 'example', 'ftp://example', 'http://user:secret@example', 'file:///etc/passwd']) {
  test(`${JSON.stringify(url)} is refused as the address of a network, without repeating it`, () => {
    assert.throws(
      () => endpointOf(url, 'graphql'),
      (error: { code?: string; message?: string }) =>
        error.code === 'GATEWAY_URL_INVALID' && error.message?.includes('secret') === false,
    )
  })
}

test('a gateway below a path is reached below that path', () => {
  assert.equal(endpointOf('https://example.org/deparrow', 'graphql').href, 'https://example.org/deparrow/graphql')
})
