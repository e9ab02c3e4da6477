import {
  graceSecondsDefault,
  isAmount,
  type JobOrder,
  type JobSpec,
  jobOrderType,
  jobSpecDigest,
} from '@deparrow/ledger'
import { type Job, readJob } from '../api/job.ts'
import { operations } from '../api/operations.ts'
import { read } from '../api/read.ts'
import { type Answer, readRefusal, refuse } from '../api/refusal.ts'
import { spenderLane } from '../commands/command.ts'
import { ledgerHashing } from '../signing/ledger-hashing.ts'
import { storeContent } from './content-transfer.ts'
import { type JobRequest, prepareJob } from './job-request.ts'
import { requireDigest, sendInLane } from './send-signed.ts'
import type { WalletContext } from './wallet-context.ts'

/** What the market says about a job before it is ordered; prices in µcr. */
export type Quote = {
  readonly maxPriceMicrocredits: bigint
  readonly minPriceMicrocredits: bigint
  readonly nodesAvailable: number
}

/**
 * Buys a job: stores its contents, signs the order and sends it. Nothing is signed when the request is malformed or beyond the
 * budget. Refusals: `MALFORMED`, `BUDGET_EXCEEDED`, and those of market and ledger (`INSUFFICIENT_CREDITS`, …).
 */
export async function submitJob(context: WalletContext, request: JobRequest): Promise<Answer<{ readonly job: Job }>> {
  const prepared = prepareJob(request)
  if (!prepared.ok) return prepared
  const { spec } = prepared
  const price = await priceOf(context, request, spec)
  if (!price.ok) return price
  const obstacle = context.budget.check(price.maxPriceMicrocredits)
  if (obstacle !== undefined) return obstacle
  for (const bytes of prepared.contents) await storeContent(context, bytes)

  const build = (nonce: bigint) => orderOf(context, request, spec, price.maxPriceMicrocredits, nonce)
  const sent = await sendInLane(context, spenderLane(context, request), build, {
    type: jobOrderType,
    document: operations.submitJob,
    field: 'submitJob',
    variables: (order, signature) => ({ order, signature, spec }),
    admit: (digest, order) => {
      const refused = context.budget.check(order.maxPriceMicrocredits)
      if (refused === undefined) context.budget.commit(digest, order.maxPriceMicrocredits)
      return refused
    },
    refused: digest => context.budget.release(digest),
  })
  if (!sent.ok) return sent
  const job = readJob(sent.member)
  requireDigest(context, sent.digest, job.id)
  return { ok: true, job }
}

/** Asks what a job would cost; refusals: `MALFORMED` and those of the market. */
export async function quoteJob(context: WalletContext, request: JobRequest): Promise<Answer<Quote>> {
  const prepared = prepareJob(request)
  return prepared.ok ? quoteSpec(context, request, prepared.spec) : prepared
}

async function quoteSpec(context: WalletContext, request: JobRequest, spec: JobSpec): Promise<Answer<Quote>> {
  const variables = { spec, priority: request.priority ?? 1, bid: String(request.bidMicrocredits ?? 0n) }
  const quote = read.object(await context.ask(operations.quote, variables), 'quote')
  const refusal = readRefusal(quote)
  if (refusal !== undefined) return refuse(refusal)
  return {
    ok: true,
    maxPriceMicrocredits: read.amount(quote, 'maxPrice'),
    minPriceMicrocredits: read.amount(quote, 'minPrice'),
    nodesAvailable: read.integer(quote, 'nodesAvailable'),
  }
}

async function priceOf(
  context: WalletContext,
  request: JobRequest,
  spec: JobSpec,
): Promise<Answer<{ readonly maxPriceMicrocredits: bigint }>> {
  const named = request.maxPriceMicrocredits
  const price = named === undefined ? await quoteSpec(context, request, spec) : undefined
  if (price?.ok === false) return price
  const maxPriceMicrocredits = named ?? price?.maxPriceMicrocredits ?? 0n
  if (isAmount(maxPriceMicrocredits)) return { ok: true, maxPriceMicrocredits }
  const message = 'maxPriceMicrocredits: expected a positive amount not above the supply of credits.'
  return refuse({ code: 'MALFORMED', message, field: 'maxPriceMicrocredits' })
}

function orderOf(
  context: WalletContext,
  request: JobRequest,
  spec: JobSpec,
  maxPriceMicrocredits: bigint,
  nonce: bigint,
): JobOrder {
  const { limits } = spec
  const deadlineSeconds = request.deadlineSeconds ?? Math.ceil(limits.wallMsMax / 1_000) * 2 + 600
  return {
    payer: spenderLane(context, request).wallet,
    engine: spec.engine,
    specDigest: jobSpecDigest(ledgerHashing, spec),
    maxPriceMicrocredits,
    bidMicrocredits: request.bidMicrocredits ?? 0n,
    priority: request.priority ?? 1,
    fuelMax: spec.engine === 'wasm' ? BigInt(spec.limits.fuelMax) : 0n,
    cpuMillicoresMax: spec.engine === 'docker' ? spec.limits.cpuMillicoresMax : 0,
    memoryBytesMax: BigInt(limits.memoryBytesMax),
    wallMsMax: BigInt(limits.wallMsMax),
    gpuCountMax: 0,
    storageBytesMax: 0n,
    egressBytesMax: 0n,
    deadline: BigInt(Math.floor(context.clock.nowMs() / 1_000) + Math.ceil(deadlineSeconds)),
    graceSeconds: request.graceSeconds ?? graceSecondsDefault,
    lane: request.lane ?? 0,
    nonce,
  }
}
