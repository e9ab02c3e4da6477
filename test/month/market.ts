import {
  type Address,
  type Domain,
  type EscrowCapture,
  type EscrowOrder,
  type EscrowRelease,
  escrowCaptureType,
  escrowOrderType,
  escrowReleaseType,
  graceSecondsDefault,
  type Hex,
  type JobOrder,
  jobOrderType,
  type LedgerCommand,
  ledgerConfigDefaults,
  type Purchase,
  purchaseType,
  type Signed,
  type SignedAcceptance,
  type SignedHoldCertificate,
  type Transfer,
  transferType,
  typedDataDigest,
  type UsageReceipt,
  usageReceiptType,
  type Withdrawal,
  withdrawalType,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { NodePaper } from '@deparrow/sdk/watcher'
import type { Random } from '../simulation/engine/random.ts'
import type { Operator } from './operator.ts'
import type { ComputeNode, People } from './people.ts'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** What a node keeps of a job that it has done until it is paid, and the ledger's signature that it has taken the receipt. */
export type NodePapers = { readonly paper: NodePaper; readonly acceptance: SignedAcceptance }

/** Lanes of a wallet's nonces, one a kind of message. */
const lanes = { jobs: 0, payments: 1, escrows: 2, withdrawals: 3 } as const

const minuteSeconds = 60
const hourSeconds = 60 * minuteSeconds

export type RunningJob = { readonly orderDigest: Hex; readonly order: Signed<JobOrder>; readonly node: ComputeNode }
type OpenEscrow = {
  readonly escrow: Hex
  readonly payer: Person
  readonly seller: Person
  readonly amount: bigint
  readonly expires: bigint
}

/** What agents and nodes do in the ledger, all of it really signed. */
export class Market {
  receiptCount = 0
  /** Whether only some of the agents pay others. */
  isQuiet = false
  /** Whether nodes keep their papers. */
  arePapersKept = false
  private readonly certificates = new Map<Hex, SignedHoldCertificate>()
  private readonly receipts = new Map<Hex, Signed<UsageReceipt>>()
  private readonly sequences = new Map<Address, bigint>()
  private escrows: OpenEscrow[] = []

  constructor(
    private readonly operator: Operator,
    private readonly chain: SimulatedChain,
    private readonly people: People,
    private readonly domain: Domain,
    private readonly random: Random,
  ) {}

  /** Orders jobs for these nodes and gives them out. */
  async order(nodes: readonly ComputeNode[], hours = 2): Promise<readonly RunningJob[]> {
    const jobs = nodes.map(node => {
      const payer = this.random.pick(this.people.agents)
      const order = this.signedOrder(payer, hours)
      return { node, order, orderDigest: this.digestOf(jobOrderType, order.message) }
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
    const acceptance = await this.operator.ledger.acceptance(this.digestOf(usageReceiptType, receipt.message))
    const { rates, feeBasisPoints, burnBasisPoints } = ledgerConfigDefaults
    const pricing = { rates, feeBasisPoints, burnBasisPoints }
    return acceptance && { paper: { order, certificate, receipt, pricing }, acceptance }
  }

  /** The nodes hand in their receipts, and the jobs are settled. */
  async finish(jobs: readonly RunningJob[]): Promise<void> {
    await this.handIn(jobs)
    await this.operator.accept(jobs.map(({ orderDigest }) => ({ type: 'SettleJob', orderDigest })))
  }

  async handIn(jobs: readonly RunningJob[]): Promise<void> {
    const receipts = jobs.map(job => this.receiptOf(job))
    await this.operator.accept(receipts.map(receipt => ({ type: 'ReceiveReceipt', receipt })))
    this.receiptCount += jobs.length
    for (const receipt of this.arePapersKept ? receipts : []) this.receipts.set(receipt.message.orderDigest, receipt)
  }

  /** The market finds no node for some orders. */
  async orderInVain(count: number): Promise<void> {
    const orders = this.times(count, () => this.signedOrder(this.random.pick(this.people.agents), 2))
    await this.operator.accept(orders.map(order => ({ type: 'OpenHold', order })))
    const digests = orders.map(({ message }) => this.digestOf(jobOrderType, message))
    await this.operator.accept(digests.map(orderDigest => ({ type: 'ReleaseHold', orderDigest })))
  }

  async pay(count: number): Promise<void> {
    const payments = this.times(count, (): LedgerCommand => {
      const [from, to] = this.twoAgents()
      return this.random.chance(0.7)
        ? { type: 'TransferCredits', transfer: this.transfer(from, to.address) }
        : { type: 'BuyService', purchase: this.purchase(from, to) }
    })
    await this.operator.accept(payments)
  }

  /** A delegate pays out of its agent's wallet; whether the ledger took it. */
  async payAsDelegate(wallet: Person, delegate: Person): Promise<boolean> {
    const receiver = this.random.pick(this.people.agents.filter(agent => agent !== wallet))
    const message = this.transferMessage(wallet.address, receiver.address, delegate)
    const transfer = delegate.sign<Transfer>(this.domain, transferType, message)
    const [answer] = await this.operator.submit([{ type: 'TransferCredits', transfer }])
    return answer?.status === 'accepted'
  }

  async openEscrows(count: number): Promise<void> {
    const orders = this.times(count, () => this.signedEscrow())
    await this.operator.accept(orders.map(({ order }) => ({ type: 'OpenEscrow', order })))
    this.escrows.push(...orders)
  }

  /** Of the escrows that are open, buyers capture some and sellers let go of others. */
  async endEscrows(): Promise<void> {
    const standing = this.escrows.filter(({ expires }) => expires > this.chain.nowSeconds)
    const ending = standing.filter((_, index) => index % 3 > 0)
    this.escrows = standing.filter((_, index) => index % 3 === 0)
    await this.operator.accept(
      ending.map(escrow => (this.random.chance(0.7) ? this.capture(escrow) : this.release(escrow))),
    )
  }

  async withdraw(wallet: Person, amountMicrocredits: bigint): Promise<void> {
    const withdrawal = wallet.sign<Withdrawal>(this.domain, withdrawalType, {
      wallet: wallet.address,
      amountMicrocredits,
      lane: lanes.withdrawals,
      nonce: wallet.nonce(lanes.withdrawals),
      deadline: this.within(hourSeconds),
    })
    await this.operator.accept([{ type: 'WithdrawCredits', withdrawal }])
  }

  private signedOrder(payer: Person, hours: number): Signed<JobOrder> {
    const bid = BigInt(this.random.between(50_000, 900_000))
    return payer.sign<JobOrder>(this.domain, jobOrderType, {
      payer: payer.address,
      engine: 'wasm',
      specDigest: zeroHash,
      maxPriceMicrocredits: 1_000_000n,
      bidMicrocredits: this.random.chance(0.5) ? bid : 0n,
      priority: 1,
      fuelMax: 10n ** 12n,
      cpuMillicoresMax: 0,
      memoryBytesMax: 1n << 28n,
      wallMsMax: 600_000n,
      gpuCountMax: 0,
      storageBytesMax: 0n,
      egressBytesMax: 0n,
      deadline: this.within(hours * hourSeconds),
      graceSeconds: graceSecondsDefault,
      lane: lanes.jobs,
      nonce: payer.nonce(lanes.jobs),
    })
  }

  private receiptOf({ node: { signer }, orderDigest }: RunningJob): Signed<UsageReceipt> {
    const sequence = (this.sequences.get(signer.address) ?? 0n) + 1n
    this.sequences.set(signer.address, sequence)
    const endedAtMs = BigInt(this.chain.nowMs())
    return signer.sign<UsageReceipt>(this.domain, usageReceiptType, {
      orderDigest,
      node: signer.address,
      attempt: 1,
      sequence,
      outcome: this.random.chance(0.97) ? 0 : this.random.between(1, 4),
      inputDigest: zeroHash,
      outputDigest: zeroHash,
      startedAtMs: endedAtMs - BigInt(this.random.between(1_000, 300_000)),
      endedAtMs,
      fuel: BigInt(this.random.between(1_000_000, 90_000_000)) * 1_000n,
      cpuMs: 0n,
      memoryBytesPeak: 1n << 27n,
      gpuMs: 0n,
      storageByteSeconds: 0n,
      egressBytes: 0n,
    })
  }

  private transfer(from: Person, to: Address): Signed<Transfer> {
    return from.sign<Transfer>(this.domain, transferType, this.transferMessage(from.address, to, from))
  }

  private transferMessage(from: Address, to: Address, signer: Person): Transfer {
    const nonce = signer.nonce(lanes.payments)
    return {
      from,
      to,
      amountMicrocredits: this.someAmount(),
      lane: lanes.payments,
      nonce,
      deadline: this.within(hourSeconds),
    }
  }

  private purchase(from: Person, { address: seller }: Person): Signed<Purchase> {
    return from.sign<Purchase>(this.domain, purchaseType, {
      wallet: from.address,
      seller,
      amountMicrocredits: this.someAmount(),
      reference: zeroHash,
      lane: lanes.payments,
      nonce: from.nonce(lanes.payments),
      deadline: this.within(hourSeconds),
    })
  }

  private signedEscrow(): OpenEscrow & { readonly order: Signed<EscrowOrder> } {
    const [payer, seller] = this.twoAgents()
    const amount = this.someAmount()
    const expires = this.within(this.random.between(2, 6) * 24 * hourSeconds)
    const order = payer.sign<EscrowOrder>(this.domain, escrowOrderType, {
      wallet: payer.address,
      seller: seller.address,
      amountMicrocredits: amount,
      reference: zeroHash,
      expires,
      lane: lanes.escrows,
      nonce: payer.nonce(lanes.escrows),
      deadline: this.within(hourSeconds),
    })
    return { order, escrow: this.digestOf(escrowOrderType, order.message), payer, seller, amount, expires }
  }

  private capture({ escrow, payer, amount }: OpenEscrow): LedgerCommand {
    const message = { escrow, wallet: payer.address, amountMicrocredits: (amount * 2n) / 3n }
    return { type: 'CaptureEscrow', capture: payer.sign<EscrowCapture>(this.domain, escrowCaptureType, message) }
  }

  private release({ escrow, seller }: OpenEscrow): LedgerCommand {
    const message = { escrow, seller: seller.address }
    return { type: 'ReleaseEscrow', release: seller.sign<EscrowRelease>(this.domain, escrowReleaseType, message) }
  }

  private twoAgents(): readonly [Person, Person] {
    const { agents: all } = this.people
    const agents = this.isQuiet ? all.slice(all.length / 2) : all
    const first = this.random.below(agents.length)
    const second = (first + 1 + this.random.below(agents.length - 1)) % agents.length
    return [agents[first] as Person, agents[second] as Person]
  }

  private someAmount(): bigint {
    return BigInt(this.random.between(3, 2_000_000))
  }

  private within(seconds: number): bigint {
    return this.chain.nowSeconds + BigInt(seconds)
  }

  private digestOf(
    ...[type, message]: [Parameters<typeof typedDataDigest>[2], Parameters<typeof typedDataDigest>[3]]
  ): Hex {
    return typedDataDigest(ledgerCrypto, this.domain, type, message)
  }

  private times<T>(count: number, make: () => T): readonly T[] {
    return Array.from({ length: count }, make)
  }
}
