import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  Actor,
  digestOfEscrow,
  digestOfPermission,
  escrowCapture,
  escrowOrder,
  permissionOf,
} from '@deparrow/ledger/testing'
import { type Client, createClient } from 'graphql-ws'
import { inputBytes, moduleBytes, nodeActor, wasmSpec } from '../market/market.spec.fixture.ts'
import { READ_MODEL } from '../tokens.ts'
import { type Gateway, Person, startGateway } from './gateway.spec.fixture.ts'
import { credit, inboxOf, send } from './signed-commands.spec.fixture.ts'

const alice = new Actor(0xa11ce)
const bob = new Actor(0xb0b)
const delegate = new Actor(0xde1)

let gateway: Gateway
let url: string
let tokens: { readonly alice: string; readonly bob: string }
let nonce = 0n
const clients: Client[] = []

before(async () => {
  gateway = await startGateway({ port: 0, publicOrigin: undefined, subscriptionsPerConnectionMax: 2 })
  url = await gateway.listen()
  await gateway.fixture.content.put(moduleBytes)
  await gateway.fixture.content.put(inputBytes)
  await gateway.fixture.mesh.join(nodeActor)
  const record = inboxOf(gateway)
  await record('deposit', alice.address, 100n * credit)
  await record('deposit', bob.address, 1_000n)
  tokens = { alice: await new Person(0xa11ce).token(gateway), bob: await new Person(0xb0b).token(gateway) }
})

after(async () => {
  await Promise.all(clients.map(client => client.dispose()))
  await gateway.close()
})

function connect(token?: string): Client {
  const connectionParams = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, connectionParams, retryAttempts: 0 })
  clients.push(client)
  return client
}

type Shown = {
  readonly position: string
  readonly event: string
  readonly entries: readonly { readonly account: string; readonly amount: string; readonly availableAfter: string }[]
  readonly spend: { readonly permission: string; readonly hour: string } | null
  readonly escrow: { readonly id: string; readonly end: { readonly event: string } | null } | null
}

const document = `subscription ($wallet: Address, $after: BigInt) { walletEvents(wallet: $wallet, after: $after) {
  position event entries { account amount availableAfter } spend { permission hour } escrow { id end { event } } } }`

async function* events(variables: { wallet?: string; after?: string }, token?: string, client = connect(token)) {
  for await (const { data, errors } of client.iterate<{ walletEvents: Shown }>({ query: document, variables })) {
    assert.equal(errors, undefined)
    assert.ok(data)
    yield data.walletEvents
  }
}

async function nextOf(source: AsyncGenerator<Shown>): Promise<Shown> {
  const { value, done } = await source.next()
  assert.equal(done, false)
  return value as Shown
}

/** The first error of a subscription that must not begin, or must end. */
async function errorOf(variables: { wallet?: string; after?: string }, token?: string) {
  const client = connect(token)
  try {
    for await (const { errors } of client.iterate({ query: document, variables })) {
      if (errors?.[0] !== undefined) return errors[0]
    }
  } catch (error) {
    if (Array.isArray(error)) return error[0] as { message: string; extensions?: { code: string } }
    throw error
  }
  return assert.fail('no error')
}

const pay = (amountMicrocredits: bigint) =>
  send(gateway, 'transfer', alice.transfer({ to: bob.address, amountMicrocredits, nonce: ++nonce }))

const headPosition = () => String(gateway.ledger.head().position)

