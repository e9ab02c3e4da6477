import {
  type JobOrder,
  jobOrderType,
  type LedgerCommand,
  type Message,
  type MessageType,
  orderCancellationType,
  type Signed,
  transferType,
  typedDataDigest,
  zeroHash,
} from '@deparrow/ledger'
import { ledgerCrypto } from '@deparrow/sdk/crypto'
import type { Random } from '../simulation/engine/random.ts'
import { type Party, parties, simDomain } from '../simulation/work/party.ts'
import type { ModelCommand } from './sequential-model.ts'

/** A command as the ledger takes it, as the model understands it, and the name under which the journal keeps it. */
export type NamedCommand = { readonly id: string; readonly ledger: LedgerCommand; readonly model: ModelCommand }

const wallets = parties.wallets.slice(0, 4)

/** Far enough that no time passes that matters. */
const deadline = (): bigint => BigInt(Math.floor(Date.now() / 1_000) + 3_600)

/** Commands of a few wallets that get into each other's way: they spend what others send, reuse nonces, and end the same holds. */
export class HistoryCommands {
  private readonly nonces = new Map<string, bigint>()
  private readonly holds: { readonly payer: Party; readonly hold: `0x${string}` }[] = []
  private readonly made: NamedCommand[] = []
  private inboxCount = 0

  constructor(private readonly random: Random) {}

  get wallets(): readonly Party[] {
    return wallets
  }

  deposit(wallet: Party, amount: bigint): NamedCommand {
    const index = this.inboxCount++
    const place = { transactionHash: zeroHash, blockNumber: 1n, logIndex: index }
    const { address: account } = wallet
    return {
      id: `inbox:${index}`,
      ledger: { type: 'RecordInboxItem', index, kind: 'deposit', account, amountMicrocredits: amount, place },
      model: { type: 'deposit', wallet: account, amount },
    }
  }

  /** Mostly something new; often enough something that was sent before, by Zipf's law: the newest most often. */
  next(): NamedCommand {
    const isRepeated = this.made.length > 0 && this.random.chance(0.3)
    if (isRepeated) return this.made.at(-1 - this.random.zipf(this.made.length)) as NamedCommand
    const command = this.make()
    this.made.push(command)
    return command
  }

  private make(): NamedCommand {
    const kind = this.random.below(10)
    const ended = this.holds.length > 0 ? this.random.pick(this.holds) : undefined
    if (kind < 5 || ended === undefined) return kind % 2 === 0 ? this.transfer() : this.hold()
    if (kind < 7) return this.transfer()
    return kind === 7 ? this.release(ended.hold) : kind === 8 ? this.cancel(ended.payer, ended.hold) : this.hold()
  }

  private transfer(): NamedCommand {
    const from = this.random.pick(wallets)
    const to = this.random.pick(wallets.filter(party => party !== from))
    const lane = this.random.below(2)
    const amount = BigInt(this.random.between(1, 400))
    const nonce = this.nonce(from, lane)
    const message = {
      from: from.address,
      to: to.address,
      amountMicrocredits: amount,
      lane,
      nonce,
      deadline: deadline(),
    }
    const { id, signed } = signedBy(from, transferType, message)
    const model = { type: 'transfer', from: from.address, to: to.address, amount, lane, nonce } as const
    return { id, ledger: { type: 'TransferCredits', transfer: signed }, model }
  }

  private hold(): NamedCommand {
    const payer = this.random.pick(wallets)
    const lane = this.random.below(2)
    const amount = BigInt(this.random.between(1, 300))
    const nonce = this.nonce(payer, lane)
    const message: JobOrder = {
      payer: payer.address,
      engine: 'wasm',
      specDigest: zeroHash,
      maxPriceMicrocredits: amount,
      bidMicrocredits: 0n,
      priority: 1,
      fuelMax: 1n,
      cpuMillicoresMax: 0,
      memoryBytesMax: 1n,
      wallMsMax: 1n,
      gpuCountMax: 0,
      storageBytesMax: 0n,
      egressBytesMax: 0n,
      deadline: deadline(),
      graceSeconds: 0,
      lane,
      nonce,
    }
    const { id, signed } = signedBy(payer, jobOrderType, message)
    this.holds.push({ payer, hold: id })
    const model = { type: 'hold', hold: id, payer: payer.address, amount, lane, nonce } as const
    return { id, ledger: { type: 'OpenHold', order: signed }, model }
  }

  private release(hold: `0x${string}`): NamedCommand {
    return {
      id: `release:${hold}`,
      ledger: { type: 'ReleaseHold', orderDigest: hold },
      model: { type: 'release', hold },
    }
  }

  private cancel(payer: Party, hold: `0x${string}`): NamedCommand {
    const message = { orderDigest: hold, payer: payer.address, deadline: deadline() }
    const { id, signed } = signedBy(payer, orderCancellationType, message)
    return { id, ledger: { type: 'CancelOrder', cancellation: signed }, model: { type: 'release', hold } }
  }

  /** Now and then one that somebody may have used up already. */
  private nonce({ address }: Party, lane: number): bigint {
    const key = `${address} ${lane}`
    const next = (this.nonces.get(key) ?? 0n) + 1n
    if (this.random.chance(0.1)) return next > 1n ? next - 1n : next
    this.nonces.set(key, next)
    return next
  }
}

function signedBy<M extends Message>(
  party: Party,
  type: MessageType,
  message: M,
): { readonly id: `0x${string}`; readonly signed: Signed<M> } {
  return { id: typedDataDigest(ledgerCrypto, simDomain, type, message), signed: party.sign(type, message) }
}
