import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { jobOrderType } from '@deparrow/ledger'
import { generatePrivateKey } from 'viem/accounts'
import { AnswerInvalidError, DeparrowError } from '../errors.ts'
import { publishedMnemonic } from '../keys/published-account.ts'
import { recoverSigner } from '../signing/typed-data.ts'
import { networkAnswer, type Roots, startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import { domain, orderIn, pendingJob } from '../testing/fake-job.spec.fixture.ts'
import { AgentWallet, type AgentWalletOptions } from './agent-wallet.ts'

const module = Uint8Array.of(0, 0x61, 0x73, 0x6d)
const request = { module, maxPriceMicrocredits: 100n } as const

/** The key of the first published account, as hexadecimal. */
const publishedKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

async function connected(t: TestContext, roots: Roots = {}, options: Partial<AgentWalletOptions> = {}) {
  const gateway = await startFakeGateway({ wallet: () => ({ lastNonce: null }), ...roots })
  t.after(() => gateway.close())
  const key = { privateKey: generatePrivateKey() }
  const wallet = await AgentWallet.connect({ url: gateway.url, ...key, ...options } as AgentWalletOptions)
  return { gateway, wallet }
}

/** Takes every order. */
const market = (orders: ReturnType<typeof orderIn>[] = []): Roots => ({
  submitJob: variables => {
    const order = orderIn(variables)
    orders.push(order)
    return pendingJob(order, variables['spec'])
  },
})

const refusing = (...codes: string[]): Roots => ({
  submitJob: variables => {
    const code = codes.shift()
    if (code === undefined) return pendingJob(orderIn(variables), variables['spec'])
    return { __typename: 'Refused', code, message: 'No.' }
  },
})

test('an order carries the signature of the wallet over the module, the price and the limits that were asked for', async t => {
  const orders: ReturnType<typeof orderIn>[] = []
  const { wallet, gateway } = await connected(t, market(orders))
  const answer = await wallet.submitJob({ ...request, args: ['a'], priority: 2, limits: { fuelMax: 7n } })
  assert.ok(answer.ok)
  const order = orders[0]
  assert.ok(order)
  assert.equal(await recoverSigner(domain, jobOrderType, order), wallet.address)
  const { maxPriceMicrocredits, priority, fuelMax, nonce, graceSeconds } = order.message
  assert.deepEqual([maxPriceMicrocredits, priority, fuelMax, nonce, graceSeconds], [100n, 2, 7n, 1n, 900])
  assert.deepEqual([...gateway.contents.values()], [Buffer.from(module)])
})

test('orders signed at once get ascending nonces after the last one that the ledger knows', async t => {
  const orders: ReturnType<typeof orderIn>[] = []
  const { wallet } = await connected(t, { ...market(orders), wallet: () => ({ lastNonce: '41' }) })
  await Promise.all([1, 2, 3].map(() => wallet.submitJob(request)))
  assert.deepEqual(
    orders.map(({ message }) => message.nonce),
    [42n, 43n, 44n],
  )
})

test('an order whose nonce somebody else has used is signed again with the next one', async t => {
  const { wallet } = await connected(t, refusing('NONCE_USED', 'NONCE_USED'))
  assert.ok((await wallet.submitJob(request)).ok)
})

test('an order that is refused over its nonce again and again is given up', async t => {
  const { wallet } = await connected(t, refusing(...Array(9).fill('NONCE_USED')))
  const answer = await wallet.submitJob(request)
  assert.equal(answer.ok ? 'OK' : answer.refusal.code, 'NONCE_USED')
})

test('a refusal for want of credits names what is required and what there is', async t => {
  const { wallet } = await connected(t, {
    submitJob: () => ({
      ...{ __typename: 'InsufficientCredits', code: 'INSUFFICIENT_CREDITS', message: 'Deposit more.' },
      ...{ required: '100', available: '7' },
    }),
  })
  const answer = await wallet.submitJob(request)
  assert.ok(!answer.ok)
  assert.equal(answer.refusal.requiredMicrocredits, 100n)
  assert.equal(answer.refusal.availableMicrocredits, 7n)
})

test('an order beyond the budget is not signed, and orders at once cannot pass it together', async t => {
  const orders: ReturnType<typeof orderIn>[] = []
  const { wallet } = await connected(t, market(orders), { budgetMicrocredits: 250n })
  const lanes = [0, 1, 2, 3].map(lane => wallet.submitJob({ ...request, lane }))
  const answers = await Promise.all(lanes)
  assert.deepEqual(answers.map(answer => (answer.ok ? 'OK' : answer.refusal.code)).sort(), [
    ...['BUDGET_EXCEEDED', 'BUDGET_EXCEEDED', 'OK', 'OK'],
  ])
  assert.equal(orders.length, 2)
  assert.equal(wallet.committedMicrocredits, 200n)
})

test('a refused order leaves the budget as it was', async t => {
  const { wallet } = await connected(t, refusing('NO_NODE'), { budgetMicrocredits: 100n })
  assert.equal((await wallet.submitJob(request)).ok, false)
  assert.ok((await wallet.submitJob(request)).ok)
})

test('an order whose answer was lost is sent again as it was, and counts once', async t => {
  const orders: ReturnType<typeof orderIn>[] = []
  const { wallet, gateway } = await connected(t, market(orders))
  await wallet.signIn()
  let isLost = false
  gateway.hijack = (_request, body, response) => {
    const text = new TextDecoder().decode(body)
    if (!text.includes('submitJob')) {
      if (text.includes('lastNonce')) return void response.end('{"data":{"wallet":{"lastNonce":null}}}')
      return void response.end(JSON.stringify({ cid: 'bafkreigni36jkywjutqrxygsr4pc727wwicfptpfaoqk4uiqfgvbnrurea' }))
    }
    orders.push(orderIn(JSON.parse(text).variables as never))
    if (!isLost) {
      isLost = true
      return void response.destroy()
    }
    response.end('{"data":{"submitJob":{"__typename":"Refused","code":"LATE","message":"x"}}}')
  }
  const answer = await wallet.submitJob({
    moduleCid: 'bafkreigni36jkywjutqrxygsr4pc727wwicfptpfaoqk4uiqfgvbnrurea',
    maxPriceMicrocredits: 1n,
  })
  assert.equal(answer.ok ? 'OK' : answer.refusal.code, 'LATE')
  assert.equal(orders.length, 2)
  assert.deepEqual(orders[0], orders[1])
})

for (const [what, bad] of [
  ['a price of nothing', { module, maxPriceMicrocredits: 0n }],
  ['a price above all credits', { module, maxPriceMicrocredits: 10n ** 30n }],
  ['a module that is no CID', { moduleCid: 'hello', maxPriceMicrocredits: 1n }],
  ['a variable without a name', { module, env: { '': 'x' }, maxPriceMicrocredits: 1n }],
  ['endless fuel', { module, limits: { fuelMax: 10n ** 18n }, maxPriceMicrocredits: 1n }],
  ['an image name with a space', { image: 'a b', maxPriceMicrocredits: 1n }],
] as const) {
  test(`${what} is refused before anything is sent or signed`, async t => {
    const { wallet, gateway } = await connected(t, market())
    const sentBefore = gateway.requests.length
    const answer = await wallet.submitJob(bad)
    assert.equal(answer.ok ? 'OK' : answer.refusal.code, 'MALFORMED')
    assert.equal(gateway.requests.length, sentBefore)
  })
}

test('a job that the gateway gives for another order is not believed', async t => {
  const { wallet } = await connected(t, {
    submitJob: variables => ({ ...pendingJob(orderIn(variables), variables['spec']), id: `0x${'77'.repeat(32)}` }),
  })
  await assert.rejects(wallet.submitJob(request), AnswerInvalidError)
})

test('a gateway that names another CID than that of the bytes is not believed', async t => {
  const { wallet, gateway } = await connected(t)
  await wallet.signIn()
  gateway.hijack = (_request, _body, response) =>
    void response.end('{"cid":"bafkreigni36jkywjutqrxygsr4pc727wwicfptpfaoqk4uiqfgvbnrurea"}')
  await assert.rejects(wallet.storeContent(module), { code: 'ANSWER_INVALID' })
})

test('a published key is refused off the local chain', async t => {
  const roots = { network: () => ({ ...networkAnswer, chainId: 1 }) }
  await assert.rejects(connected(t, roots, { privateKey: publishedKey }), { code: 'DEVELOPMENT_KEY' })
  await assert.doesNotReject(connected(t, {}, { privateKey: publishedKey }))
  assert.match(publishedMnemonic, /junk$/)
})

test('a network other than the expected one is refused', async t => {
  await assert.rejects(connected(t, {}, { expect: { chainId: 1 } }), { code: 'NETWORK_MISMATCH' })
  const expect = { settlement: `0x${'99'.repeat(20)}` } as const
  await assert.rejects(connected(t, {}, { expect }), { code: 'NETWORK_MISMATCH' })
})

test('a challenge for another host is not signed', async t => {
  const { wallet } = await connected(t, {
    challenge: () => ({ nonce: 'abcdefgh1234', domain: 'bank.example', uri: 'https://bank.example' }),
    signIn: () => assert.fail('a signature was sent'),
  })
  await assert.rejects(wallet.signIn(), { code: 'NETWORK_MISMATCH' })
})

test('a sign-in that the gateway refuses says why', async t => {
  const signIn = () => ({ __typename: 'Refused', code: 'NONCE_UNKNOWN', message: 'Ask again.' })
  const { wallet } = await connected(t, { signIn })
  await assert.rejects(wallet.signIn(), { code: 'SIGN_IN_REFUSED', refusalCode: 'NONCE_UNKNOWN' })
})

test('one session serves many calls at once', async t => {
  let challenges = 0
  const { wallet, gateway } = await connected(t)
  const { challenge } = gateway.roots
  gateway.roots['challenge'] = variables => {
    challenges++
    return challenge?.(variables)
  }
  await Promise.all([1, 2, 3].map(() => wallet.storeContent(module)))
  assert.equal(challenges, 1)
})

test('nothing to claim is a refusal', async t => {
  const { wallet } = await connected(t, { wallet: () => ({ claim: null }) })
  const claimed = await wallet.claim()
  assert.equal(claimed.ok ? 'OK' : claimed.refusal.code, 'NOTHING_TO_CLAIM')
})

test('development DPC is refused off the local chain', async t => {
  const { wallet } = await connected(t, { network: () => ({ ...networkAnswer, chainId: 5 }) })
  const funded = await wallet.fund({ amountMicrocredits: 1n })
  assert.equal(funded.ok ? 'OK' : funded.refusal.code, 'NOT_A_DEVELOPMENT_CHAIN')
})

test('a chain that nobody answers for is named', async t => {
  const { wallet } = await connected(t)
  await assert.rejects(wallet.deposit(1n), error => error instanceof DeparrowError)
})
