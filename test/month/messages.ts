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
  type Purchase,
  purchaseType,
  type Signed,
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
import type { Random } from '../simulation/engine/random.ts'
import type { ComputeNode } from './people.ts'
import type { Person } from './person.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** Lanes of a wallet's nonces, one a kind of message. */
const lanes = { jobs: 0, payments: 1, escrows: 2, withdrawals: 3 } as const

const hourSeconds = 3_600
const daySeconds = 24 * hourSeconds

/** Longer than from the first payment to the epoch that repeats one, whose nonce alone refuses it then; the ledger takes thirty days at most. */
const paymentSeconds = 20 * daySeconds

/** The outcome of a job that did what it should. */
export const completed = 0

export type RunningJob = { readonly orderDigest: Hex; readonly order: Signed<JobOrder>; readonly node: ComputeNode }

export type OpenEscrow = {
  readonly escrow: Hex
  readonly payer: Person
  readonly seller: Person
  readonly amount: bigint
  readonly expires: bigint
}

/** What agents and nodes sign, with amounts and usage that follow from the seed. */
export class Messages {
  private readonly sequences = new Map<Address, bigint>()

  constructor(
    private readonly chain: SimulatedChain,
    private readonly domain: Domain,
    private readonly random: Random,
  ) {}

  order(payer: Person, hours: number): Signed<JobOrder> {
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

  /** How a usual job ends: few do not complete. */
  outcome(): number {
    return this.random.chance(0.97) ? completed : this.random.between(1, 4)
  }

  receipt({ node: { signer }, orderDigest }: RunningJob, outcome: number): Signed<UsageReceipt> {
    const sequence = (this.sequences.get(signer.address) ?? 0n) + 1n
    this.sequences.set(signer.address, sequence)
    const endedAtMs = BigInt(this.chain.nowMs())
    return signer.sign<UsageReceipt>(this.domain, usageReceiptType, {
      orderDigest,
      node: signer.address,
      attempt: 1,
      sequence,
      outcome,
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

  /** Of a wallet's credits, by the wallet itself or by a delegate. */
  transfer(from: Address, to: Address, signer: Person): Signed<Transfer> {
    const nonce = signer.nonce(lanes.payments)
    return signer.sign<Transfer>(this.domain, transferType, {
      from,
      to,
      amountMicrocredits: this.someAmount(),
      lane: lanes.payments,
      nonce,
      deadline: this.within(paymentSeconds),
    })
  }

  purchase(from: Person, { address: seller }: Person): Signed<Purchase> {
    return from.sign<Purchase>(this.domain, purchaseType, {
      wallet: from.address,
      seller,
      amountMicrocredits: this.someAmount(),
      reference: zeroHash,
      lane: lanes.payments,
      nonce: from.nonce(lanes.payments),
      deadline: this.within(paymentSeconds),
    })
  }

  withdrawal(wallet: Person, amountMicrocredits: bigint): Signed<Withdrawal> {
    return wallet.sign<Withdrawal>(this.domain, withdrawalType, {
      wallet: wallet.address,
      amountMicrocredits,
      lane: lanes.withdrawals,
      nonce: wallet.nonce(lanes.withdrawals),
      deadline: this.within(paymentSeconds),
    })
  }

  escrow(payer: Person, seller: Person): OpenEscrow & { readonly order: Signed<EscrowOrder> } {
    const amount = this.someAmount()
    const expires = this.within(this.random.between(2, 6) * daySeconds)
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

  capture({ escrow, payer, amount }: OpenEscrow): Signed<EscrowCapture> {
    const message = { escrow, wallet: payer.address, amountMicrocredits: (amount * 2n) / 3n }
    return payer.sign<EscrowCapture>(this.domain, escrowCaptureType, message)
  }

  release({ escrow, seller }: OpenEscrow): Signed<EscrowRelease> {
    return seller.sign<EscrowRelease>(this.domain, escrowReleaseType, { escrow, seller: seller.address })
  }

  digestOf(...[type, message]: [Parameters<typeof typedDataDigest>[2], Parameters<typeof typedDataDigest>[3]]): Hex {
    return typedDataDigest(ledgerCrypto, this.domain, type, message)
  }

  private someAmount(): bigint {
    return BigInt(this.random.between(3, 2_000_000))
  }

  private within(seconds: number): bigint {
    return this.chain.nowSeconds + BigInt(seconds)
  }
}
