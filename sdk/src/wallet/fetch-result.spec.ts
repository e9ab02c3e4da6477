import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { contentIdOf, type Hex, jobOrderType, lowerHex, type UsageReceipt, usageReceiptType } from '@deparrow/ledger'
import { sha256 } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { signMessage } from '../signing/typed-data.ts'
import { startFakeGateway } from '../testing/fake-gateway.spec.fixture.ts'
import {
  completedJob,
  domain,
  node,
  orderIn,
  output,
  outputCid,
  pendingJob,
  shown,
} from '../testing/fake-job.spec.fixture.ts'
import { AgentWallet } from './agent-wallet.ts'

type Pending = ReturnType<typeof pendingJob>
type Completed = Awaited<ReturnType<typeof completedJob>>
const stranger = privateKeyToAccount(generatePrivateKey())

/** Buys a job of a gateway which then shows `complete(job)` for it. */
async function bought(t: TestContext, complete: (job: Pending) => Promise<object> = job => completedJob(job)) {
  const gateway = await startFakeGateway({
    wallet: () => ({ lastNonce: null }),
    submitJob: async variables => {
      const pending = pendingJob(orderIn(variables), variables['spec'])
      const ended = await complete(pending)
      gateway.roots['job'] = () => ended
      return pending
    },
  })
  t.after(() => gateway.close())
  gateway.contents.set(outputCid, output)
  const privateKey = generatePrivateKey()
  const wallet = await AgentWallet.connect({ url: gateway.url, privateKey, budgetMicrocredits: 100n })
  const answer = await wallet.submitJob({ module: Uint8Array.of(1), maxPriceMicrocredits: 100n })
  assert.ok(answer.ok)
  return { gateway, wallet, job: answer.job }
}

async function codeFor(t: TestContext, complete: (job: Pending) => Promise<object>): Promise<string> {
  const { wallet, job } = await bought(t, complete)
  const ended = await wallet.job(job.id)
  return wallet.fetchResult(ended).then(
    () => 'BELIEVED',
    error => error.code,
  )
}

const withReceipt = (change: Partial<UsageReceipt>) => (job: Pending) => completedJob(job, change)

test('the output of a job is given out when receipt, order and bytes hold', async t => {
  const { wallet, job } = await bought(t)
  const ended = await wallet.followJob(job.id)
  const result = await wallet.fetchResult(ended)
  assert.deepEqual(new Uint8Array(result.output), output)
  assert.equal(result.outcome, 'completed')
  assert.equal(result.receipt.fuel, 3n)
})

test('a settled job counts in the budget with what it cost', async t => {
  const { wallet, job } = await bought(t)
  assert.equal(wallet.committedMicrocredits, 100n)
  await wallet.followJob(job.id)
  assert.equal(wallet.committedMicrocredits, 40n)
})

test('a job is followed by polling where there are no subscriptions, each status told once', async t => {
  const { wallet, gateway, job } = await bought(t)
  const ended = gateway.roots['job']?.({}) as Completed
  const steps = ['pending', 'running', 'running', 'completed'].map(status => ({ ...ended, status }))
  gateway.roots['job'] = () => steps.shift() ?? ended
  const seen: string[] = []
  await wallet.followJob(job.id, { onStatus: ({ status }) => seen.push(status) })
  assert.deepEqual(seen, ['pending', 'running', 'completed'])
})

test('following ends with the signal', async t => {
  const { wallet, gateway, job } = await bought(t)
  const ended = gateway.roots['job']?.({}) as Completed
  gateway.roots['job'] = () => ({ ...ended, status: 'running' })
  const ending = new AbortController()
  const following = wallet.followJob(job.id, { signal: ending.signal, onStatus: () => ending.abort() })
  await assert.rejects(following, { name: 'AbortError' })
})

test('a job that nobody knows is an error that names it', async t => {
  const { wallet, gateway, job } = await bought(t)
  gateway.roots['job'] = () => null
  await assert.rejects(wallet.followJob(job.id), { code: 'UNKNOWN_JOB', jobId: job.id })
})

