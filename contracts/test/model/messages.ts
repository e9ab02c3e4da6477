/** The signed messages that the model's messages stand for, and the keys under which they stand in trees. */
import {
  assignmentReleaseType,
  holdCertificateType,
  jobOrderType,
  type Message,
  type MessageType,
  type Pricing,
  payoutInstructionType,
  pricingDigest,
  spendPermissionType,
  transferType,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { ethersCrypto } from '@deparrow/ledger/testing'
import { type Address, concatHex, type Hex, keccak256, numberToHex, padHex, stringToHex, zeroHash } from 'viem'
import type {
  Acceptance,
  Certificate,
  Instruction,
  JobOrder,
  Permission,
  Receipt,
  Release,
  Transfer,
  Withdrawal,
} from '../../model/messages.ts'
import { type KeyRing, digestOf as modelDigestOf, placeDigits, type Signed } from '../../model/signatures.ts'
import { acceptanceBatch, type SignedAcceptance } from '../support/acceptances.ts'
import { nobody } from '../support/authority.ts'
import { asStruct, digestOf } from '../support/messages.ts'
import { laneKey } from '../support/trees.ts'
import { addressOf, keyOf, SECOND, twinParams } from './names.ts'

type ModelMessage = Transfer | Withdrawal | JobOrder | Instruction | Permission | Receipt | Certificate | Release

type Real = { readonly type: MessageType; readonly message: Message; readonly digest: Hex }

const never = 2n ** 63n
const MILLISECONDS = 1_000n

/** An order that a node gives back goes to no other, so that no order of a game is assigned twice. */
const ATTEMPT = 1

/** More than any receipt of a game counts. */
const FUEL_MAX = 1_000_000n

/** A unit of the model is a unit of fuel, at the certificate's price. */
export function pricingOf({ unitPrice }: Certificate): Pricing {
  const rates = {
    ...{ cpuCoreHourMicrocredits: 0n, gpuHourMicrocredits: 0n, memoryGibHourMicrocredits: 0n },
    ...{ storageGibHourMicrocredits: 0n, egressGibMicrocredits: 0n },
    fuelCoreHourMicrocredits: 3_600_000_000_000n * BigInt(unitPrice),
  }
  return { rates, feeBasisPoints: twinParams.feePercent * 100, burnBasisPoints: 10_000 }
}

/** Translates the messages of one game. */
export class Messages {
  private readonly byDigest = new Map<string, Hex>()
  private readonly orders = new Map<string, Signed<JobOrder>>()
  private readonly permissions = new Map<string, Signed<Permission>>()

  constructor(
    private readonly keys: KeyRing,
    private readonly domain: { readonly chainId: number; readonly verifyingContract: Address },
    private readonly timeOf: (now: number) => bigint,
  ) {}

  private learn(message: { readonly type: string }): void {
    const known = ['Transfer', 'Withdrawal', 'JobOrder', 'Instruction', 'Permission', 'Receipt']
    if (!known.includes(message.type)) return
    const key = modelDigestOf(message)
    if (!this.byDigest.has(key)) this.byDigest.set(key, this.realOf(message as ModelMessage).digest)
  }

  /** Makes the keys of messages known, whoever signed them. */
  private learnAll(): void {
    for (const signed of this.keys.all) {
      const { message } = signed as Signed<ModelMessage>
      this.learn(message)
      if (message.type === 'JobOrder') this.orders.set(modelDigestOf(message), signed as Signed<JobOrder>)
      if (message.type === 'Permission')
        this.permissions.set(`${message.wallet} ${message.delegate}`, signed as Signed<Permission>)
    }
  }

  /** The key of an entry or hold. A key that somebody invented is `@` and where it lies; one that no message has is its hash. */
  keyOf(key: string): Hex {
    if (key.startsWith('@')) return padHex(`0x${key.slice(1).padEnd(8, '0')}`, { size: 32, dir: 'right' })
    const [kind, ...rest] = key.split('-')
    const number = (text: string | undefined) => numberToHex(BigInt(text ?? 0), { size: 8 })
    if (kind === 'inbox') return hashed('inbox', number(String(Number(rest[0]) + 1)))
    if (kind === 'row') return hashed('row', number(rest[0]))
    if (kind === 'instruction')
      return hashed('instruction', this.digestOf(rest.slice(0, -1).join('-')), number(rest.at(-1)))
    return this.digestOf(key)
  }

  /** The digits of a key's place that the model looks at. */
  placeOf(key: string): string {
    return this.keyOf(key).slice(2, 2 + placeDigits)
  }

  private digestOf(key: string): Hex {
    if (!this.byDigest.has(key)) this.learnAll()
    return this.byDigest.get(key) ?? keccak256(stringToHex(key))
  }

  /** A message as the contracts take it, and the signature of whoever signed it; a forged one has somebody else's. */
  async signed(
    signed: Signed<ModelMessage>,
  ): Promise<{ struct: Record<string, unknown>; signature: Hex; digest: Hex }> {
    const { type, message, digest } = this.realOf(signed.message)
    const isGenuine = this.keys.isGenuine(signed)
    const signature = await keyOf(isGenuine ? signed.signer : 'forger').signDigest(digest)
    return { struct: asStruct(type, message), signature, digest }
  }

  /** Who allowed a spend; a wallet's own signature needs no permission, whatever is shown with it. */
  async authority(spend: Signed<Transfer | Withdrawal | JobOrder>, permission: Signed<Permission> | undefined) {
    const { signature } = await this.signed(spend)
    if (permission === undefined || spend.signer === spend.message.wallet)
      return { signature, permission: asStruct(spendPermissionType, nobody), permissionSignature: '0x' as Hex }
    const given = await this.signed(permission)
    return { signature, permission: given.struct, permissionSignature: given.signature }
  }

  /** A signed order by its digest in the model. */
  orderOf(digest: string): Signed<JobOrder> {
    if (!this.orders.has(digest)) this.learnAll()
    const order = this.orders.get(digest)
    if (order === undefined) throw new RangeError(`nobody signed the order ${digest}`)
    return order
  }

  /** The order with the ledger's certificate, and what it claims. */
  async certified(order: Signed<JobOrder>, certificate: Signed<Certificate>) {
    const { wallet } = order.message
    const permission = order.signer === wallet ? undefined : this.permissions.get(`${wallet} ${order.signer}`)
    const { struct, digest } = await this.signed(order)
    const { struct: certified, signature } = await this.signed(certificate)
    const claim = {
      orderDigest: digest,
      payer: addressOf(wallet),
      node: addressOf(certificate.message.node),
      attempt: ATTEMPT,
      position: BigInt(certificate.message.position),
      assignedAtMs: this.timeOf(certificate.message.at) * MILLISECONDS,
      laneKey: laneKey(addressOf(order.signer), order.message.lane),
      nonce: BigInt(order.message.nonce),
    }
    const authority = await this.authority(order, permission)
    return { shown: { order: struct, authority, certificate: certified, certificateSignature: signature }, claim }
  }

  /** What shows that a node is due a job's price. */
  async evidence(order: Signed<JobOrder>, receipt: Signed<Receipt>, certificate: Signed<Certificate>) {
    const { shown: certified, claim } = await this.certified(order, certificate)
    const { struct, signature, digest } = await this.signed(receipt)
    const { rates, feeBasisPoints, burnBasisPoints } = pricingOf(certificate.message)
    const pricing = { ...rates, feeBasisPoints, burnBasisPoints }
    return { shown: { certified, receipt: struct, receiptSignature: signature, pricing }, claim, digest }
  }

  /** An acceptance alone in its batch. */
  async acceptance({ signer, message }: Signed<Acceptance>): Promise<SignedAcceptance> {
    const { isAccepted, position, at } = message
    const atMs = this.timeOf(at) * MILLISECONDS
    const fields = { digest: this.keyOf(message.digest), position: BigInt(position), isAccepted, atMs }
    const [shown] = await acceptanceBatch([fields], keyOf(signer), this.domain)
    return shown as SignedAcceptance
  }

  private realOf(message: ModelMessage): Real {
    const [type, real] = this.fieldsOf(message)
    return { type, message: real as Message, digest: digestOf(type, real as Message, this.domain) }
  }

  private fieldsOf(message: ModelMessage): readonly [MessageType, Record<string, unknown>] {
    const spend = (of: Transfer | Withdrawal | JobOrder) => ({
      lane: of.lane,
      nonce: BigInt(of.nonce),
      deadline: this.timeOf(of.deadline),
    })
    switch (message.type) {
      case 'Transfer': {
        const { wallet, to, amount } = message
        const parties = { from: addressOf(wallet), to: addressOf(to) }
        return [transferType, { ...parties, amountMicrocredits: BigInt(amount), ...spend(message) }]
      }
      case 'Withdrawal': {
        const amountMicrocredits = BigInt(message.amount)
        return [withdrawalType, { wallet: addressOf(message.wallet), amountMicrocredits, ...spend(message) }]
      }
      case 'JobOrder': {
        const limits = { fuelMax: FUEL_MAX, cpuMillicoresMax: 0, memoryBytesMax: 1n, wallMsMax: 1n, gpuCountMax: 0 }
        const more = { storageBytesMax: 0n, egressBytesMax: 0n, specDigest: zeroHash, engine: 'wasm', priority: 1 }
        const price = { maxPriceMicrocredits: BigInt(message.amount), bidMicrocredits: 0n }
        const graceSeconds = twinParams.graceSeconds * Number(SECOND)
        const own = { payer: addressOf(message.wallet), graceSeconds, ...price, ...spend(message) }
        return [jobOrderType, { ...limits, ...more, ...own }]
      }
      case 'Instruction': {
        const regular = { minimumMicrocredits: BigInt(message.least), intervalSeconds: 0, nonce: 1n }
        const expires = this.timeOf(message.expires)
        return [payoutInstructionType, { wallet: addressOf(message.wallet), ...regular, expires }]
      }
      case 'Permission': {
        const { wallet, delegate, spendMax, counterparties: named, expires, nonce } = message
        const caps = { jobMicrocreditsMax: BigInt(spendMax), hourMicrocreditsMax: never, dayMicrocreditsMax: never }
        const scope = { counterparties: named.map(addressOf), engines: [] }
        const until = { expires: this.timeOf(expires), nonce: BigInt(nonce) }
        const own = { wallet: addressOf(wallet), delegate: addressOf(delegate) }
        return [spendPermissionType, { ...own, ...caps, ...scope, ...until }]
      }
      case 'Receipt': {
        const work = { attempt: ATTEMPT, outcome: 0, inputDigest: zeroHash, outputDigest: zeroHash }
        const meter = { startedAtMs: 0n, endedAtMs: 0n, fuel: BigInt(message.units), cpuMs: 0n, memoryBytesPeak: 0n }
        const more = { gpuMs: 0n, storageByteSeconds: 0n, egressBytes: 0n, sequence: BigInt(message.sequence) }
        const own = { orderDigest: this.keyOf(message.order), node: addressOf(message.node) }
        return [usageReceiptType, { ...work, ...meter, ...more, ...own }]
      }
      case 'Certificate': {
        const { order, node, payoutWallet, amount, position, expires, at } = message
        const orderDigest = this.keyOf(order)
        const parties = { node: addressOf(node), payoutWallet: addressOf(payoutWallet), attempt: ATTEMPT }
        const terms = {
          amountMicrocredits: BigInt(amount),
          pricingDigest: pricingDigest(ethersCrypto, pricingOf(message)),
        }
        const times = { expires: this.timeOf(expires), assignedAtMs: this.timeOf(at) * MILLISECONDS }
        const own = { hold: orderDigest, orderDigest, position: BigInt(position) }
        return [holdCertificateType, { ...parties, ...terms, ...times, ...own }]
      }
      case 'Release': {
        const own = { orderDigest: this.keyOf(message.order), node: addressOf(message.node), attempt: ATTEMPT }
        return [assignmentReleaseType, own]
      }
    }
  }
}

const hashed = (word: string, ...parts: readonly Hex[]): Hex => keccak256(concatHex([stringToHex(word), ...parts]))
