import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type JobOrder, zeroHash } from '@deparrow/ledger'
import { testStartMs } from '@deparrow/ledger/testing'
import { contentIdOfBytes, inputBytes, payer, stranger, wasmSpec } from '../market/market.spec.fixture.ts'
import { fieldsOf, type Gateway, Person, startGateway } from './gateway.spec.fixture.ts'

const submitMutation = `mutation ($order: JSON!, $signature: Hex!, $spec: JSON!) {
  submitJob(order: $order, signature: $signature, spec: $spec) {
    __typename
    ... on Job { id status payer order { typedData signature signer } }
    ... on Refusal { code message }
    ... on Malformed { field }
    ... on InvalidSignature { expectedSigner }
    ... on InsufficientCredits { required available }
    ... on PriceAboveMaximum { price maximum }
  }
}`

let gateway: Gateway

before(async () => {
  gateway = await startGateway()
  const { content } = gateway.fixture
  await content.put(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00))
  await content.put(inputBytes)
  await gateway.fixture.deposit(gateway.ledger, payer.address, 10_000_000n)
})

after(() => gateway.close())

async function submit(fields: Partial<JobOrder> = {}, spec = wasmSpec(), change = (order: object) => order) {
  const order = gateway.fixture.order(spec, fields)
  const { data } = await gateway.ask(submitMutation, {
    order: change(fieldsOf(order)),
    signature: order.signature,
    spec,
  })
  return data.submitJob
}

describe('submitJob', () => {
  it('names the field that is malformed', async () => {
    const answer = await submit({}, wasmSpec(), order => ({ ...order, nonce: '-1' }))
    assert.equal(answer.__typename, 'Malformed')
    assert.equal(answer.field, 'order.nonce')
  })

  it('names the expected signer of a foreign signature, with checksum', async () => {
    const order = gateway.fixture.order(wasmSpec(), { payer: payer.address }, stranger)
    const { data } = await gateway.ask(submitMutation, {
      order: fieldsOf(order),
      signature: order.signature,
      spec: wasmSpec(),
    })
    assert.equal(data.submitJob.__typename, 'InvalidSignature')
    assert.equal(data.submitJob.expectedSigner.toLowerCase(), payer.address)
    assert.notEqual(data.submitJob.expectedSigner, payer.address)
  })

  it('refuses an expired order and says what to do', async () => {
    const answer = await submit({ deadline: BigInt(testStartMs / 1000) })
    assert.equal(answer.code, 'DEADLINE_PASSED')
    assert.match(answer.message, /Sign again with a later one/)
  })

  it('names price and maximum when the bid is above the maximum', async () => {
    const answer = await submit({ bidMicrocredits: 500n, maxPriceMicrocredits: 499n })
    assert.equal(answer.__typename, 'PriceAboveMaximum')
    assert.deepEqual([answer.price, answer.maximum], ['500', '499'])
  })

  it('names required and available credits', async () => {
    const answer = await submit({ maxPriceMicrocredits: 10_000_001n })
    assert.equal(answer.__typename, 'InsufficientCredits')
    assert.deepEqual([answer.required, answer.available], ['10000001', '10000000'])
  })

  it('refuses what is not WebAssembly', async () => {
    const answer = await submit({}, wasmSpec({ moduleCid: contentIdOfBytes(inputBytes) }))
    assert.deepEqual([answer.__typename, answer.code], ['Refused', 'NOT_WEBASSEMBLY'])
  })

  it('gives the job with its complete typed data, the same for the same order, and refuses its nonce for another', async () => {
    const order = gateway.fixture.order(wasmSpec(), { maxPriceMicrocredits: 1_000n })
    const variables = { order: fieldsOf(order), signature: order.signature, spec: wasmSpec() }
    const first = (await gateway.ask(submitMutation, variables)).data.submitJob
    const second = (await gateway.ask(submitMutation, variables)).data.submitJob
    assert.equal(first.__typename, 'Job')
    assert.deepEqual(second.id, first.id)
    assert.deepEqual(Object.keys(first.order.typedData), ['domain', 'types', 'primaryType', 'message'])
    const replayed = await submit({ nonce: order.message.nonce, maxPriceMicrocredits: 999n })
    assert.deepEqual([replayed.__typename, replayed.code], ['Refused', 'NONCE_USED'])
  })
})

describe('queries', () => {
  it('answer null for unknown jobs and nodes, and zeros for an unknown wallet', async () => {
    const { data } = await gateway.ask(
      `query ($id: Hex!, $a: Address!) {
        job(id: $id) { id } node(address: $a) { online } wallet(address: $a) { available held payable lastNonce claim { epoch } }
      }`,
      { id: zeroHash, a: stranger.address },
    )
    assert.deepEqual(data, {
      job: null,
      node: null,
      wallet: { available: '0', held: '0', payable: '0', lastNonce: null, claim: null },
    })
  })

  it('show books that balance and the network that clients sign for', async () => {
    const { data } = await gateway.ask(
      '{ network { chainId journal { position hash } books { reserve wallets holds balanced } rates { feeBasisPoints } } }',
    )
    const { books, chainId } = data.network
    assert.equal(books.balanced, true)
    assert.equal(BigInt(books.reserve), BigInt(books.wallets) + BigInt(books.holds))
    assert.equal(chainId, 31_337)
  })

  it('list what moved in a wallet', async () => {
    const { data } = await gateway.ask(
      'query ($a: Address!) { wallet(address: $a) { statement(first: 500) { entries { event amount } next } } }',
      { a: payer.address },
    )
    assert.deepEqual(data.wallet.statement.entries.at(-1), { event: 'InboxItemRecorded', amount: '10000000' })
  })

  it('refuse a page that is too large', async () => {
    const { errors } = await gateway.ask('query ($a: Address!) { jobs(payer: $a, first: 201) { next } }', {
      a: payer.address,
    })
    assert.equal(errors[0].extensions.code, 'BAD_USER_INPUT')
  })
})

