import { SigningKey, Wallet } from 'ethers'
import { type Transfer, transferType } from '../account/transfer.ts'
import { type Address, type Hex, lowerHex, zeroHash } from '../hex.ts'
import { type AssignmentRelease, assignmentReleaseType } from '../hold/hold-certificate.ts'
import {
  graceSecondsDefault,
  type JobOrder,
  jobOrderType,
  type OrderCancellation,
  orderCancellationType,
  orderTypeOf,
  type SignedJobOrder,
} from '../hold/job-order.ts'
import { type LedgerConfig, ledgerConfigDefaults } from '../journal/config.ts'
import { type NodeRegistration, nodeRegistrationType } from '../node/node-registration.ts'
import { type PayoutInstruction, payoutInstructionType, type Withdrawal, withdrawalType } from '../payout/withdrawal.ts'
import type { LedgerSigner } from '../ports/ledger-signer.ts'
import { type JobOutcome, jobOutcomes, type UsageReceipt, usageReceiptType } from '../receipt/usage-receipt.ts'
import { typedDataDigest } from '../typed-data/eip712.ts'
import type { Domain, Message, MessageType, Signed } from '../typed-data/types.ts'
import { ethersCrypto } from './ethers-crypto.ts'

export const testDomain: Domain = { chainId: 31_337, verifyingContract: `0x${'5e'.repeat(20)}` }

/** Noon on some day; tests count from here. */
export const testStartMs = 1_800_000_000_000

/** Somebody with a key, derived from a small number so that a failing test can be run again as it was. */
export class Actor {
  readonly address: Address
  private readonly key: SigningKey

  constructor(number: number) {
    this.key = new SigningKey(`0x${number.toString(16).padStart(64, '0')}`)
    this.address = lowerHex(new Wallet(this.key).address)
  }

  sign<M extends Message>(type: MessageType, message: M, domain: Domain = testDomain): Signed<M> {
    return { message, signature: this.signDigest(typedDataDigest(ethersCrypto, domain, type, message)) }
  }

  signDigest(digest: Hex): Hex {
    return this.key.sign(digest).serialized as Hex
  }

  asLedgerSigner(): LedgerSigner {
    return { address: this.address, sign: async digest => this.signDigest(digest) }
  }

  order(fields: Partial<JobOrder> & Pick<JobOrder, 'nonce'>): Signed<JobOrder> {
    const order: JobOrder = {
      payer: this.address,
      engine: 'wasm',
      specDigest: zeroHash,
      maxPriceMicrocredits: 1_000_000n,
      bidMicrocredits: 0n,
      priority: 1,
      fuelMax: 10n ** 12n,
      cpuMillicoresMax: 0,
      memoryBytesMax: 1n << 28n,
      wallMsMax: 60_000n,
      gpuCountMax: 0,
      storageBytesMax: 0n,
      egressBytesMax: 0n,
      deadline: BigInt(testStartMs / 1000 + 600),
      graceSeconds: graceSecondsDefault,
      lane: 0,
      ...fields,
    }
    return this.sign(jobOrderType, order)
  }

  receipt(
    orderDigest: Hex,
    { outcome = 'completed', ...fields }: Partial<Omit<UsageReceipt, 'outcome'>> & { outcome?: JobOutcome },
  ): Signed<UsageReceipt> {
    return this.sign<UsageReceipt>(usageReceiptType, {
      orderDigest,
      node: this.address,
      attempt: 1,
      sequence: 1n,
      outcome: jobOutcomes.indexOf(outcome),
      inputDigest: zeroHash,
      outputDigest: zeroHash,
      startedAtMs: BigInt(testStartMs - 1_000),
      endedAtMs: BigInt(testStartMs),
      fuel: 36_000_000_000n,
      cpuMs: 0n,
      memoryBytesPeak: 0n,
      gpuMs: 0n,
      storageByteSeconds: 0n,
      egressBytes: 0n,
      ...fields,
    })
  }

  transfer(fields: Pick<Transfer, 'to' | 'amountMicrocredits' | 'nonce'> & Partial<Transfer>): Signed<Transfer> {
    const deadline = BigInt(testStartMs / 1000 + 600)
    return this.sign<Transfer>(transferType, { from: this.address, lane: 0, deadline, ...fields })
  }

  withdrawal(fields: Pick<Withdrawal, 'amountMicrocredits' | 'nonce'> & Partial<Withdrawal>): Signed<Withdrawal> {
    const deadline = BigInt(testStartMs / 1000 + 600)
    return this.sign<Withdrawal>(withdrawalType, { wallet: this.address, lane: 0, deadline, ...fields })
  }

  registration(fields: Partial<NodeRegistration> = {}): Signed<NodeRegistration> {
    const deadline = BigInt(testStartMs / 1000 + 600)
    const own = { node: this.address, payoutWallet: this.address, nonce: 1n, deadline }
    return this.sign<NodeRegistration>(nodeRegistrationType, { ...own, ...fields })
  }

  instruction(fields: Partial<PayoutInstruction> = {}): Signed<PayoutInstruction> {
    const own = { wallet: this.address, minimumMicrocredits: 1n, intervalSeconds: 0, nonce: 1n }
    const expires = BigInt(testStartMs / 1000 + 86_400)
    return this.sign<PayoutInstruction>(payoutInstructionType, { ...own, expires, ...fields })
  }

  cancellation(orderDigest: Hex, fields: Partial<OrderCancellation> = {}): Signed<OrderCancellation> {
    const own = { orderDigest, payer: this.address, deadline: BigInt(testStartMs / 1000 + 600) }
    return this.sign<OrderCancellation>(orderCancellationType, { ...own, ...fields })
  }

  release(orderDigest: Hex, attempt = 1): Signed<AssignmentRelease> {
    return this.sign<AssignmentRelease>(assignmentReleaseType, { orderDigest, node: this.address, attempt })
  }
}

export const ledgerActor = new Actor(0xfee)

/** Signs grants and changes of the configuration. */
export const treasurerActor = new Actor(0x7ea)

export const testConfig: LedgerConfig = {
  ...ledgerConfigDefaults,
  chainId: testDomain.chainId,
  settlement: testDomain.verifyingContract,
  genesisHash: `0x${'9e'.repeat(32)}`,
  ledgerSigner: ledgerActor.address,
  treasurer: treasurerActor.address,
}

const { protocol: _, ...config020 } = testConfig

/** Of a journal that 0.2.0 opened: its leaves are those from before the contract judged them. */
export const testConfig020: LedgerConfig = config020

export function digestOfOrder(order: SignedJobOrder): Hex {
  return typedDataDigest(ethersCrypto, testDomain, orderTypeOf(order.message), order.message)
}
