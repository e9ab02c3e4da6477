import assert from 'node:assert/strict'
import {
  type Hex,
  type HoldCertificate,
  holdCertificateType,
  jobOrderType,
  nodeRegistrationType,
  pricingDigest,
  type Signed,
  type UsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import { Actor, testConfig } from '@deparrow/ledger/testing'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import { type NodeJob, type NodePaper, nodeJobOf } from '@deparrow/sdk/watcher'
import { published } from '../chain/local-settlement.spec.fixture.ts'
import { entriesOf, type Forged } from './watched-journal.spec.fixture.ts'
import { agents, type WatchedNetwork } from './watched-network.spec.fixture.ts'

const { alice } = agents

/** Works for alice. */
export const worker = new Actor(9)

const { rates, feeBasisPoints, burnBasisPoints } = testConfig
const pricing = { rates, feeBasisPoints, burnBasisPoints }

/** A job of the node, with what it has of it. */
export class TestJob {
  receipt: Signed<UsageReceipt> | undefined

  private constructor(
    private readonly network: WatchedNetwork,
    readonly digest: Hex,
    private readonly papers: Omit<NodePaper, 'receipt'>,
  ) {}

  /** The ledger opens a hold for alice's order and certifies it to the node. */
  static async begin(network: WatchedNetwork, nonce: bigint, deadline = network.deadline): Promise<TestJob> {
    const { ledger } = network
    const { message } = alice.order({ nonce, deadline, lane: 5, maxPriceMicrocredits: 400_000n })
    const order = network.sign(alice, jobOrderType, message)
    ledger.accept({ type: 'OpenHold', order })
    if (!ledger.state.nodes.has(worker.address)) {
      const own = { node: worker.address, payoutWallet: worker.address, nonce: 1n, deadline: network.deadline }
      ledger.accept({ type: 'RegisterNode', registration: network.sign(worker, nodeRegistrationType, own) })
    }
    const orderDigest = network.digest(jobOrderType, message)
    ledger.accept({ type: 'AssignHold', orderDigest, node: worker.address, attempt: 1 })
    const certified: HoldCertificate = {
      hold: orderDigest,
      orderDigest,
      node: worker.address,
      payoutWallet: worker.address,
      attempt: 1,
      amountMicrocredits: message.maxPriceMicrocredits,
      position: BigInt(ledger.events.length),
      expires: message.deadline + BigInt(message.graceSeconds),
      assignedAtMs: BigInt(ledger.nowMs),
      pricingDigest: pricingDigest(ledgerCrypto, pricing),
    }
    const signature = await published(0).sign({ hash: network.digest(holdCertificateType, certified) })
    return new TestJob(network, orderDigest, { order, certificate: { message: certified, signature }, pricing })
  }

  get expires(): bigint {
    return this.papers.certificate.message.expires
  }

  /** The node ends the job. */
  end(): Signed<UsageReceipt> {
    const nowMs = BigInt(this.network.ledger.nowMs)
    const times = { startedAtMs: nowMs, endedAtMs: nowMs }
    const { message } = worker.receipt(this.digest, { ...times, sequence: this.papers.certificate.message.position })
    this.receipt = this.network.sign(worker, usageReceiptType, message)
    return this.receipt
  }

  /** The ledger takes the receipt and settles the job. */
  settle(): void {
    const { ledger } = this.network
    ledger.accept({ type: 'ReceiveReceipt', receipt: this.end() })
    ledger.accept({ type: 'SettleJob', orderDigest: this.digest })
  }

  /** As the watcher has it. */
  get job(): NodeJob {
    const { receipt, papers, network } = this
    const job = nodeJobOf(ledgerCrypto, network.domain, { ...papers, receipt })
    assert.ok(!('fault' in job))
    return job
  }

  /** The hold goes back to alice although it runs. */
  dropped(): Forged {
    const { amountMicrocredits } = this.papers.certificate.message
    return {
      type: 'HoldExpired',
      data: { orderDigest: this.digest, amountMicrocredits },
      commandId: this.digest,
      entries: entriesOf(`hold:${this.digest}`, `wallet:${alice.address}`, amountMicrocredits),
    } as Forged
  }
}
