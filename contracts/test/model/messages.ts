/** The signed messages that the model's messages stand for, and the keys under which they stand in trees. */
import {
  jobOrderType,
  type Message,
  type MessageType,
  payoutInstructionType,
  spendPermissionType,
  transferType,
  usageReceiptType,
  withdrawalType,
} from '@deparrow/ledger'
import { type Address, concatHex, type Hex, keccak256, numberToHex, padHex, stringToHex, zeroHash } from 'viem'
import type { Instruction, JobOrder, Permission, Receipt, Transfer, Withdrawal } from '../../model/messages.ts'
import { type KeyRing, digestOf as modelDigestOf, type Signed } from '../../model/signatures.ts'
import { nobody } from '../support/authority.ts'
import { asStruct, digestOf } from '../support/messages.ts'
import { addressOf, keyOf, SECOND, twinParams } from './names.ts'

type ModelMessage = Transfer | Withdrawal | JobOrder | Instruction | Permission | Receipt
type Real = { readonly type: MessageType; readonly message: Message; readonly digest: Hex }

const never = 2n ** 63n

/** The keys of nodes are not those of their wallets, so that a permission may name the one and not the other. */
const nodeName = (name: string): string => `node of ${name}`

/** Translates the messages of one game. */
export class Messages {
  private readonly byDigest = new Map<string, Hex>()

  constructor(
    private readonly keys: KeyRing,
    private readonly domain: { readonly chainId: number; readonly verifyingContract: Address },
    private readonly timeOf: (now: number) => bigint,
  ) {}

  /** Makes the keys of messages known, whoever signed them. */
  learn(message: { readonly type: string }): void {
    const known = ['Transfer', 'Withdrawal', 'JobOrder', 'Instruction', 'Permission', 'Receipt']
    if (!known.includes(message.type)) return
    const key = modelDigestOf(message)
    if (!this.byDigest.has(key)) this.byDigest.set(key, this.realOf(message as ModelMessage).digest)
  }

  learnAll(): void {
    for (const { message } of this.keys.all) this.learn(message as { readonly type: string })
  }

  /** The key of an entry or hold. A key that somebody invented is `@` and where it lies; one that no message has is its hash. */
  keyOf(key: string): Hex {
    if (key.startsWith('@')) return padHex(`0x${key.slice(1).padEnd(8, '0')}`, { size: 32, dir: 'right' })
    const [kind, ...rest] = key.split('-')
    const number = (text: string | undefined) => numberToHex(BigInt(text ?? 0), { size: 8 })
    if (kind === 'inbox') return hashed('inbox', number(String(Number(rest[0]) + 1)))
    if (kind === 'row') return hashed('row', number(rest[0]))
    if (kind === 'instruction')
      return hashed('instruction', this.byDigest.get(rest.slice(0, -1).join('-')) ?? zeroHash, number(rest.at(-1)))
    return this.byDigest.get(key) ?? keccak256(stringToHex(key))
  }

  /** A message as the contracts take it, and the signature of whoever signed it; a forged one has somebody else's. */
  async signed(
    signed: Signed<ModelMessage>,
  ): Promise<{ struct: Record<string, unknown>; signature: Hex; digest: Hex }> {
    const { type, message, digest } = this.realOf(signed.message)
    const isGenuine = this.keys.isGenuine(signed)
    const signer = signed.message.type === 'Receipt' ? nodeName(signed.signer) : signed.signer
    const signature = await keyOf(isGenuine ? signer : 'forger').signDigest(digest)
    return { struct: asStruct(type, message), signature, digest }
  }

  /** Who allowed a spend. */
  async authority(spend: Signed<ModelMessage>, permission: Signed<Permission> | undefined) {
    const { signature } = await this.signed(spend)
    if (permission === undefined)
      return { signature, permission: asStruct(spendPermissionType, nobody), permissionSignature: '0x' as Hex }
    const given = await this.signed(permission)
    return { signature, permission: given.struct, permissionSignature: given.signature }
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
        const limits = { fuelMax: 1n, cpuMillicoresMax: 0, memoryBytesMax: 1n, wallMsMax: 1n, gpuCountMax: 0 }
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
        const { wallet, delegate, spendMax, counterparty, expires, nonce } = message
        const nodes = ['nora', 'mallory'].map(name => addressOf(nodeName(name)))
        const caps = { jobMicrocreditsMax: BigInt(spendMax), hourMicrocreditsMax: never, dayMicrocreditsMax: never }
        const scope = { counterparties: [addressOf(counterparty), ...nodes], engines: [] }
        const until = { expires: this.timeOf(expires), nonce: BigInt(nonce) }
        const own = { wallet: addressOf(wallet), delegate: addressOf(delegate) }
        return [spendPermissionType, { ...own, ...caps, ...scope, ...until }]
      }
      case 'Receipt': {
        const work = { attempt: 1, outcome: 0, inputDigest: zeroHash, outputDigest: zeroHash }
        const meter = { startedAtMs: 0n, endedAtMs: 0n, fuel: BigInt(message.units), cpuMs: 0n, memoryBytesPeak: 0n }
        const more = { gpuMs: 0n, storageByteSeconds: 0n, egressBytes: 0n, sequence: BigInt(message.sequence) }
        const own = { orderDigest: this.keyOf(message.order), node: addressOf(nodeName(message.node)) }
        return [usageReceiptType, { ...work, ...meter, ...more, ...own }]
      }
    }
  }
}

const hashed = (word: string, ...parts: readonly Hex[]): Hex => keccak256(concatHex([stringToHex(word), ...parts]))
