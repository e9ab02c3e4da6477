import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Gateway, startGateway } from '../gateway/gateway.spec.fixture.ts'
import { type ContentStore, ContentStoreFullError } from '../market/content-store.port.ts'
import type { Job } from '../market/job.ts'
import { funds, inputBytes, moduleBytes, nodeActor, payer, wasmSpec } from '../market/market.spec.fixture.ts'
import { announced } from '../roles/market-role.ts'
import { contentRpc } from './content-rpc.ts'
import { marketRpc } from './market-rpc.ts'
import { RemoteContentStore } from './remote-content-store.ts'
import { RemoteMarket } from './remote-market.ts'
import { RemoteSettlement } from './remote-settlement.ts'
import { clientTo, serveInternally } from './rpc.spec.fixture.ts'
import { settlementRpc } from './settlement-rpc.ts'

let gateway: Gateway
let served: Awaited<ReturnType<typeof serveInternally>>
let market: RemoteMarket
let settlement: RemoteSettlement
let content: RemoteContentStore
const clients: { close(): void }[] = []

before(async () => {
  gateway = await startGateway()
  await gateway.fixture.content.put(moduleBytes)
  await gateway.fixture.content.put(inputBytes)
  await gateway.fixture.deposit(gateway.ledger, payer.address, funds)
  await gateway.fixture.mesh.join(nodeActor)
  const { view } = gateway.settlement
  served = await serveInternally(
    marketRpc(gateway.market, gateway.fixture.mesh),
    settlementRpc(view, () => gateway.settlement.health()),
    contentRpc(gateway.fixture.content),
  )
  const client = (service: string) => {
    const made = clientTo(service, [served.url])
    clients.push(made)
    return made
  }
  market = new RemoteMarket(client('market'))
  settlement = new RemoteSettlement(client('settlement'))
  content = new RemoteContentStore(client('content'))
})

after(async () => {
  for (const client of clients) client.close()
  await served.close()
  await gateway.close()
})

/** What stands in a job, without the members that are there and undefined. */
function told<T>(value: T): T {
  return structuredClone(
    JSON.parse(JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? `${member}n` : member))),
  ) as T
}

