import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it, type TestContext } from 'node:test'
import { lowerHex } from '@deparrow/ledger'
import { DeparrowError } from '@deparrow/sdk/network'
import { LocalSettlement, testPeriods } from './local-settlement.spec.fixture.ts'
import { type ChainChoice, openSettlementChain } from './open-settlement.ts'

let chain: LocalSettlement

before(async () => {
  chain = await LocalSettlement.start()
})

after(() => chain.close())

const stranger = `0x${'57'.repeat(20)}` as const

/** The code with which opening is refused. */
async function refused(choice: Partial<ChainChoice>): Promise<string> {
  const error = await openSettlementChain({ rpcUrl: chain.rpcUrl, ...choice }).then(
    () => undefined,
    (problem: unknown) => problem,
  )
  assert.ok(error instanceof DeparrowError, String(error))
  return error.code
}

type Answer = (method: string, params: readonly unknown[]) => Promise<unknown>

/** An RPC that answers as it likes. */
async function rpcServer(t: TestContext, answer: Answer): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    const results = await Promise.all(
      [body].flat().map(async asked => {
        const { id, method, params } = asked as { id: number; method: string; params: readonly unknown[] }
        try {
          return { jsonrpc: '2.0', id, result: await answer(method, params ?? []) }
        } catch (error) {
          const { code = -32_000, message, data } = error as { code?: number; message: string; data?: unknown }
          return { jsonrpc: '2.0', id, error: { code, message, data } }
        }
      }),
    )
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(Array.isArray(body) ? results : results[0]))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('opening a settlement contract', () => {
  it('refuses an address that is none of a JSON-RPC server, and does not repeat it', async () => {
    for (const rpcUrl of ['ftp://secret@127.0.0.1', 'secret', '']) {
      const error = await openSettlementChain({ rpcUrl }).catch((problem: unknown) => problem)
      assert.ok(error instanceof DeparrowError && error.code === 'RPC_URL_INVALID')
      assert.ok(!error.message.includes('secret'))
    }
  })

  it('says that nobody answers, without the access key in the address', async () => {
    const error = await openSettlementChain({ rpcUrl: 'http://127.0.0.1:1/v3/secret' }).catch(
      (problem: unknown) => problem,
    )
    assert.ok(error instanceof DeparrowError && error.code === 'NETWORK_UNREACHABLE')
    assert.ok(error.message.includes('http://127.0.0.1:1') && !error.message.includes('secret'))
  })

  it('does not wait for ever for a server that says nothing', async t => {
    const rpcUrl = await rpcServer(t, () => new Promise(() => undefined))
    assert.equal(await refused({ rpcUrl, timeoutMs: 20 }), 'NETWORK_UNREACHABLE')
  })

  it('refuses an answer that is no chain’s', async t => {
    assert.equal(await refused({ rpcUrl: await rpcServer(t, async () => 'nonsense') }), 'ANSWER_INVALID')
  })

  it('refuses another chain than the one that is meant', async () => {
    assert.equal(await refused({ chainId: 1 }), 'NETWORK_MISMATCH')
  })

  it('asks for the contract’s address on a chain where it knows none', async t => {
    const rpcUrl = await rpcServer(t, async () => '0x1')
    assert.equal(await refused({ rpcUrl }), 'SETTLEMENT_UNKNOWN')
  })

  it('refuses an address without code, and one with the code of something else', async () => {
    assert.equal(await refused({ settlement: stranger }), 'CONTRACT_MISSING')
    assert.equal(await refused({ settlement: lowerHex(chain.addresses.token) }), 'NETWORK_MISMATCH')
    assert.equal(await refused({ settlement: lowerHex(chain.addresses.emission) }), 'NETWORK_MISMATCH')
    assert.equal(await refused({ registry: stranger }), 'CONTRACT_MISSING')
    assert.equal(await refused({ registry: lowerHex(chain.addresses.token) }), 'NETWORK_MISMATCH')
  })

  it('refuses contracts that do not name each other', async t => {
    const emission = lowerHex(chain.addresses.emission)
    const rpcUrl = await rpcServer(t, async (method, params) => {
      const [call] = params as readonly { readonly to?: string }[]
      const isEmission = method === 'eth_call' && call?.to?.toLowerCase() === emission
      return isEmission ? `0x${stranger.slice(2).padStart(64, '0')}` : chain.request(method, params)
    })
    assert.equal(await refused({ rpcUrl }), 'NETWORK_MISMATCH')
  })

  it('finds every contract from the RPC alone on the development chain', async () => {
    const opened = await openSettlementChain({ rpcUrl: chain.rpcUrl })
    const { token, emission, registry, settlement } = opened
    assert.deepEqual(
      [settlement, token, emission, registry].map(contract => contract?.address),
      [chain.settlement, ...[chain.addresses.token, chain.addresses.emission, chain.addresses.registry].map(lowerHex)],
    )
    assert.deepEqual({ ...opened.periods }, testPeriods)
    assert.ok(opened.deploymentBlock > 0n)
  })
})
