import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Domain, Hex, JobOrder } from '@deparrow/ledger'
import { AgentWallet } from '@deparrow/sdk'
import { getAddress, type LocalAccount } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { accepted, gatewayUrlOf, newAgent, refusalOf } from '../support/agents.ts'
import { orderFor, type SignedOrder, type SubmitAnswer, signOrder, specOf, submitOrder } from '../support/orders.ts'
import { messagesOf, postJson } from '../support/request.ts'
import { NetworkProcess, temporaryFolder } from '../support/run-network.ts'
import { smallestJob } from '../support/smallest-job.ts'

const creditsMicro = 1_000_000n
const spec = specOf(smallestJob)
const folder = temporaryFolder()
const account: LocalAccount = privateKeyToAccount(generatePrivateKey())
const stranger: LocalAccount = privateKeyToAccount(generatePrivateKey())

let network: NetworkProcess
let url: string
let agent: AgentWallet
let domain: Domain

before(async () => {
  network = new NetworkProcess(folder.path)
  url = await gatewayUrlOf(network)
  agent = await AgentWallet.connect({ url, account })
  domain = agent.domain
  accepted(await agent.fund({ amountMicrocredits: creditsMicro }))
  accepted(await agent.deposit(creditsMicro))
  await agent.storeContent(smallestJob)
})

after(async () => {
  await network.stop()
  folder.remove()
})

const signed = (changes: Partial<JobOrder> = {}, signer = account, signedDomain = domain): Promise<SignedOrder> =>
  signOrder(signer, signedDomain, orderFor(account, spec, changes), spec)

/** Refused, and nothing was taken: the wallet has what it had, and no job of this id is there. */
async function assertRefused(sent: SignedOrder, typename: string, code: string): Promise<SubmitAnswer> {
  const before = await agent.balance()
  const answer = await submitOrder(url, sent)
  assert.deepEqual([answer.__typename, answer.code], [typename, code], JSON.stringify(answer))
  assert.deepEqual(await agent.balance(), before)
  return answer
}

describe('the signature of an order', () => {
  it('is refused when one digit of it is another', async () => {
    const order = await signed()
    const digit = order.signature[20] === '0' ? '1' : '0'
    const signature = `${order.signature.slice(0, 20)}${digit}${order.signature.slice(21)}` as Hex
    const answer = await assertRefused({ ...order, signature }, 'InvalidSignature', 'INVALID_SIGNATURE')
    assert.equal(answer.expectedSigner, getAddress(account.address))
  })

  it('is refused when it has another length, and is no GraphQL when it is no hexadecimal', async () => {
    const order = await signed()
    const short = order.signature.slice(0, -2) as Hex
    const answer = await assertRefused({ ...order, signature: short }, 'Malformed', 'MALFORMED')
    assert.equal(answer.field, 'signature')
    await assert.rejects(submitOrder(url, { ...order, signature: 'none' as Hex }), /^Error: 400: /)
  })

  it('is refused from another key', async () => {
    await assertRefused(await signed({}, stranger), 'InvalidSignature', 'INVALID_SIGNATURE')
  })

  it('is refused when it was made for another chain or another contract', async () => {
    const otherChain = await signed({}, account, { ...domain, chainId: 1 })
    await assertRefused(otherChain, 'InvalidSignature', 'INVALID_SIGNATURE')
    const otherContract = await signed({}, account, { ...domain, verifyingContract: `0x${'11'.repeat(20)}` })
    await assertRefused(otherContract, 'InvalidSignature', 'INVALID_SIGNATURE')
  })

  it('covers every field: an order that was changed afterwards is refused', async () => {
    const { order, signature } = await signed()
    const changes: readonly Partial<JobOrder>[] = [
      { maxPriceMicrocredits: order.maxPriceMicrocredits - 1n },
      { bidMicrocredits: 1n },
      { priority: 2 },
      { deadline: order.deadline + 1n },
      { graceSeconds: 901 },
      { lane: 1 },
      { nonce: order.nonce + 1n },
    ]
    for (const change of changes) {
      const changed = { order: { ...order, ...change }, signature, spec }
      await assertRefused(changed, 'InvalidSignature', 'INVALID_SIGNATURE')
    }
  })

  it('covers the specification: other arguments or limits than the signed ones are refused', async () => {
    const order = await signed()
    const otherArguments = await assertRefused({ ...order, spec: { ...spec, args: ['x'] } }, 'Malformed', 'MALFORMED')
    assert.equal(otherArguments.field, 'order.specDigest')
    const lessFuel = await assertRefused(await signed({ fuelMax: 1n }), 'Malformed', 'MALFORMED')
    assert.equal(lessFuel.field, 'order.fuelMax')
  })
})