describe('a market that is asked from another process', () => {
  it('refuses with the market’s own words what it would refuse here, hostile input as it is', async () => {
    for (const [order, spec] of [
      [undefined, undefined],
      [{ payer: '5n', fuelMax: 1.5, nested: { __proto__: [null, '~5n', 2 ** 60] } }, 'no specification'],
      ['x'.repeat(100_000), [1, 2, 3]],
    ] as const) {
      const here = await gateway.market.submit(order, '0x', spec)
      assert.equal(here.ok, false)
      assert.deepEqual(await market.submit(order, '0x', spec), here)
    }
    const quoted = await market.quote(wasmSpec(), 3, 0n)
    assert.deepEqual(quoted, await gateway.market.quote(wasmSpec(), 3, 0n))
    assert.equal(quoted.ok, false)
  })

  it('knows nothing of unknown jobs', async () => {
    const id = `0x${'ee'.repeat(32)}` as const
    assert.equal(await market.job(id), undefined)
    assert.equal(await market.follow(id), undefined)
    assert.equal(await market.followLog(id), undefined)
    assert.equal(await market.job('5n' as `0x${string}`), undefined)
  })

  it('sells and shows a job as it does here, from its order to its end', async () => {
    const changes: [Job, Job | undefined][] = []
    const end = market.subscribe((job, before) => void changes.push([job, before]))
    const order = gateway.fixture.order(wasmSpec(), { maxPriceMicrocredits: 1_000n })
    const answer = await market.submit(order.message, order.signature, wasmSpec())
    assert.ok(answer.ok)
    const { id } = answer.job
    assert.deepEqual(await market.submit(order.message, order.signature, wasmSpec()), {
      ok: true,
      job: await market.job(id),
    })
    const states = await market.follow(id)
    const log = await market.followLog(id)
    assert.ok(states && log)
    const assignment = await gateway.fixture.mesh.assigned(1)
    const { listener } = gateway.fixture.mesh
    listener?.jobStarted(nodeActor.address, id, 0)
    listener?.logReceived(nodeActor.address, id, Buffer.from('42n'))
    assert.equal((await log.next()).value, '42n')
    await gateway.fixture.mesh.handIn(nodeActor, gateway.fixture.receipt(assignment, nodeActor))
    const seen: Job[] = []
    for await (const job of states) seen.push(job)
    const here = await gateway.market.job(id)
    assert.ok(here)
    assert.deepEqual([seen.at(-1)?.status, seen.at(-1)?.settlement?.capturedMicrocredits], ['completed', 1_000n])
    assert.deepEqual(told(await market.job(id)), told(here))
    assert.deepEqual(
      told(await market.jobs(payer.address, 10, undefined)),
      told(await gateway.market.jobs(payer.address, 10, undefined)),
    )
    assert.equal(await market.log(id, 100), '42n')
    assert.deepEqual(told(await market.nodes()), told(await gateway.market.nodes()))
    assert.deepEqual(await market.countByStatus(), await gateway.market.countByStatus())
    assert.equal(await market.heldCount(), 0)
    assert.deepEqual(await market.addresses(), gateway.fixture.mesh.addresses())
    while (!changes.some(([job]) => job.settlement !== undefined)) await new Promise(resolve => setImmediate(resolve))
    end()
    assert.equal(changes.at(-1)?.[1]?.settlement, undefined)
  })

  it('says that it is away when it is', async () => {
    const client = clientTo('market', ['http://127.0.0.1:9'])
    clients.push(client)
    await assert.rejects(new RemoteMarket(client).nodes(), { name: 'ServiceUnavailableError' })
  })

  it('is announced under the addresses that it was given, with its own peer id', async () => {
    const mesh = announced(gateway.fixture.mesh, ['/dns4/market.example/tcp/4001'])
    assert.deepEqual(await mesh.addresses(), ['/dns4/market.example/tcp/4001/p2p/16Uiu2HAmTest'])
    assert.deepEqual(await announced({ addresses: () => [] }, ['/dns4/market.example/tcp/4001']).addresses(), [])
  })
})

describe('settlement that is asked from another process', () => {
  it('is shown as it is here', async () => {
    const { view } = gateway.settlement
    assert.equal(await settlement.claimFor(payer.address), undefined)
    assert.deepEqual(await settlement.epochs(10), await view.epochs(10))
    assert.equal(await settlement.contractWei(), await view.contractWei())
    assert.equal(await settlement.isChainInDoubt(), view.isChainInDoubt())
    assert.deepEqual(told(await settlement.health()), told(gateway.settlement.health()))
    assert.deepEqual(told(await settlement.status()), told(view.status()))
    assert.equal(await settlement.rowProof(payer.address, 1), undefined)
    assert.equal(await settlement.exitLeaf(payer.address, false, 'final'), undefined)
    const none = { items: [] }
    assert.deepEqual(await settlement.payouts(payer.address, { first: 5, cursor: '3' }), none)
    assert.deepEqual(await settlement.finalEpochs({ first: 5 }), none)
    assert.deepEqual(await settlement.demands({ first: 5 }), none)
  })
})

describe('content that is kept in another process', () => {
  it('comes back as it was, also when it is empty or large', async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.from({ length: 5 * 2 ** 20 }, (_, index) => index % 253)]) {
      const contentId = await content.put(bytes)
      assert.equal(await content.has(contentId), true)
      assert.deepEqual(await content.get(contentId), bytes)
    }
    assert.equal(await content.get('unknown'), undefined)
    assert.equal(await content.has('unknown'), false)
  })

  it('is refused by its own error when there is no room', async () => {
    const full: ContentStore = {
      put: async () => {
        throw new ContentStoreFullError()
      },
      get: async () => undefined,
      has: async () => false,
    }
    const server = await serveInternally(contentRpc(full))
    const client = clientTo('content', [server.url])
    await assert.rejects(new RemoteContentStore(client).put(moduleBytes), ContentStoreFullError)
    client.close()
    await server.close()
  })
})
