import assert from 'node:assert/strict'
import {
  type Hex,
  jobOrderType,
  type LedgerCommand,
  ledgerConfigDefaults,
  type Pricing,
  type Signed,
  type SignedAcceptance,
  type SignedHoldCertificate,
  type UsageReceipt,
  usageReceiptType,
} from '@deparrow/ledger'
import type { NodePaper } from '@deparrow/sdk/watcher'
import type { Random } from '../simulation/engine/random.ts'
import { completed, type Messages, type OpenEscrow, type RunningJob } from './messages.ts'
import type { Operator } from './operator.ts'
import type { ComputeNode, People } from './people.ts'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** What a node keeps of a job that it has done until it is paid, and the ledger's signature that it has taken the receipt, where it has. */
export type NodePapers = { readonly paper: NodePaper; readonly acceptance?: SignedAcceptance }

const { rates, feeBasisPoints, burnBasisPoints } = ledgerConfigDefaults
const pricing: Pricing = { rates, feeBasisPoints, burnBasisPoints }

/** What agents and nodes do in the ledger, all of it really signed. */
export class Market {
  receiptCount = 0
  /** Whether only some of the agents pay others. */
  isQuiet = false
  /** Whether nodes keep their papers. */
  arePapersKept = false
  private readonly certificates = new Map<Hex, SignedHoldCertificate>()
  private readonly receipts = new Map<Hex, Signed<UsageReceipt>>()
  private escrows: OpenEscrow[] = []

  constructor(
    private readonly operator: Operator,
    private readonly chain: SimulatedChain,
    private readonly people: People,
    private readonly messages: Messages,
    private readonly random: Random,
  ) {}

  /** Orders jobs for these nodes and gives them out. */
  async order(nodes: readonly ComputeNode[], hours = 2): Promise<readonly RunningJob[]> {
    const jobs = nodes.map(node => {
      const payer = this.random.pick(this.people.agents)
      const order = this.messages.order(payer, hours)
      return { node, order, orderDigest: this.messages.digestOf(jobOrderType, order.message) }
    })
    await this.operator.accept(jobs.map(({ order }) => ({ type: 'OpenHold', order })))
    await this.operator.accept(
      jobs.map(({ orderDigest, node }) => ({ type: 'AssignHold', orderDigest, node: node.signer.address, attempt: 1 })),
    )
    for (const { orderDigest } of this.arePapersKept ? jobs : []) {
      const certificate = await this.operator.ledger.holdCertificate(orderDigest)
      if (certificate !== undefined) this.certificates.set(orderDigest, certificate)
    }
    return jobs
  }

  /** What the node of a settled job keeps of it; `undefined` for a job whose papers nobody kept. */
  async papersOf({ orderDigest, order }: RunningJob): Promise<NodePapers | undefined> {
    const [certificate, receipt] = [this.certificates.get(orderDigest), this.receipts.get(orderDigest)]
    if (certificate === undefined || receipt === undefined) return undefined
    const acceptance = await this.operator.ledger.acceptance(this.messages.digestOf(usageReceiptType, receipt.message))
    return acceptance && { paper: { order, certificate, receipt, pricing }, acceptance }
  }

  /** A node does its job and signs a receipt that nobody brings to the ledger; what it keeps of it. */
  async keepReceipt(job: RunningJob): Promise<NodePapers> {
    const certificate = await this.operator.ledger.holdCertificate(job.orderDigest)
    assert.ok(certificate, 'the ledger certifies no hold for a job that runs')
    const receipt = this.messages.receipt(job, completed)
    return { paper: { order: job.order, certificate, receipt, pricing } }
  }

  /** The nodes hand in their receipts, and the jobs are settled. */
  async finish(jobs: readonly RunningJob[]): Promise<void> {
    await this.handIn(jobs)
    await this.operator.accept(jobs.map(({ orderDigest }) => ({ type: 'SettleJob', orderDigest })))
  }

  async handIn(jobs: readonly RunningJob[]): Promise<void> {
    const receipts = jobs.map(job => this.messages.receipt(job, this.messages.outcome()))
    await this.operator.accept(receipts.map(receipt => ({ type: 'ReceiveReceipt', receipt })))
    this.receiptCount += jobs.length
    for (const receipt of this.arePapersKept ? receipts : []) this.receipts.set(receipt.message.orderDigest, receipt)
  }

  /** The market finds no node for some orders. */
  async orderInVain(count: number): Promise<void> {
    const orders = this.times(count, () => this.messages.order(this.random.pick(this.people.agents), 2))
    await this.operator.accept(orders.map(order => ({ type: 'OpenHold', order })))
    const digests = orders.map(({ message }) => this.messages.digestOf(jobOrderType, message))
    await this.operator.accept(digests.map(orderDigest => ({ type: 'ReleaseHold', orderDigest })))
  }

  async pay(count: number): Promise<void> {
    const payments = this.times(count, (): LedgerCommand => {
      const [from, to] = this.twoAgents()
      return this.random.chance(0.7)
        ? { type: 'TransferCredits', transfer: this.messages.transfer(from.address, to.address, from) }
        : { type: 'BuyService', purchase: this.messages.purchase(from, to) }
    })
    await this.operator.accept(payments)
  }

  /** A delegate pays out of its agent's wallet; whether the ledger took it. */
  async payAsDelegate(wallet: Person, delegate: Person): Promise<boolean> {
    const receiver = this.random.pick(this.people.agents.filter(agent => agent !== wallet))
    const transfer = this.messages.transfer(wallet.address, receiver.address, delegate)
    const [answer] = await this.operator.submit([{ type: 'TransferCredits', transfer }])
    return answer?.status === 'accepted'
  }

  async openEscrows(count: number): Promise<void> {
    const orders = this.times(count, () => this.messages.escrow(...this.twoAgents()))
    await this.operator.accept(orders.map(({ order }) => ({ type: 'OpenEscrow', order })))
    this.escrows.push(...orders)
  }

  /** Of the escrows that are open, buyers capture some and sellers let go of others. */
  async endEscrows(): Promise<void> {
    const standing = this.escrows.filter(({ expires }) => expires > this.chain.nowSeconds)
    const ending = standing.filter((_, index) => index % 3 > 0)
    this.escrows = standing.filter((_, index) => index % 3 === 0)
    await this.operator.accept(
      ending.map(escrow =>
        this.random.chance(0.7)
          ? { type: 'CaptureEscrow', capture: this.messages.capture(escrow) }
          : { type: 'ReleaseEscrow', release: this.messages.release(escrow) },
      ),
    )
  }

  async withdraw(wallet: Person, amountMicrocredits: bigint): Promise<void> {
    const withdrawal = this.messages.withdrawal(wallet, amountMicrocredits)
    await this.operator.accept([{ type: 'WithdrawCredits', withdrawal }])
  }

  private twoAgents(): readonly [Person, Person] {
    const { agents: all } = this.people
    const agents = this.isQuiet ? all.slice(all.length / 2) : all
    const first = this.random.below(agents.length)
    const second = (first + 1 + this.random.below(agents.length - 1)) % agents.length
    return [agents[first] as Person, agents[second] as Person]
  }

  private times<T>(count: number, make: () => T): readonly T[] {
    return Array.from({ length: count }, make)
  }
}