describe('the time of an order', () => {
  it('is over when its deadline has passed', async () => {
    const late = await signed({ deadline: BigInt(Math.floor(Date.now() / 1_000) - 1) })
    const answer = await assertRefused(late, 'Refused', 'DEADLINE_PASSED')
    assert.match(answer.message ?? '', /deadline .* has passed/)
  })

  it('may not lie years ahead, so that credits are not locked for years', async () => {
    const far = await signed({ deadline: BigInt(Math.floor(Date.now() / 1_000) + 31 * 24 * 3600) })
    await assertRefused(far, 'Refused', 'DEADLINE_TOO_FAR')
  })
})

describe('the price of an order', () => {
  it('is refused above the order’s own maximum, and both are named', async () => {
    const order = await signed({ bidMicrocredits: 10_001n, maxPriceMicrocredits: 10_000n })
    const answer = await assertRefused(order, 'PriceAboveMaximum', 'PRICE_ABOVE_MAXIMUM')
    assert.deepEqual([answer.price, answer.maximum], ['10001', '10000'])
  })

  it('counts the priority', async () => {
    const order = await signed({ bidMicrocredits: 6_000n, priority: 2, maxPriceMicrocredits: 10_000n })
    const answer = await assertRefused(order, 'PriceAboveMaximum', 'PRICE_ABOVE_MAXIMUM')
    assert.deepEqual([answer.price, answer.maximum], ['12000', '10000'])
  })

  it('is refused beyond the credits of the wallet, and required and available are named', async () => {
    const order = await signed({ maxPriceMicrocredits: creditsMicro + 1n })
    const answer = await assertRefused(order, 'InsufficientCredits', 'INSUFFICIENT_CREDITS')
    assert.deepEqual([answer.required, answer.available], [String(creditsMicro + 1n), String(creditsMicro)])
  })

  it('is refused to a wallet without credits, which learns the same from the SDK', async () => {
    const poor = await newAgent(url)
    const refusal = refusalOf(await poor.submitJob({ module: smallestJob, maxPriceMicrocredits: 42n }))
    assert.deepEqual(
      [refusal.code, refusal.requiredMicrocredits, refusal.availableMicrocredits],
      ['INSUFFICIENT_CREDITS', 42n, 0n],
    )
    assert.match(refusal.message, /0\.000042 credits are needed and 0 are available/)
    assert.deepEqual((await poor.jobs()).jobs, [])
  })

  it('is not signed at all beyond the budget of the wallet object', async () => {
    const careful = await AgentWallet.connect({ url, account, budgetMicrocredits: 10n })
    const refusal = refusalOf(await careful.submitJob({ module: smallestJob, maxPriceMicrocredits: 11n }))
    assert.equal(refusal.code, 'BUDGET_EXCEEDED')
  })
})

describe('the module of an order', () => {
  const orderFrom = (module: Uint8Array) =>
    signOrder(account, domain, orderFor(account, specOf(module)), specOf(module))

  it('is refused when it is not stored', async () => {
    await assertRefused(await orderFrom(Uint8Array.of(1, 2, 3)), 'Refused', 'CONTENT_NOT_STORED')
  })

  it('is refused when it is not WebAssembly', async () => {
    const script = new TextEncoder().encode('#!/bin/sh\necho hello\n')
    await agent.storeContent(script)
    await assertRefused(await orderFrom(script), 'Refused', 'NOT_WEBASSEMBLY')
  })

  it('is refused when it is larger than 8 MiB', async () => {
    const large = new Uint8Array(8 * 2 ** 20 + 1)
    large.set(smallestJob)
    await agent.storeContent(large)
    const answer = await assertRefused(await orderFrom(large), 'Refused', 'MODULE_TOO_LARGE')
    assert.match(answer.message ?? '', /8388609 bytes, 8388608 are allowed/)
  })
})