test('a receipt of another node is refused', async t => {
  assert.equal(await codeFor(t, job => completedJob(job, {}, stranger)), 'RECEIPT_SIGNER')
  const named = lowerHex(stranger.address)
  assert.equal(await codeFor(t, job => completedJob(job, { node: named }, stranger)), 'RECEIPT_SIGNER')
})

test('a receipt that was altered after signing is refused', async t => {
  const alter = async (job: Pending) => {
    const ended = await completedJob(job)
    const { typedData } = ended.receipt
    const message = { ...typedData.message, fuel: '999' }
    return { ...ended, receipt: { ...ended.receipt, typedData: { ...typedData, message } } }
  }
  assert.equal(await codeFor(t, alter), 'RECEIPT_SIGNER')
})

test('a receipt for another order, input or output is refused', async t => {
  const other: Hex = `0x${'44'.repeat(32)}`
  assert.equal(await codeFor(t, withReceipt({ orderDigest: other })), 'RECEIPT_ORDER')
  assert.equal(await codeFor(t, withReceipt({ inputDigest: other })), 'RECEIPT_INPUT')
  assert.equal(await codeFor(t, withReceipt({ outputDigest: other })), 'OUTPUT_DIGEST')
})

test('a receipt for another network is refused', async t => {
  const foreign = { ...domain, chainId: 1 } as unknown as typeof domain
  const replay = async (job: Pending) => {
    const ended = await completedJob(job)
    const signed = { message: { ...ended.receipt.typedData.message }, signature: ended.receipt.signature }
    return { ...ended, receipt: shown(usageReceiptType, signed, node.address, foreign) }
  }
  assert.equal(await codeFor(t, replay), 'RECEIPT_FOREIGN')
})

test('a receipt with a field too many or missing is refused', async t => {
  for (const change of [{ extra: '1' }, { fuel: undefined }]) {
    const alter = async (job: Pending) => {
      const ended = await completedJob(job)
      const { typedData } = ended.receipt
      const message = { ...typedData.message, ...change }
      return { ...ended, receipt: { ...ended.receipt, typedData: { ...typedData, message } } }
    }
    assert.equal(await codeFor(t, alter), 'RECEIPT_MALFORMED')
  }
})

test('a job without a receipt or without an output has no result', async t => {
  assert.equal(await codeFor(t, async job => ({ ...(await completedJob(job)), receipt: null })), 'RECEIPT_MISSING')
  assert.equal(await codeFor(t, async job => ({ ...(await completedJob(job)), outputCid: null })), 'OUTPUT_MISSING')
})

test('a job that shows another order than its own, or one that its payer did not sign, is refused', async t => {
  const reorder = async (job: Pending, price: string, signer = stranger) => {
    const ended = await completedJob(job)
    const { typedData } = job.order
    const message = { ...typedData.message, maxPriceMicrocredits: price }
    const signed = await signMessage(signer, domain, jobOrderType, message)
    return { ...ended, order: shown(jobOrderType, signed, job.payer) }
  }
  assert.equal(await codeFor(t, job => reorder(job, '1')), 'ORDER_DIGEST')
  assert.equal(await codeFor(t, job => reorder(job, '100')), 'ORDER_SIGNER')
})

test('bytes that do not hash to their CID are thrown away', async t => {
  const { wallet, gateway, job } = await bought(t)
  gateway.contents.set(outputCid, new TextEncoder().encode('something else'))
  const ended = await wallet.job(job.id)
  await assert.rejects(wallet.fetchResult(ended), { code: 'CONTENT_MISMATCH' })
})

test('an output beyond what the job may write is not read to its end', async t => {
  const large = new Uint8Array(17 * 2 ** 20)
  const cid = contentIdOf(sha256(large))
  const { wallet, gateway, job } = await bought(t, async pending => ({
    ...(await completedJob(pending, { outputDigest: sha256(large) })),
    outputCid: cid,
  }))
  gateway.contents.set(cid, large)
  await assert.rejects(wallet.fetchResult(await wallet.job(job.id)), { code: 'ANSWER_INVALID' })
})
