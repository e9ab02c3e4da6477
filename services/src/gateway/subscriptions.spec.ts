import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Client, createClient } from 'graphql-ws'
import { inputBytes, moduleBytes, nodeActor, payer, stranger, wasmSpec } from '../market/market.spec.fixture.ts'
import { type Gateway, Person, startGateway } from './gateway.spec.fixture.ts'

let gateway: Gateway
let url: string
const clients: Client[] = []

before(async () => {
  gateway = await startGateway({ port: 0, publicOrigin: undefined, subscriptionsPerConnectionMax: 2 })
  url = await gateway.listen()
  await gateway.fixture.content.put(moduleBytes)
  await gateway.fixture.content.put(inputBytes)
  await gateway.fixture.deposit(gateway.ledger, payer.address, 10_000_000n)
  await gateway.fixture.mesh.join(nodeActor)
})

after(async () => {
  await Promise.all(clients.map(client => client.dispose()))
  await gateway.close()
})

function connect(token?: string): Client {
  const connectionParams = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams,
    retryAttempts: 0,
  })
  clients.push(client)
  return client
}

async function submitJob() {
  const order = gateway.fixture.order(wasmSpec(), { maxPriceMicrocredits: 1_000n })
  const before = gateway.fixture.mesh.assignments.length
  const answer = await gateway.market.submit(order.message, order.signature, wasmSpec())
  assert.ok(answer.ok)
  return { job: answer.job, assignment: await gateway.fixture.mesh.assigned(before + 1) }
}

async function firstError(client: Client, query: string, variables: Record<string, unknown>): Promise<string> {
  try {
    for await (const { errors } of client.iterate({ query, variables })) {
      if (errors?.[0] !== undefined) return errors[0].message
    }
  } catch (error) {
    return Array.isArray(error) ? String(error[0]?.message) : String((error as Error).message)
  }
  return 'no error'
}

describe('subscriptions', () => {
  it('tell the states of a job to its end, then complete', async () => {
    const { job, assignment } = await submitJob()
    const states: string[] = []
    const query = 'subscription ($id: Hex!) { jobChanged(id: $id) { status captured } }'
    for await (const { data } of connect().iterate({ query, variables: { id: job.id } })) {
      const { status } = (data as { jobChanged: { status: string } }).jobChanged
      if (states.length === 0) {
        gateway.fixture.mesh.listener?.jobStarted(nodeActor.address, job.id, 0)
        void gateway.fixture.mesh.handIn(nodeActor, gateway.fixture.receipt(assignment, nodeActor))
      }
      if (states.at(-1) !== status) states.push(status)
    }
    assert.deepEqual(states, ['pending', 'running', 'completed'])
  })

  it('give the log to the payer as it is written, from its beginning to the end of the job', async () => {
    const { job, assignment } = await submitJob()
    const { listener } = gateway.fixture.mesh
    listener?.logReceived(nodeActor.address, job.id, new TextEncoder().encode('one '))
    const token = await new Person(0xa1).token(gateway)
    const query = 'subscription ($id: Hex!) { jobLog(id: $id) }'
    let text = ''
    for await (const { data } of connect(token).iterate({ query, variables: { id: job.id } })) {
      if (text === '') {
        listener?.logReceived(nodeActor.address, job.id, new TextEncoder().encode('two'))
        void gateway.fixture.mesh.handIn(nodeActor, gateway.fixture.receipt(assignment, nodeActor))
      }
      text += (data as { jobLog: string }).jobLog
    }
    assert.equal(text, 'one two')
  })

  it('tell of a wallet when its balance changes', async () => {
    const query = 'subscription ($a: Address!) { walletChanged(address: $a) { address available } }'
    const changes = connect().iterate({ query, variables: { a: stranger.address } })
    const first = changes.next()
    const ready = connect().iterate({ query: 'subscription { jobChanged(id: "0x00") { id } }' })
    await assert.rejects(ready.next())
    await gateway.fixture.deposit(gateway.ledger, stranger.address, 7n)
    const { value } = await first
    assert.equal(value?.data?.walletChanged.available, '7')
    await changes.return?.()
  })

  it('refuse the log to strangers and to nobody', async () => {
    const { job } = await submitJob()
    const query = 'subscription ($id: Hex!) { jobLog(id: $id) }'
    assert.match(await firstError(connect(), query, { id: job.id }), /Sign in first/)
    const token = await new Person(0xa2).token(gateway)
    assert.match(await firstError(connect(token), query, { id: job.id }), /Only the payer/)
  })

  it('refuse unknown jobs, invalid documents, and more than a connection may have', async () => {
    const client = connect()
    const query = 'subscription ($id: Hex!) { jobChanged(id: $id) { id } }'
    assert.match(await firstError(client, query, { id: `0x${'00'.repeat(32)}` }), /there is no job/)
    assert.match(await firstError(client, 'subscription { secrets }', {}), /secrets/)
    const { job } = await submitJob()
    const open = [1, 2].map(() => client.iterate({ query, variables: { id: job.id } }))
    for (const states of open) await states.next()
    assert.match(await firstError(client, query, { id: job.id }), /may have 2 subscriptions/)
    for (const states of open) await states.return?.()
  })
})
