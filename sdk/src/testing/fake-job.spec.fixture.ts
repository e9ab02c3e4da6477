import {
  contentIdOf,
  type Hex,
  type JobOrder,
  jobOrderType,
  type Message,
  type MessageType,
  parseMessage,
  type Signed,
  typedDataJson,
  type UsageReceipt,
  usageReceiptType,
  zeroHash,
} from '@deparrow/ledger'
import { type LocalAccount, sha256 } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { messageDigest, signMessage } from '../signing/typed-data.ts'
import { settlement } from './fake-gateway.spec.fixture.ts'

export const domain = { chainId: 31337, verifyingContract: settlement } as const

export const node = privateKeyToAccount(generatePrivateKey())

export const output = new TextEncoder().encode('what the job wrote')

export const outputCid = contentIdOf(sha256(output))

/** A message as the gateway shows it. */
export function shown(type: MessageType, signed: Signed<Message>, signer: string, of: typeof domain = domain) {
  return { typedData: typedDataJson(of, type, signed.message), signature: signed.signature, signer }
}

/** The order in the variables of `submitJob`. */
export function orderIn(variables: Record<string, never>): Signed<JobOrder> {
  const parsed = parseMessage<JobOrder>(jobOrderType, variables['order'])
  if (!parsed.ok) throw new Error(`${parsed.field}: ${parsed.problem}`)
  return { message: parsed.message, signature: String(variables['signature']) as Hex }
}

/** A job for an order, still waiting. */
export function pendingJob(order: Signed<JobOrder>, spec: unknown) {
  return {
    __typename: 'Job',
    id: messageDigest(domain, jobOrderType, order.message),
    payer: order.message.payer,
    engine: order.message.engine,
    status: 'pending',
    spec,
    order: shown(jobOrderType, order, order.message.payer),
    attempt: 0,
    submittedAt: '2026-11-21T12:00:00.000Z',
  }
}

/** The job after an honest node has run it; `change` and `signer` make a dishonest one. */
export async function completedJob(
  job: ReturnType<typeof pendingJob>,
  change: Partial<UsageReceipt> = {},
  signer: LocalAccount = node,
) {
  const message: UsageReceipt = {
    orderDigest: job.id,
    node: node.address.toLowerCase() as Hex,
    attempt: 1,
    sequence: 1n,
    outcome: 0,
    inputDigest: zeroHash,
    outputDigest: sha256(output),
    startedAtMs: 1n,
    endedAtMs: 2n,
    fuel: 3n,
    cpuMs: 4n,
    memoryBytesPeak: 5n,
    gpuMs: 0n,
    storageByteSeconds: 0n,
    egressBytes: 0n,
    ...change,
  }
  const receipt = await signMessage(signer, domain, usageReceiptType, message)
  return {
    ...job,
    status: 'completed',
    attempt: 1,
    node: { address: node.address, peerId: null, payoutWallet: node.address },
    receipt: shown(usageReceiptType, receipt, node.address),
    ...{ outcome: 'completed', outputCid, settledAt: '2026-11-21T12:00:01.000Z' },
    ...{ captured: '40', earned: '38', fee: '2', released: '60' },
  }
}
