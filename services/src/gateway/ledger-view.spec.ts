import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  acceptanceRootType,
  acceptedUnder,
  type Hex,
  type Leaf,
  type SignedAcceptance,
  typedDataDigest,
  verifyAbsence,
  verifyInclusion,
} from '@deparrow/ledger'
import { Actor, ethersCrypto, ledgerActor, testDomain } from '@deparrow/ledger/testing'
import { hexToBytes } from 'viem/utils'
import { type Gateway, startGateway } from './gateway.spec.fixture.ts'
import { credit, inboxOf, send } from './signed-commands.spec.fixture.ts'

const alice = new Actor(0xa11ce)
const bob = new Actor(0xb0b)
const nobody = new Actor(0x0b0d)

let gateway: Gateway

before(async () => {
  gateway = await startGateway()
  await inboxOf(gateway)('deposit', alice.address, 10n * credit)
})

after(() => gateway.close())

const acceptanceFields =
  'digest position isAccepted atMs index count siblings root { shard root position journalHash signature }'

async function ledger(fields: string) {
  const { data, errors } = await gateway.ask(`{ ledger { ${fields} } }`)
  return { ledger: data?.ledger, code: errors[0]?.extensions?.code, errors }
}

type ShownAcceptance = Omit<SignedAcceptance['acceptance'], 'position' | 'atMs'> &
  Pick<SignedAcceptance, 'index' | 'count' | 'siblings'> & {
    readonly position: string
    readonly atMs: string
    readonly root: Omit<SignedAcceptance['root']['message'], 'position'> & {
      readonly position: string
      readonly signature: Hex
    }
  }

/** As the core has it: integers as such. */
function acceptanceOf({
  digest,
  position,
  isAccepted,
  atMs,
  index,
  count,
  siblings,
  root,
}: ShownAcceptance): SignedAcceptance {
  const { signature, ...message } = root
  const signed = { message: { ...message, position: BigInt(message.position) }, signature }
  const acceptance = { digest, position: BigInt(position), isAccepted, atMs: BigInt(atMs) }
  return { acceptance, index, count, siblings, root: signed }
}

function leafOf(shown: {
  available: string
  held: string
  nonces: readonly { lane: string; nonce: string }[]
  holds: readonly { order: Hex; amount: string }[]
  receiptSequence: string
  account: Leaf['account']
}): Leaf {
  return {
    account: shown.account,
    availableMicrocredits: BigInt(shown.available),
    heldMicrocredits: BigInt(shown.held),
    nonces: shown.nonces.map(({ lane, nonce }) => ({ lane: Number(lane), nonce: BigInt(nonce) })),
    holds: shown.holds.map(({ order, amount }) => ({ key: order, value: BigInt(amount) })),
    receiptSequence: BigInt(shown.receiptSequence),
  }
}

describe('an acceptance', () => {
  it('is null for a digest that nobody has handed in, and for a refusal, journalled or not', async () => {
    await send(gateway, 'transfer', alice.transfer({ to: alice.address, amountMicrocredits: 0n, nonce: 1n }))
    const poor = nobody.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 1n })
    assert.equal((await send(gateway, 'transfer', poor)).code, 'INSUFFICIENT_CREDITS')
    const [refused] = await gateway.ledger.events(gateway.ledger.head().position - 1, 1)
    assert.equal(refused?.type, 'CommandRefused')
    assert.equal((await ledger(`acceptance(commandId: "${refused?.commandId}") { digest }`)).ledger.acceptance, null)
    assert.equal((await ledger(`acceptance(commandId: "0x${'12'.repeat(32)}") { digest }`)).ledger.acceptance, null)
    assert.equal((await ledger('acceptance(commandId: "0x") { digest }')).ledger.acceptance, null)
    assert.equal((await ledger('acceptance(commandId: "link:0x12") { digest }')).code, 'BAD_REQUEST')
  })

  it('comes with the movement and later by its digest, and holds under the ledger’s key', async () => {
    const signed = alice.transfer({ to: bob.address, amountMicrocredits: 5n, nonce: 2n })
    const mutation = `mutation ($t: JSON!, $s: Hex!) {
      transfer(transfer: $t, signature: $s) { ... on Movement { commandId position acceptance { ${acceptanceFields} } } } }`
    const t = Object.fromEntries(Object.entries(signed.message).map(([name, value]) => [name, String(value)]))
    const { transfer } = (await gateway.ask(mutation, { t, s: signed.signature })).data
    assert.deepEqual(
      [transfer.acceptance.digest, transfer.acceptance.position],
      [transfer.commandId, transfer.position],
    )
    const later = await ledger(`acceptance(commandId: "${transfer.commandId}") { ${acceptanceFields} }`)
    for (const shown of [transfer.acceptance, later.ledger.acceptance]) {
      const acceptance = acceptanceOf(shown)
      const root = acceptedUnder(ethersCrypto, acceptance)
      assert.ok(root)
      const digest = typedDataDigest(ethersCrypto, testDomain, acceptanceRootType, root)
      assert.equal(ethersCrypto.recoverSigner(hexToBytes(digest), acceptance.root.signature), ledgerActor.address)
    }
  })
})