describe('an order that is sent again', () => {
  it('gives the same job and is held and paid once; altered or with its nonce used up it is refused', async () => {
    const order = await signed({ nonce: 7n })
    const answers = await Promise.all([submitOrder(url, order), submitOrder(url, order), submitOrder(url, order)])
    const [id] = answers.map(answer => answer.id)
    assert.ok(id)
    assert.deepEqual(
      answers.map(answer => [answer.__typename, answer.id]),
      answers.map(() => ['Job', id]),
    )
    const job = await agent.followJob(id)
    assert.equal(job.status, 'completed')
    assert.equal((await submitOrder(url, order)).id, id, 'also after its end')
    const jobs = (await agent.jobs()).jobs.filter(found => found.id === id)
    assert.equal(jobs.length, 1)
    const { availableMicrocredits, heldMicrocredits } = await agent.balance()
    assert.deepEqual([availableMicrocredits + (job.capturedMicrocredits ?? 0n), heldMicrocredits], [creditsMicro, 0n])

    const altered = { ...order, order: { ...order.order, maxPriceMicrocredits: 9_999n } }
    await assertRefused(altered, 'InvalidSignature', 'INVALID_SIGNATURE')
    await assertRefused(await signed({ nonce: 7n, maxPriceMicrocredits: 9_999n }), 'Refused', 'NONCE_USED')
    await assertRefused(await signed({ nonce: 6n }), 'Refused', 'NONCE_USED')
    assert.equal((await agent.jobs()).jobs.length, 1)
  })
})

describe('an order that is no order', () => {
  it('names the first field that is missing, unknown or out of bounds', async () => {
    const query =
      'mutation ($o: JSON!, $s: JSON!) { submitJob(order: $o, signature: "0x00", spec: $s) { ... on Malformed { field message } } }'
    const refused = async (order: unknown, jobSpec: unknown) => {
      const answer = await postJson(`${url}/graphql`, { query, variables: { o: order, s: jobSpec } })
      const data = answer.json?.['data'] as { readonly submitJob?: { readonly field?: string } } | undefined
      return data?.submitJob?.field
    }
    const whole = Object.fromEntries(
      Object.entries(orderFor(account, spec)).map(([name, value]) => [name, String(value)]),
    )
    const { nonce, ...withoutNonce } = whole
    assert.equal(await refused(withoutNonce, spec), 'order.nonce')
    assert.equal(await refused({ ...whole, nonce: '-1' }, spec), 'order.nonce')
    assert.equal(await refused({ ...whole, nonce: String(2n ** 64n) }, spec), 'order.nonce')
    assert.equal(await refused({ ...whole, tip: '1' }, spec), 'order.tip')
    assert.equal(await refused(whole, { ...spec, network: true }), 'spec.network')
    assert.equal(await refused(whole, { ...spec, limits: { ...spec.limits, wallMsMax: 0 } }), 'spec.limits.wallMsMax')
    assert.equal(await refused('an order', spec), 'order')
    assert.equal(await refused(whole, []), 'spec')
  })

  it('is told from a request without its arguments', async () => {
    const answer = await postJson(`${url}/graphql`, { query: 'mutation { submitJob { __typename } }' })
    assert.equal(answer.status, 400)
    assert.match(messagesOf(answer)[0] ?? '', /"order" of type "JSON!" is required/)
  })
})

describe('all of that', () => {
  it('left the books balanced and fully covered', async () => {
    const { books } = (await AgentWallet.connect({ url, account })).network
    assert.deepEqual([books.balanced, books.fullReserve], [true, true])
  })
})
