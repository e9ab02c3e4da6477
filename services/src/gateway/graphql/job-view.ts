import {
  type Domain,
  type Hex,
  jobOutcomes,
  type Message,
  type MessageType,
  orderTypeOf,
  receiptTypeOf,
  type Signed,
  typedDataJson,
} from '@deparrow/ledger'
import type { Job } from '../../market/job.ts'

/** A job as the type `Job` of the schema; its node's payout wallet and its log are fields with resolvers. */
export function jobView(job: Job, domain: Domain) {
  const { payer } = job.order.message
  return {
    __typename: 'Job' as const,
    id: job.id,
    payer,
    engine: job.spec.engine,
    status: job.status,
    spec: job.spec,
    order: signedView(domain, orderTypeOf(job.order.message), job.order, payer),
    node: job.node === undefined ? null : { address: job.node },
    attempt: job.attempt,
    submittedAt: job.submittedAtMs,
    startedAt: job.startedAtMs,
    endedAt: job.endedAtMs,
    receiptAt: job.receiptAtMs,
    settledAt: job.settledAtMs,
    inputCid: job.spec.inputCid,
    outputCid: job.outputCid,
    outcome: job.receipt === undefined ? null : jobOutcomes[job.receipt.message.outcome],
    failure: job.failure,
    receipt:
      job.receipt && signedView(domain, receiptTypeOf(job.receipt.message), job.receipt, job.receipt.message.node),
    captured: job.settlement?.capturedMicrocredits,
    earned: job.settlement?.earnedMicrocredits,
    fee: job.settlement?.feeMicrocredits,
    released: job.settlement?.releasedMicrocredits,
  }
}

export type JobView = ReturnType<typeof jobView>

function signedView(domain: Domain, type: MessageType, signed: Signed<Message>, signer: Hex) {
  return { typedData: typedDataJson(domain, type, signed.message), signature: signed.signature, signer }
}
