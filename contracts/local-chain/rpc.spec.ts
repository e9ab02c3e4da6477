import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createPublicClient, createTestClient, createWalletClient, http } from 'viem'
import { hardhat } from 'viem/chains'
import { LocalChainLockedError, LocalChainOptionError, LocalChainPortInUseError } from './errors.ts'
import type { LocalChain } from './local-chain.ts'
import {
  account,
  createFolder,
  NEVER_MS,
  openChain,
  openWaitingChain,
  payee,
  sendTransfer,
  signTransfer,
} from './test-chain.spec.fixture.ts'

type Post = { body?: string; method?: string; headers?: Record<string, string> }

async function post(chain: LocalChain, { body, method = 'POST', headers = {} }: Post) {
  const outgoing = request(chain.rpcUrl, { method, headers: { 'content-type': 'application/json', ...headers } })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const answer = await text(response)
  return { status: response.statusCode, answer: answer === '' ? undefined : JSON.parse(answer) }
}

function rpc(method: string, params: unknown = [], id: unknown = 1) {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

test('serves viem: read, send, wait for the receipt', async t => {
  const chain = await openChain(t, { clock: { nowMs: () => Date.now() }, blockIntervalMs: 100 })
  const transport = http(chain.rpcUrl)
  const wallet = createWalletClient({ account, chain: hardhat, transport })
  const client = createPublicClient({ chain: hardhat, transport, pollingInterval: 5 })
  const hash = await wallet.sendTransaction({ to: payee, value: 3n })
  const receipt = await client.waitForTransactionReceipt({ hash })
  assert.equal(receipt.status, 'success')
  assert.equal(await client.getBalance({ address: payee }), 3n)
  assert.equal(await client.getChainId(), chain.chainId)
})

for (const method of ['hardhat_setBalance', 'evm_mine', 'evm_increaseTime', 'anvil_setCode'])
  test(`refuses ${method} because a restart could not replay it`, async t => {
    const chain = await openChain(t)
    const { answer } = await post(chain, { body: rpc(method) })
    assert.equal(answer.error.code, -32004)
    assert.match(answer.error.message, /restart could not replay/)
  })

for (const method of ['eth_sendTransaction', 'eth_sign', 'eth_signTypedData_v4', 'personal_sign'])
  test(`refuses ${method} because there are no unlocked accounts`, async t => {
    const chain = await openChain(t)
    const { answer } = await post(chain, { body: rpc(method, [{ from: account.address, to: payee }]) })
    assert.equal(answer.error.code, -32004)
    assert.match(answer.error.message, /no unlocked accounts/)
    assert.deepEqual(await chain.request('eth_accounts'), [])
  })

test('refuses traces, subscriptions and methods that do not exist', async t => {
  const chain = await openChain(t)
  for (const [method, code] of [
    ['debug_traceTransaction', -32004],
    ['eth_subscribe', -32004],
    ['eth_nonsense', -32601],
    ['toString', -32601],
    ['', -32601],
  ] as const)
    await assert.rejects(chain.request(method), { name: 'LocalChainRpcError', code })
  await assert.rejects(createTestClient({ mode: 'hardhat', transport: http(chain.rpcUrl) }).mine({ blocks: 1 }))
})

test('refuses transactions that cannot be mined, and keeps none of them', async t => {
  const dataFolder = createFolder(t)
  const chain = await openWaitingChain(t, dataFolder)
  const good = await signTransfer(0)
  const fields = { to: payee, gas: 21_000n, gasPrice: 10_000_000_000n, type: 'legacy' } as const
  const foreign = await account.signTransaction({ ...fields, chainId: 1, nonce: 0 })
  const tooDear = await account.signTransaction({ ...fields, chainId: 31337, nonce: 0, value: 10n ** 30n })
  for (const raw of ['0x', '0x1234', 'hello', good.slice(0, -2), foreign, tooDear])
    await assert.rejects(chain.request('eth_sendRawTransaction', [raw]), { name: 'LocalChainRpcError' }, raw)
  for (const params of [[], [7], [good, good], [[good]]])
    await assert.rejects(chain.request('eth_sendRawTransaction', params), { name: 'LocalChainRpcError' })
  await sendTransfer(chain, 0)
  await assert.rejects(chain.request('eth_sendRawTransaction', [good]), /Known transaction/)
  await chain.close()
  const reopened = await openChain(t, { dataFolder, blockIntervalMs: NEVER_MS })
  await assert.rejects(reopened.request('eth_sendRawTransaction', [good]), /nonce too low/)
  assert.equal(await reopened.request('eth_getTransactionCount', [account.address, 'latest']), '0x1')
})

test('gives the data of a reverted call with code 3', async t => {
  const chain = await openChain(t)
  const revertWithOne = { [payee]: { code: '0x600160005260206000fd' } }
  const { answer } = await post(chain, { body: rpc('eth_call', [{ to: payee }, 'latest', revertWithOne]) })
  assert.equal(answer.error.code, 3)
  assert.equal(BigInt(answer.error.data), 1n)
})

for (const host of [
  'deparrow.example',
  'deparrow.example:80',
  '127.0.0.1.deparrow.example',
  '10.0.0.1:8545',
  'localhost.',
])
  test(`refuses the Host header "${host}"`, async t => {
    const chain = await openChain(t)
    const { status } = await post(chain, { body: rpc('eth_chainId'), headers: { host } })
    assert.equal(status, 403)
  })

for (const host of ['localhost:1', '127.0.0.1', '[::1]:9', 'LOCALHOST'])
  test(`takes the Host header "${host}"`, async t => {
    const chain = await openChain(t)
    const { answer } = await post(chain, { body: rpc('eth_chainId'), headers: { host } })
    assert.equal(answer.result, '0x7a69')
  })

test('refuses other HTTP methods, other content types and bodies above a mebibyte', async t => {
  const chain = await openChain(t)
  assert.equal((await post(chain, { method: 'GET' })).status, 405)
  assert.equal((await post(chain, { method: 'OPTIONS' })).status, 405)
  assert.equal((await post(chain, { body: rpc('eth_chainId'), headers: { 'content-type': 'text/plain' } })).status, 415)
  const padded = rpc('eth_chainId').padEnd(1024 * 1024)
  assert.equal((await post(chain, { body: padded })).answer.result, '0x7a69')
  assert.equal((await post(chain, { body: `${padded} ` })).status, 413)
  const chunked = { 'transfer-encoding': 'chunked' }
  assert.equal((await post(chain, { body: `${padded} `, headers: chunked })).status, 413)
})

test('answers malformed messages with the errors of JSON-RPC 2.0', async t => {
  const chain = await openChain(t)
  const cases: [string, number][] = [
    ['{"jsonrpc":', -32700],
    ['', -32700],
    ['[]', -32600],
    ['7', -32600],
    ['{"id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600],
    [rpc('eth_getBalance', { address: payee }), -32602],
    [rpc('eth_getBalance', ['nobody', 'latest']), -32602],
    [`[${Array.from({ length: 101 }, () => rpc('eth_chainId')).join()}]`, -32005],
  ]
  for (const [body, code] of cases) {
    const { status, answer } = await post(chain, { body })
    assert.deepEqual([status, answer.error?.code], [200, code], body.slice(0, 80))
  }
})

test('answers each request of a batch, and notifications with nothing', async t => {
  const chain = await openChain(t)
  const notification = JSON.stringify({ jsonrpc: '2.0', method: 'eth_chainId' })
  const batch = `[${[rpc('eth_chainId', [], 'a'), '7', notification, rpc('eth_nonsense', [], 'b')].join()}]`
  const { answer } = await post(chain, { body: batch })
  assert.deepEqual(
    answer.map((one: { id: unknown; result?: unknown; error?: { code: number } }) => [
      one.id,
      one.result ?? one.error?.code,
    ]),
    [
      ['a', '0x7a69'],
      [null, -32600],
      ['b', -32601],
    ],
  )
  assert.deepEqual(await post(chain, { body: notification }), { status: 204, answer: undefined })
})

test('names the port that is in use and what to do, and leaves the folder free', async t => {
  const { port } = await openChain(t)
  const dataFolder = createFolder(t)
  await assert.rejects(openChain(t, { port, dataFolder }), (error: LocalChainPortInUseError) => {
    assert.ok(error instanceof LocalChainPortInUseError)
    assert.equal(error.port, port)
    assert.match(error.message, new RegExp(`Port ${port} on 127.0.0.1 is in use.*name another port`))
    return true
  })
  await openChain(t, { dataFolder })
})

test('is refused a folder that a chain of the same process uses', async t => {
  const dataFolder = createFolder(t)
  await openChain(t, { dataFolder })
  await assert.rejects(openChain(t, { dataFolder }), LocalChainLockedError)
})

for (const options of [
  { host: '0.0.0.0' },
  { host: 'deparrow.example' },
  { port: -1 },
  { port: 65_536 },
  { blockIntervalMs: 0 },
  { emptyBlocks: -1 },
])
  test(`refuses to start with ${JSON.stringify(options)}`, async t => {
    await assert.rejects(openChain(t, options), LocalChainOptionError)
  })

test('closes without waiting for a client that never ends its request', { timeout: 5_000 }, async t => {
  const chain = await openChain(t)
  const headers = { 'content-type': 'application/json', 'content-length': '100' }
  const stalled = request(chain.rpcUrl, { method: 'POST', headers })
  const failed = once(stalled, 'response').catch(error => error)
  const socketOpen = once(stalled, 'socket')
  stalled.write('{"jsonrpc"')
  const [socket] = await socketOpen
  if (socket.connecting) await once(socket, 'connect')
  await chain.request('eth_chainId')
  await chain.close()
  assert.equal((await failed).code, 'ECONNRESET')
})

test('answers what has arrived before it closes', async t => {
  const chain = await openChain(t)
  const batch = `[${Array.from({ length: 100 }, (_, id) => rpc('eth_getBlockByNumber', ['latest', true], id)).join()}]`
  const outgoing = request(chain.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' } })
  outgoing.end(batch)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const [answer] = await Promise.all([text(response), chain.close()])
  assert.equal(JSON.parse(answer).length, 100)
})

test('answers nothing after it was closed, and closing twice is no error', async t => {
  const chain = await openChain(t)
  await chain.close()
  await chain.close()
  await assert.rejects(chain.request('eth_blockNumber'), { name: 'LocalChainRpcError' })
  await assert.rejects(sendTransfer(chain, 0), { name: 'LocalChainRpcError' })
  await assert.rejects(post(chain, { body: rpc('eth_chainId') }), { code: 'ECONNREFUSED' })
})