describe('the events of a wallet', { timeout: 60_000 }, () => {
  it('are for its own session alone', async () => {
    const wallet = alice.address
    assert.equal((await errorOf({ wallet })).extensions?.code, 'UNAUTHENTICATED')
    assert.equal((await errorOf({})).extensions?.code, 'UNAUTHENTICATED')
    assert.equal((await errorOf({ wallet }, tokens.bob)).extensions?.code, 'FORBIDDEN')
    assert.equal((await errorOf({ wallet }, 'no.such.token')).extensions?.code, 'UNAUTHENTICATED')
  })

  it('do not begin after a position that is not reached, or is none', async () => {
    const ahead = String(gateway.ledger.head().position + 1)
    const error = await errorOf({ after: ahead }, tokens.alice)
    assert.deepEqual(error.extensions, { code: 'NOT_YET_VISIBLE', reachedPosition: headPosition() })
    const absurd = await errorOf({ after: '99999999999999999999' }, tokens.alice)
    assert.equal(absurd.extensions?.code, 'BAD_USER_INPUT')
    assert.match((await errorOf({ after: '-1' }, tokens.alice)).message, /decimal text/)
  })

  it('give a place back after each of these refusals', async () => {
    const client = connect(tokens.alice)
    for (let turn = 0; turn < 5; turn++) {
      const ended = client.iterate({ query: document, variables: { after: '99999999999999999999' } }).next()
      await assert.rejects(ended, (error: readonly { message: string }[]) => /at most/.test(error[0]?.message ?? ''))
    }
  })

  it('end with an error that tells nothing of ours when the projections fail, and free their place', async t => {
    const reads = gateway.app.get(READ_MODEL, { strict: false })
    const failing = t.mock.method(reads, 'statement', async () => Promise.reject(new Error('disk /var/secret is full')))
    const error = await errorOf({ after: '1' }, tokens.alice)
    failing.mock.restore()
    assert.equal(error.extensions?.code, 'INTERNAL')
    assert.doesNotMatch(JSON.stringify(error), /secret|stack/)
  })

  it('come from now on, or from a position on, without gap or repetition over broken connections', async () => {
    const start = headPosition()
    for (let amount = 1n; amount <= 5n; amount++) await pay(amount)
    const seen: string[] = []
    let after = start
    for (let connection = 0; connection < 5; connection++) {
      const source = events({ after }, tokens.alice)
      for (let count = 0; count < 2; count++) {
        const event = await nextOf(source)
        seen.push(event.entries[0]?.amount ?? '')
        after = event.position
        await pay(BigInt(seen.length) + 5n)
      }
      await source.return(undefined)
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 10 }, (_, index) => String(-1 - index)),
    )
  })

  it('tell of credits that come and of a hold that was captured in full', async () => {
    const source = events({ wallet: bob.address, after: headPosition() }, tokens.bob)
    const first = nextOf(source)
    await pay(9n)
    assert.deepEqual((await first).entries[0]?.amount, '9')
    const fromBob = { lane: 1, nonce: 1n, payer: bob.address, maxPriceMicrocredits: 1_000n }
    const order = gateway.fixture.order(wasmSpec(), fromBob, bob)
    const assigned = gateway.fixture.mesh.assigned(gateway.fixture.mesh.assignments.length + 1)
    const answer = await gateway.market.submit(order.message, order.signature, wasmSpec())
    assert.ok(answer.ok, answer.ok ? '' : answer.refusal.code)
    assert.equal((await nextOf(source)).event, 'HoldOpened')
    await gateway.fixture.mesh.handIn(
      nodeActor,
      gateway.fixture.receipt(await assigned, nodeActor, { fuel: 10n ** 9n }),
    )
    const settled = await nextOf(source)
    assert.deepEqual([settled.event, settled.entries.length], ['JobSettled', 1])
    assert.match(settled.entries[0]?.account ?? '', /^hold:/)
    await source.return(undefined)
  })

  it('tell under which permission a delegate has spent, and how an escrow stands', async () => {
    const permission = permissionOf(alice, delegate)
    await send(gateway, 'grantPermission', permission)
    const source = events({ after: headPosition() }, tokens.alice)
    const order = escrowOrder(delegate, { wallet: alice.address, seller: bob.address, nonce: 1n })
    await send(gateway, 'openEscrow', order)
    const opened = await nextOf(source)
    assert.deepEqual(opened.spend, { permission: digestOfPermission(permission), hour: String(credit) })
    assert.deepEqual(opened.escrow, { id: digestOfEscrow(order), end: null })
    await send(gateway, 'captureEscrow', escrowCapture(delegate, digestOfEscrow(order), credit, alice.address))
    const captured = await nextOf(source)
    assert.deepEqual([captured.event, captured.escrow?.end?.event], ['EscrowCaptured', 'EscrowCaptured'])
    await source.return(undefined)
  })
})