describe('signed movements', () => {
  const transferMutation = `mutation ($transfer: JSON!, $signature: Hex!) {
    transfer(transfer: $transfer, signature: $signature) {
      __typename ... on Movement { position wallet { address available } } ... on Refusal { code message }
    }
  }`

  it('are refused without enough credits and from another signer', async () => {
    const poor = stranger.transfer({ to: payer.address, amountMicrocredits: 5n, nonce: 1n })
    const variables = { transfer: fieldsOf(poor), signature: poor.signature }
    assert.equal((await gateway.ask(transferMutation, variables)).data.transfer.__typename, 'InsufficientCredits')
    const forged = payer.transfer({ to: stranger.address, amountMicrocredits: 5n, nonce: 1n, lane: 9 })
    const { data } = await gateway.ask(transferMutation, { transfer: fieldsOf(forged), signature: poor.signature })
    assert.equal(data.transfer.__typename, 'InvalidSignature')
  })

  it('answer with the journal position and the wallet', async () => {
    const signed = payer.transfer({ to: stranger.address, amountMicrocredits: 5n, nonce: 1n, lane: 9 })
    const { data } = await gateway.ask(transferMutation, { transfer: fieldsOf(signed), signature: signed.signature })
    assert.equal(data.transfer.__typename, 'Movement')
    assert.equal(data.transfer.wallet.address.toLowerCase(), payer.address)
  })
})

describe('sign-in', () => {
  const ann = new Person(0xa1)
  const bob = new Person(0xa2)

  it('gives a session for a signed challenge, once', async () => {
    const message = await ann.message(gateway)
    const session = await ann.signIn(gateway, message)
    assert.equal(session.__typename, 'Session')
    assert.equal(session.expiresAt, new Date(testStartMs + 3_600_000).toISOString())
    assert.equal((await ann.signIn(gateway, message)).code, 'NONCE_UNKNOWN')
  })

  it('refuses somebody else’s signature, domain, origin, chain and nonce', async () => {
    const code = async (fields: Parameters<Person['message']>[1], signer = ann) =>
      (await ann.signIn(gateway, await ann.message(gateway, fields), signer)).code
    assert.equal(await code({}, bob), 'INVALID_SIGNATURE')
    assert.equal(await code({ domain: 'example.org' }), 'DOMAIN_MISMATCH')
    assert.equal(await code({ uri: 'http://example.org' }), 'URI_MISMATCH')
    assert.equal(await code({ chainId: 1 }), 'CHAIN_MISMATCH')
    assert.equal(await code({ nonce: 'abcdefgh12345678' }), 'NONCE_UNKNOWN')
    const bobsMessage = await bob.message(gateway)
    const nonce = /Nonce: (\S+)/.exec(bobsMessage)?.[1] ?? ''
    assert.equal(await code({ nonce }), 'NONCE_UNKNOWN')
  })

  it('refuses a message whose time is over and a challenge that is too old', async () => {
    const expired = await ann.message(gateway, { expirationTime: new Date(testStartMs - 1) })
    assert.equal((await ann.signIn(gateway, expired)).code, 'MESSAGE_EXPIRED')
    const old = await ann.message(gateway)
    gateway.fixture.clock.ms += 5 * 60_000
    assert.equal((await ann.signIn(gateway, old)).code, 'NONCE_UNKNOWN')
    gateway.fixture.clock.ms -= 5 * 60_000
  })

  it('refuses text that is no ERC-4361 message', async () => {
    assert.equal((await ann.signIn(gateway, 'hello')).__typename, 'Malformed')
  })
})

describe('a job’s log', () => {
  const logQuery = 'query ($id: Hex!) { job(id: $id) { id log } }'

  it('is for its payer alone', async () => {
    const { id } = await submit({ maxPriceMicrocredits: 1_000n })
    const anonymous = await gateway.ask(logQuery, { id })
    assert.equal(anonymous.errors[0].extensions.code, 'UNAUTHENTICATED')
    assert.equal(anonymous.data.job.log, null)
    const foreign = await gateway.ask(logQuery, { id }, await new Person(0xa2).token(gateway))
    assert.equal(foreign.errors[0].extensions.code, 'FORBIDDEN')
    const own = await gateway.ask(logQuery, { id }, await new Person(0xa1).token(gateway))
    assert.deepEqual([own.errors, own.data.job.log], [[], ''])
  })

  it('is not for a token that has expired or was altered', async () => {
    const { id } = await submit({ maxPriceMicrocredits: 1_000n })
    const token = await new Person(0xa1).token(gateway)
    const altered = await gateway.ask(logQuery, { id }, `${token.slice(0, -2)}AA`)
    assert.equal(altered.errors[0].extensions.code, 'UNAUTHENTICATED')
    gateway.fixture.clock.ms += 3_600_000
    const expired = await gateway.ask(logQuery, { id }, token)
    gateway.fixture.clock.ms -= 3_600_000
    assert.equal(expired.errors[0].extensions.code, 'UNAUTHENTICATED')
  })
})
