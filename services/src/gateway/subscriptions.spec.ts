import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Client, createClient } from 'graphql-ws'
import { inputBytes, moduleBytes, nodeActor, payer, stranger, wasmSpec } from '../market/market.spec.fixture.ts'
import { type Gateway, Person, startGateway } from './gateway.spec.fixture.ts'

let gateway: Gateway
let url: string
const clients: Client[] = []

before(async () => {
  gateway = await startGateway({
    port: 0,
    publicOrigin: undefined,
    requestsPerMinuteMax: 200,
    connectionsMax: 10,
    connectionInitTimeoutMs: 500,
    subscriptionsPerConnectionMax: 2,
  })
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

  it('that have ended by themselves, or never began, leave their place to others', async () => {
    const client = await RawClient.open(url)
    const query = 'subscription ($id: Hex!) { jobChanged(id: $id) { status } }'
    for (let turn = 0; turn < 3; turn++) {
      const unknown = client.next('error')
      const variables = { id: `0x${'00'.repeat(32)}` }
      client.send({ id: `unknown ${turn}`, type: 'subscribe', payload: { query, variables } })
      assert.match(JSON.stringify(await unknown), /there is no job/)
      const { job, assignment } = await submitJob()
      await gateway.fixture.mesh.handIn(nodeActor, gateway.fixture.receipt(assignment, nodeActor))
      const complete = client.next('complete')
      client.send({ id: `ended ${turn}`, type: 'subscribe', payload: { query, variables: { id: job.id } } })
      await complete
    }
    client.close()
  })

  it('may not share an id, which would leave the first one without an end, nor free places that were not taken', async () => {
    const client = await RawClient.open(url)
    const start = (id: string) => client.send({ id, type: 'subscribe', payload: { query: walletQuery } })
    start('same')
    start('same')
    assert.match(JSON.stringify(await client.next('error')), /subscription with this id is open/)
    for (const id of ['same', 'a', 'b', 'c']) client.send({ id, type: 'complete' })
    for (const id of ['one', 'two', 'three']) start(id)
    assert.match(JSON.stringify(await client.next('error')), /may have 2 subscriptions/)
    client.close()
  })
})

describe('a connection for subscriptions', () => {
  it('is closed when it says nothing, or says hello twice', async () => {
    const silent = openSocket(url)
    const twice = await RawClient.open(url)
    twice.send({ type: 'connection_init' })
    assert.deepEqual([await closeCode(silent), await twice.closed], [4408, 4429])
  })

  it('is closed when it sends more than a minute allows', async () => {
    const client = await RawClient.open(url)
    for (let count = 0; count < 300; count++) client.send({ type: 'ping' })
    assert.equal(await client.closed, 1008)
  })

  it('is closed when it sends a message larger than any subscription', async () => {
    const client = await RawClient.open(url)
    client.send({ type: 'ping', payload: 'x'.repeat(200_000) })
    assert.equal(await client.closed, 1009)
  })

  it('is not for more than may be open at once', async () => {
    const others = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(url)))
    assert.equal(await closeCode(openSocket(url)), 1013)
    for (const other of others) other.close()
  })
})

function openSocket(httpUrl: string): WebSocket {
  return new WebSocket(`${httpUrl.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
}

function closeCode(socket: WebSocket): Promise<number> {
  return new Promise(resolve => socket.addEventListener('close', ({ code }) => resolve(code)))
}

const walletQuery = `subscription { walletChanged(address: "${stranger.address}") { address } }`

/** Speaks the protocol message by message, as no client library would. */
class RawClient {
  readonly #waiting: { readonly type: string; readonly resolve: (message: unknown) => void }[] = []

  readonly closed: Promise<number>

  private constructor(private readonly socket: WebSocket) {
    this.closed = closeCode(socket)
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data))
      const index = this.#waiting.findIndex(({ type }) => type === message.type)
      if (index !== -1) this.#waiting.splice(index, 1)[0]?.resolve(message)
    })
  }

  static async open(httpUrl: string): Promise<RawClient> {
    const socket = openSocket(httpUrl)
    await new Promise(resolve => socket.addEventListener('open', resolve))
    const client = new RawClient(socket)
    const acknowledged = client.next('connection_ack')
    client.send({ type: 'connection_init' })
    await acknowledged
    return client
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  next(type: string): Promise<unknown> {
    return new Promise(resolve => this.#waiting.push({ type, resolve }))
  }

  close(): void {
    this.socket.close()
  }
}
