import { jobOutcomes } from '@deparrow/ledger'
import type { Job } from '@deparrow/sdk'
import { getAddress } from 'viem'
import type { JournalAudit } from './audit-journal.ts'
import type { MainJobResult, PaidJob } from './main-job.ts'

/** What the network itself says of the run, beside what the agent saw. */
export type NetworkFacts = {
  readonly chainId: number
  readonly token: string
  readonly settlement: string
  readonly rpcUrl: string
  /** The transaction that posted the epoch from which the earnings were claimed. */
  readonly epochTx: string
  readonly audit: JournalAudit
  readonly isConserved: boolean
  readonly isFullReserve: boolean
}

/** Milliseconds from the start of the process until the network was ready, and until the DPC was claimed. */
export type RunTimes = { readonly startMs: number; readonly totalMs: number }

/** The one JSON object of `npm start -- --json`. Amounts and integers are decimal strings, addresses carry their checksum. */
export function outcomeOf(result: MainJobResult, facts: NetworkFacts & RunTimes) {
  const { audit } = facts
  return {
    jobs: result.jobs.map(jobOutcome),
    balances: Object.fromEntries(
      [...result.after].map(([address, { creditsMicro, dpcWei }]) => [
        getAddress(address),
        { creditsMicro: String(creditsMicro), dpcWei: String(dpcWei) },
      ]),
    ),
    chain: {
      chainId: String(facts.chainId),
      token: getAddress(facts.token),
      settlement: getAddress(facts.settlement),
      depositTx: result.depositTx,
      epochTx: facts.epochTx,
      claimTx: result.claimTx,
      claimedWei: String(result.claimedWei),
      rpcUrl: facts.rpcUrl,
    },
    journal: { position: String(audit.position), hash: audit.hash, events: String(audit.position) },
    invariants: {
      conservation: facts.isConserved,
      fullReserve: facts.isFullReserve,
      journalVerified: audit.problem === undefined,
    },
    timingsMs: { start: String(facts.startMs), total: String(facts.totalMs) },
  }
}

function jobOutcome({ job, outputPath }: PaidJob) {
  const { node, receipt } = job
  if (node === null || receipt === null) throw new TypeError(`the paid job ${job.id} has no node or no receipt`)
  const outcome = jobOutcomes[Number((receipt.typedData['message'] as { outcome: string }).outcome)]
  return {
    id: job.id,
    engine: job.engine,
    status: job.status,
    node: { address: getAddress(node.address), peerId: node.peerId, payoutWallet: getAddress(node.payoutWallet) },
    inputCid: job.inputCid,
    outputCid: job.outputCid,
    outputPath,
    order: signedMessage(job.order),
    receipt: { ...signedMessage(receipt), outcome },
    capturedMicrocredits: String(job.capturedMicrocredits),
    earnedMicrocredits: String(job.earnedMicrocredits),
    feeMicrocredits: String(job.feeMicrocredits),
    timingsMs: timingsOf(job),
  }
}

function signedMessage({ typedData, signature, signer }: Job['order']) {
  return { typedData, signature, signer: getAddress(signer) }
}

/** Milliseconds between the steps of a job, on the market's clock but for the start, which is the node's. */
export function timingsOf(job: Job) {
  const between = (from: string | null, to: string | null) => String(Date.parse(to ?? '') - Date.parse(from ?? ''))
  return {
    submitToRunning: between(job.submittedAt, job.startedAt),
    running: between(job.startedAt, job.endedAt),
    receiptToMinted: between(job.receiptAt, job.settledAt),
  }
}