describe('the journal', () => {
  it('is given in pages of 1 to 500 events', async () => {
    for (const first of [0, -1, 501])
      assert.equal((await ledger(`events(first: ${first}) { type }`)).code, 'BAD_USER_INPUT')
    assert.equal((await ledger('events(after: "-1") { type }')).code, 'BAD_REQUEST')
    assert.equal((await ledger('events(after: "99999999999999999999") { type }')).code, 'BAD_USER_INPUT')
    assert.deepEqual((await ledger('events(after: "9007199254740991") { type }')).ledger.events, [])
  })

  it('has no event at position 0, nor beyond its end', async () => {
    const end = gateway.ledger.head().position + 1
    const asked = await ledger(`a: event(position: "0") { type } b: event(position: "${end}") { type }`)
    assert.deepEqual(asked.ledger, { a: null, b: null })
  })

  it('shows each event with its entries and signatures, in order', async () => {
    const { events, heads } = (
      await ledger('events { position type entries { account amount } data } heads { shard position hash }')
    ).ledger
    assert.deepEqual(
      events.map(({ position }: { position: string }) => position),
      events.map((_: unknown, index: number) => String(index + 1)),
    )
    assert.equal(events[0].type, 'LedgerOpened')
    const deposit = events[1]
    assert.deepEqual(deposit.entries, [
      { account: 'reserve', amount: String(10n * credit) },
      { account: `wallet:${alice.address}`, amount: String(10n * credit) },
    ])
    assert.equal(deposit.data.amountMicrocredits, `${10n * credit}n`)
    assert.deepEqual(heads, [{ shard: 0, ...gateway.ledger.head(), position: String(gateway.ledger.head().position) }])
    const [second] = (await ledger('events(after: "1", first: 1) { position }')).ledger.events
    assert.equal(second.position, '2')
    assert.deepEqual((await ledger('event(position: "2") { position }')).ledger.event, second)
  })

  it('is not given beyond what one answer may hold', async t => {
    const [event] = await gateway.ledger.events(0, 1)
    assert.ok(event)
    t.mock.method(gateway.ledger, 'events', async (_after: number, limit: number) => Array(limit).fill(event))
    const page = (index: number) => `e${index}: events(first: 500) { data }`
    assert.equal((await ledger(page(0))).code, undefined)
    const { code, errors } = await ledger(Array.from({ length: 20 }, (_, index) => page(index)).join(' '))
    assert.equal(code, 'BAD_USER_INPUT')
    assert.match(errors[0].message, /characters of events/)
  })
})

describe('the ledger', () => {
  it('shows its books, which close, and its parameters', async () => {
    const { books, config } = (
      await ledger(`books { reserve wallets holds payables burn treasury rewards clearing balanced }
        config { chainId treasurer pricing { gpuHour feeBasisPoints } rewards { uptimeDayMax } pending { id } }`)
    ).ledger
    assert.deepEqual([books.balanced, books.clearing, books.reserve], [true, '0', String(10n * credit)])
    assert.deepEqual(config.pricing, { gpuHour: String(50n * credit), feeBasisPoints: 500 })
    assert.deepEqual([config.chainId, config.pending], [testDomain.chainId, null])
  })
})

describe('inclusion in an epoch', () => {
  const proofFields = `inclusion { epoch root total siblings { hash sum }
    leaf { account available held nonces { lane nonce } delegateNonces { signer lane nonce } holds { order amount } receiptSequence }
    other { account available held nonces { lane nonce } holds { order amount } receiptSequence } }`
  const inclusion = async (of: Actor) =>
    (await gateway.ask(`{ wallet(address: "${of.address}") { ${proofFields} } }`)).data.wallet.inclusion

  it('is null before the first epoch', async () => {
    assert.equal(await inclusion(alice), null)
  })

  it('is proven to whoever has the root, presence and absence', async () => {
    const answer = await gateway.ledger.submit({ type: 'CloseEpoch', epoch: 1 })
    assert.equal(answer.status, 'accepted')
    const shown = await inclusion(alice)
    const root = { root: shown.root, totalMicrocredits: BigInt(shown.total) }
    const proofOf = ({ siblings, other }: typeof shown) => ({
      siblings: siblings.map(({ hash, sum }: { hash: string; sum: string }) => ({
        hash,
        sumMicrocredits: BigInt(sum),
      })),
      ...(other !== null && { other: leafOf(other) }),
    })
    assert.ok(verifyInclusion(ethersCrypto, root, leafOf(shown.leaf), proofOf(shown)))
    const more = { ...leafOf(shown.leaf), availableMicrocredits: 11n * credit }
    assert.equal(verifyInclusion(ethersCrypto, root, more, proofOf(shown)), false)
    const absent = await inclusion(nobody)
    assert.equal(absent.leaf, null)
    assert.ok(verifyAbsence(ethersCrypto, root, nobody.address, proofOf(absent)))
    assert.equal(verifyAbsence(ethersCrypto, root, alice.address, proofOf(absent)), false)
  })
})
