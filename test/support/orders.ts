import {
  type Domain,
  formatMessage,
  type Hex,
  type JobOrder,
  type JobSpec,
  jobOrderType,
  jobSpecDigest,
} from '@deparrow/ledger'
import { contentIdOfBytes, ledgerHashing, signMessage } from '@deparrow/sdk'
import type { LocalAccount } from 'viem'
import { type HttpAnswer, postJson } from './request.ts'

/** What a submission was answered: the job or the refusal, with whatever fields its type has. */
export type SubmitAnswer = {
  readonly __typename: string
  readonly id?: Hex
  readonly status?: string
  readonly code?: string
  readonly message?: string
  readonly field?: string
  readonly expectedSigner?: string
  readonly required?: string
  readonly available?: string
  readonly price?: string
  readonly maximum?: string
}

export type SignedOrder = { readonly order: JobOrder; readonly signature: Hex; readonly spec: JobSpec }

const submitJob = `mutation ($order: JSON!, $signature: Hex!, $spec: JSON!) {
  submitJob(order: $order, signature: $signature, spec: $spec) {
    __typename
    ... on Job { id status }
    ... on Refusal { code message }
    ... on Malformed { field }
    ... on InvalidSignature { expectedSigner }
    ... on InsufficientCredits { required available }
    ... on PriceAboveMaximum { price maximum }
  }
}`

/** The specification of a small WebAssembly job. */
export function specOf(module: Uint8Array): JobSpec {
  return {
    engine: 'wasm',
    moduleCid: contentIdOfBytes(module),
    args: [],
    env: {},
    inputCid: null,
    limits: {
      memoryBytesMax: 2 ** 24,
      wallMsMax: 10_000,
      outputBytesMax: 2 ** 16,
      logBytesMax: 2 ** 16,
      fuelMax: '1000000000',
    },
  }
}

/** An order for a specification by the account's owner, good for ten minutes unless `changes` say otherwise. */
export function orderFor(payer: LocalAccount, spec: JobSpec, changes: Partial<JobOrder> = {}): JobOrder {
  const { limits } = spec
  return {
    payer: payer.address.toLowerCase() as Hex,
    engine: spec.engine,
    specDigest: jobSpecDigest(ledgerHashing, spec),
    maxPriceMicrocredits: 10_000n,
    bidMicrocredits: 0n,
    priority: 1,
    fuelMax: 'fuelMax' in limits ? BigInt(limits.fuelMax) : 0n,
    cpuMillicoresMax: 'cpuMillicoresMax' in limits ? limits.cpuMillicoresMax : 0,
    memoryBytesMax: BigInt(limits.memoryBytesMax),
    wallMsMax: BigInt(limits.wallMsMax),
    gpuCountMax: 0,
    storageBytesMax: 0n,
    egressBytesMax: 0n,
    deadline: BigInt(Math.floor(Date.now() / 1_000) + 600),
    graceSeconds: 900,
    lane: 0,
    nonce: 1n,
    ...changes,
  }
}

export async function signOrder(
  signer: LocalAccount,
  domain: Domain,
  order: JobOrder,
  spec: JobSpec,
): Promise<SignedOrder> {
  const { signature } = await signMessage(signer, domain, jobOrderType, order)
  return { order, signature, spec }
}

/** Sends an order as any client would, without the wallet in between. */
export async function submitOrder(gatewayUrl: string, { order, signature, spec }: SignedOrder): Promise<SubmitAnswer> {
  const variables = { order: formatMessage(jobOrderType, order), signature, spec }
  const answer = await postJson(`${gatewayUrl}/graphql`, { query: submitJob, variables })
  return memberOf(answer)
}

function memberOf(answer: HttpAnswer): SubmitAnswer {
  const data = answer.json?.['data'] as { readonly submitJob?: SubmitAnswer } | null | undefined
  if (data?.submitJob === undefined) throw new Error(`${answer.status}: ${answer.text.slice(0, 400)}`)
  return data.submitJob
}
